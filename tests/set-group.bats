#!/usr/bin/env bats
# mount --set-group: a mount joins the peer group of another one, also of another mount namespace's.

bats_require_minimum_version 1.5.0
load lib

setup() {
	SERVICES=()
	cd /
	needs_kernel_feature set-group
	versions 1 2
	mount --bind /srv/v1 /opt
	mount --make-private /opt
	mount --make-shared /opt
	mkdir /mnt/there
}

@test "a mount joins the group of another, and what is mounted on one is on the other" {
	mount --bind /srv/v1/sub /mnt/there
	run mount --set-group=/opt /mnt/there
	echo "$output"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ "$(propagation /mnt/there)" = "$(propagation /opt)" ]
	mkdir /srv/v1/sub/deep
	mount -t tmpfs deep /opt/sub/deep
	[ "$(stack /mnt/there/deep)" = deep ]
}

@test "with --make-slave it only receives; it leaves the group that it was in" {
	mount --bind /srv/v1 /mnt/there
	mount --make-private /mnt/there
	mount --make-shared /mnt/there
	mount --set-group=/opt --make-slave /mnt/there
	group=$(propagation /opt)
	[ "$(propagation /mnt/there)" = "master:${group#shared:}" ]
	mount --set-group=/opt --make-slave --make-shared /mnt/there
	[[ $(propagation /mnt/there) == "shared:"*" master:${group#shared:}" ]]
	mount --set-group /opt --make-private --target /mnt/there
	[ "$(propagation /mnt/there)" = "" ]
}

@test "a file's mount joins a group, too" {
	mount --bind /srv/v1/version /srv/v2/version
	mount --make-private /srv/v2/version
	mount --set-group=/opt /srv/v2/version
	[ "$(propagation /srv/v2/version)" = "$(propagation /opt)" ]
}

@test "a file's mount of another namespace joins a group of the caller's" {
	service --propagation private
	in_service "$SERVICE" mount --bind /srv/v1/version /srv/v2/version
	run mount --namespace "$SERVICE" --set-group=/opt --make-slave /srv/v2/version
	echo "$output"
	[ "$status" -eq 0 ]
	group=$(propagation /opt)
	[ "$(propagation /srv/v2/version "$SERVICE")" = "master:${group#shared:}" ]
}

@test "--fake leaves a mount in the group that it is in" {
	mount --bind /srv/v1/sub /mnt/there
	mount --make-private /mnt/there
	mount --make-shared /mnt/there
	group=$(propagation /mnt/there)
	unchanged mount --fake --set-group=/opt --make-slave /mnt/there
	[ "$status" -eq 0 ]
	[ "$(propagation /mnt/there)" = "$group" ]
	run mount --fake --set-group=/opt /mnt/absent
	[ "$status" -eq 32 ]
}

@test "a service's copy that receiver-propagates names is put right by one command, and receives again" {
	umount /opt
	mount --bind /opt /opt
	service --propagation slave
	mount --make-private /opt
	mount --make-shared /opt
	unchanged mount --tuck /srv/v2 /opt
	refused receiver-propagates
	mount --namespace "$SERVICE" --set-group=/opt --make-slave /opt
	group=$(propagation /opt)
	[ "$(propagation /opt "$SERVICE")" = "master:${group#shared:}" ]
	mkdir /opt/on
	mount -t tmpfs on /opt/on
	[ "$(stack /opt/on "$SERVICE")" = on ]
	umount /opt/on
	mount --tuck --reveal /srv/v2 /opt
	[ "$(in_service "$SERVICE" cat /opt/version)" = 2 ]
	[ "$(stack /opt "$SERVICE")" = /srv/v2 ]
}

@test "what the kernel would refuse changes nothing, and is told" {
	mount --bind /srv/v2 /mnt/there
	mount --make-private /mnt/there
	mount --make-shared /mnt/there
	# Another directory, another filesystem, no mount point, a private mount, a part.
	mkdir /mnt/tmpfs /mnt/part
	mount -t tmpfs other /mnt/tmpfs
	mount --bind /srv/v1/sub /mnt/part
	for operands in "/opt /mnt/there" "/opt /mnt/tmpfs" "/opt /srv" "/srv /mnt/there" "/mnt/part /opt"; do
		read -r from to <<<"$operands"
		unchanged mount "--set-group=$from" "$to"
		[ "$status" -eq 32 ]
		says "$to: can't join the peer group of $from: both have to be mount points of one filesystem"
	done
	mount --make-private /opt
	mount --bind /srv/v1 /srv/v2
	unchanged mount --set-group=/opt /srv/v2
	[ "$status" -eq 32 ]
	says "must not be private"
	unchanged mount --set-group=/none /opt
	[ "$status" -eq 32 ]
	says "/none: No such file or directory"
}

@test "--set-group with something to mount, or another option, is refused" {
	for words in "/srv/v2 /opt" "" "--tuck /opt" "--bind /opt" "-t tmpfs /opt" "-a" "--replace /opt"; do
		# shellcheck disable=SC2086 # several words
		unchanged mount --set-group=/opt $words
		[ "$status" -eq 1 ]
		says "--set-group changes one mount"
	done
	unchanged mount --set-group=/opt -o ro /opt
	[ "$status" -eq 1 ]
	says "and with no other option of a mount"
}

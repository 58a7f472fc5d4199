#!/usr/bin/env bats
# mount --namespace --tuck: beneath a mount of another mount namespace.

bats_require_minimum_version 1.5.0
load lib.bash
load sources.bash

# A service with an /opt of its own, and its own /srv/tree-2 and fstab.
service_of_its_own() {
	service
	in_service "$SERVICE" sh -c '
		mount --make-private /opt && umount /opt && mount -t tmpfs top /opt &&
		cp -a /srv/. /mnt/ && mount -t tmpfs data /srv && mkdir /srv/tree-2 && echo its >/srv/tree-2/version &&
		mount -t tmpfs run /run && mount -t tmpfs etc /etc && echo "its-own /opt tmpfs size=1m 0 0" >/etc/fstab'
	find /mnt -mindepth 1 -delete
}

@test "-N: a bind's path is looked up in that namespace, and only it changes" {
	service_of_its_own
	tuck -N "$SERVICE" --bind -o x-there /srv/tree-2 /opt
	lies top
	[[ $(stack /opt "$SERVICE") == $'/tree-2\ntop' ]]
	in_service "$SERVICE" umount /opt
	[[ $(in_service "$SERVICE" cat /opt/version) == its ]]
	tuck -N "$SERVICE" /srv/tree-2 /opt
	[[ $(stack /opt "$SERVICE") == $'/tree-2\n/tree-2' ]]
}

@test "-N: --source-namespace=caller hands a directory of the caller over" {
	service_of_its_own
	tuck -N "$SERVICE" --source-namespace=caller -o ro,x-handed tree-2 /opt
	lies top
	[[ $(stack /opt "$SERVICE") == $'/srv/tree-2\ntop' ]]
	in_service "$SERVICE" umount /opt
	[[ $(in_service "$SERVICE" cat /opt/version) == 2 ]]
	[[ $(line_of /srv/tree-2 /opt "$SERVICE") == *" ro,"* && $(line_of /srv/tree-2 /opt "$SERVICE") != *shared:* ]]
}

@test "-N: --source-namespace=caller moves nothing" {
	service
	mkdir /srv/from
	command mount -t tmpfs from /srv/from
	unchanged mount --tuck -N "$SERVICE" --source-namespace=caller --move /srv/from /opt
	[[ $status -eq 1 ]]
	says "can't be moved to another mount namespace"
}

@test "-N: a tmpfs, and utab is that namespace's" {
	service_of_its_own
	tuck -N "$SERVICE" -t tmpfs -o x-there new /opt
	lies top
	[[ $(stack /opt "$SERVICE") == $'new\ntop' ]]
	in_service "$SERVICE" grep -q 'TARGET=/opt .*x-there' /run/mount/utab
	[[ ! -s /run/mount/utab ]]
}

@test "-N: an image file is the caller's, in a namespace that sees neither it nor its loop device" {
	needs_loop_devices
	service_of_its_own
	in_service "$SERVICE" sh -c "mount -t tmpfs none '$BATS_RUN_TMPDIR' && mount -t tmpfs none /dev"
	tuck -N "$SERVICE" "$images/v2.squashfs" /opt
	lies top
	[[ $(stack /opt "$SERVICE") == /dev/loop*$'\ntop' ]]
	in_service "$SERVICE" umount /opt
	[[ $(in_service "$SERVICE" cat /opt/version) == 2 ]]
	in_service "$SERVICE" umount /opt
	eventually eval '[[ $(loops_of "$images") -eq 0 ]]'
}

@test "-N: a helper is the caller's, and so is its source" {
	service_of_its_own
	in_service "$SERVICE" sh -c "mount -t tmpfs none '$BATS_RUN_TMPDIR' && mount --bind /srv /usr/sbin"
	tuck -N "$SERVICE" -t fuse.squashfuse -o x-there "$images/v2.squashfs" /opt
	lies top
	[[ $(stack /opt "$SERVICE") == $'squashfuse\ntop' ]]
	in_service "$SERVICE" grep -q 'TARGET=/opt .*x-there' /run/mount/utab
	[[ ! -s /run/mount/utab ]]
	in_service "$SERVICE" umount /opt
	[[ $(in_service "$SERVICE" cat /opt/version) == 2 ]]
	in_service "$SERVICE" umount /opt
	eventually no_daemon
}

@test "-N: what a helper writes to utab is not left for the directory that it mounted on" {
	needs_kernel_feature beneath # a stack on a private parent
	mount_helper keeping <<<'mount -i -t tmpfs -o x-noted noted "$2"'
	service_of_its_own
	mkdir -p /run/mount
	: >/run/mount/utab
	tuck -N "$SERVICE" -t keeping new /opt
	[[ ! -s /run/mount/utab && $(stack /opt "$SERVICE") == $'noted\ntop' ]]
}

@test "-N: a target that only the other namespace has" {
	needs_loop_devices
	needs_kernel_feature beneath # a stack on a private parent
	service_of_its_own
	in_service "$SERVICE" sh -c 'mkdir /srv/there && mount -t tmpfs top /srv/there'
	run -0 mount --tuck -N "$SERVICE" /srv/tree-2 /srv/there
	run -0 mount --tuck -N "$SERVICE" "$images/v2.squashfs" /srv/there
	run -0 mount --tuck -N "$SERVICE" -t fuse.squashfuse "$images/v2.squashfs" /srv/there
	run -0 mount --tuck -N "$SERVICE" -t tmpfs -o X-mount.other new /srv/there
	[[ $(stack /srv/there "$SERVICE") == /tree-2*squashfuse$'\nnew\ntop' && ! -e /srv/there ]]
}

@test "-N: fstab and the paths in a filesystem's options are that namespace's" {
	needs_kernel_feature beneath # a stack on a private parent
	service_of_its_own
	tuck -N "$SERVICE" /opt
	[[ $(stack /opt "$SERVICE") == $'its-own\ntop' ]]
	tuck -N "$SERVICE" -t overlay -o lowerdir=/srv/tree-2:/mnt layers /opt
	in_service "$SERVICE" umount /opt
	[[ $(in_service "$SERVICE" cat /opt/version) == its ]]
}

@test "-N: what is no namespace is an error, and so is a process that is not there" {
	unchanged mount --tuck -N /etc/passwd /srv/tree-2 /opt
	[[ $status -eq 2 ]]
	says "failed to set target namespace to /etc/passwd"
	unchanged mount --tuck -N 999999999 /srv/tree-2 /opt
	[[ $status -ne 0 ]]
}

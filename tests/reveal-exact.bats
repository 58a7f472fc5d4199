#!/usr/bin/env bats
# --reveal=exact takes the top mount and no other, or is refused.
# tests/unit/test-detach.c and tests/stress/exact have what others do meanwhile.

bats_require_minimum_version 1.5.0
load lib

setup() {
	SERVICES=()
	cd /
	versions 1 2 3
	mount --bind /srv/v1 /opt
	mount --make-private /opt
	mount --make-shared /opt
}

exact="the unmount takes this top mount and no other"
inexact="the unmount takes the mount that is on top by then, with the mounts on it"

needs_exact() {
	needs_kernel_feature exact-reveal
}

# verbose COMMAND...: print the detail of reveal-exact.
verbose() {
	local all
	all=$("$@" 2>&1)
	grep reveal-exact <<<"$all"
}

@test "umount --reveal=exact takes the top mount, here and in services" {
	needs_exact
	service --propagation slave
	mount --tuck /srv/v2 /opt
	run -0 umount --reveal=exact /opt
	[ -z "$output" ]
	[ "$(stack /opt)" = /srv/v2 ]
	[ "$(stack /opt "$SERVICE")" = /srv/v2 ]
}

@test "mount --tuck --reveal=exact replaces, here and in services" {
	needs_kernel_feature exact-tuck
	service --propagation slave
	run -0 mount --tuck --reveal=exact /srv/v2 /opt
	[ -z "$output" ]
	[ "$(stack /opt)" = /srv/v2 ]
	[ "$(stack /opt "$SERVICE")" = /srv/v2 ]
}

@test "umount --reveal=exact takes a file" {
	needs_exact
	touch /srv/file /srv/f1 /srv/f2
	mount --bind /srv/f1 /srv/file
	mount --tuck /srv/f2 /srv/file
	umount --reveal=exact /srv/file
	[ "$(stack /srv/file)" = /srv/f2 ]
}

@test "--verbose says which mounts a reveal takes" {
	needs_exact
	mount --tuck /srv/v2 /opt
	[[ $(verbose umount --reveal --fake -v /opt) == *" ok "*"$inexact"* ]]
	[[ $(verbose umount --reveal=exact --fake -v /opt) == *" ok "*"$exact"* ]]
	[[ $(verbose umount --reveal=exact -v /opt) == *" ok "*"$exact"* ]]
}

@test "umount --reveal=exact refuses where the mount beneath is not shared" {
	mount --make-private /opt
	mount --bind /srv/v2 /opt
	unchanged umount --reveal=exact /opt
	refused reveal-exact
	says "the mount beneath is not shared"
}

@test "umount --reveal=exact refuses where mounts on the top go with it" {
	for version in 1 2; do mkdir -p "/srv/v$version/child"; done
	mount -t tmpfs child /opt/child
	mount --tuck --carry /srv/v2 /opt
	unchanged umount --reveal=exact /opt
	refused reveal-exact
	says "mounts on the top mount go with it"
	umount --reveal /opt
}

@test "umount --reveal=exact refuses where the kernel can't do it" {
	# Where nothing was tucked in the same command.
	! kernel-feature exact-reveal || skip "the kernel can do it"
	mount --tuck /srv/v2 /opt
	unchanged umount --reveal=exact /opt
	refused reveal-exact
}

@test "another process does not tell of the mounts that an exact reveal works with" {
	needs_exact
	for version in 1 2; do mkdir -p "/srv/v$version/child"; done
	mount --tuck /srv/v2 /opt
	other="umount --reveal --fake -v /opt >/srv/said 2>&1; echo \$? >/srv/status"
	at-call --as-root --past recvfrom --during "$other" -- umount --reveal=exact /opt
	[ "$(</srv/status)" = 0 ]
	[[ $(</srv/said) == *SHOWS* && $(</srv/said) != *mount-tuck.* ]]
	[ "$(stack /opt)" = /srv/v2 ]
}

@test "umount --reveal=exact works in a chroot to a plain directory, and in one to a mount" {
	local root
	needs_exact
	for root in /srv/directory /srv/mount; do
		mkdir $root
		[ $root = /srv/directory ] || mount --bind $root $root
		plain_chroot $root
		mkdir $root/srv/{v1,v2}
		mount --bind $root/srv/v1 $root/opt
		mount --make-private $root/opt
		mount --make-shared $root/opt
		chroot $root mount --tuck --make-shared /srv/v2 /opt
		run -0 chroot $root umount --reveal=exact /opt
		[ -z "$output" ]
		[[ $(stack $root/opt) == */srv/v2 ]]
	done
}

@test "mount --replace --reveal=exact replaces exactly, in another namespace, too" {
	needs_kernel_feature exact-tuck
	run -0 mount --replace --reveal=exact /srv/v2 /opt
	[ "$(stack /opt)" = /srv/v2 ]
	service --propagation private
	# Nothing is shared there before the tuck.
	run -0 mount --replace --reveal=exact --make-shared --namespace "$SERVICE" --source-namespace=caller /srv/v3 /opt
	[ "$(stack /opt "$SERVICE")" = /srv/v3 ]
	[ "$(stack /opt)" = /srv/v2 ]
}

@test "the command that accepts a loss is not exact, and works as pasted" {
	needs_kernel_feature exact-tuck
	local command
	for command in "mount --tuck --reveal=exact" "mount --tuck --rev=exact"; do
		mount -t tmpfs lost /opt/sub
		# shellcheck disable=SC2086 # options are words
		unchanged $command /srv/v2 /opt
		refused reveal-children
		[ "$(remedy)" = "mount --tuck --reveal=force /srv/v2 /opt" ]
		follow_remedy
		[ "$(stack /opt)" = /srv/v2 ]
		mount --tuck --reveal /srv/v1 /opt
	done
}

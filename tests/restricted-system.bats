#!/usr/bin/env bats
# mount and umount, not set-user-ID, called by nobody on a system whose own programs are set-user-ID: those are started for
# what fstab grants to users.
# shellcheck disable=SC2034,SC2154 # read and set by lib and restricted

load lib
load restricted

setup() {
	restricted_setup
	chmod 755 /program/*
	[[ -u /usr/bin/mount && -u /usr/bin/umount ]] || skip "the system's own mount and umount are not set-user-ID"
	fstab "a /mnt/a tmpfs user,noauto" "b /mnt/b tmpfs users,noauto" "c /mnt/c tmpfs noauto"
	mkdir /mnt/c
}

@test "what fstab grants to users is done by the system's own programs, with their exit statuses" {
	run as_user mount -v -r /mnt/a
	[[ $status -eq 0 && $output == "mount: a mounted on /mnt/a." ]]
	[[ $(mounts) == "/mnt/a ro,nosuid,nodev,noexec,relatime tmpfs a" ]]
	as_user mount --target /mnt/b
	as_user mount /mnt/b
	cd /mnt/b
	run as_user umount /mnt/b
	[[ $status -eq 32 && $output == "umount: /mnt/b: target is busy." ]]
	cd /
	run as_user umount -v /mnt/a /mnt/b -l -- /mnt/b
	[[ $status -eq 0 && $(mounts) == "" ]]
	[[ $output == *"/mnt/a (a) unmounted"*"/mnt/b (b) unmounted"*"/mnt/b (b) unmounted"* ]]
}

@test "what fstab doesn't grant isn't handed over" {
	mount /mnt/c
	# In the place of the system's own: it tells that it was called.
	printf '#!/bin/sh\necho handed over' >/opt/trace
	chmod 4755 /opt/trace
	mount --bind /opt/trace /usr/bin/mount
	mount --bind /opt/trace /usr/bin/umount
	run as_user mount /mnt/a
	[[ $output == "handed over" ]]
	for words in "mount /mnt/c" "mount -o ro /mnt/a" "mount -t tmpfs a /mnt/a" "mount --bind /opt /mnt/a" "mount --fake /mnt/a" \
		"mount -N 1 /mnt/a" "mount --tuck /mnt/a" "mount -a" "mount b /mnt/a" mount "umount /mnt/c" "umount /mnt/a" "umount -R /mnt/c" \
		"umount --reveal /mnt/c"; do
		# shellcheck disable=SC2086
		unchanged as_user $words
		[[ $output != *"handed over"* ]] || { echo "$words: $output"; return 1; }
	done
}

@test "the system's own is found by its path, never through PATH" {
	mkdir /evil
	printf '#!/bin/sh\necho evil' >/evil/mount
	cp /evil/mount /evil/umount
	chmod 755 /evil/*
	run "${user[@]}" env PATH=/evil /program/mount -v /mnt/a
	[[ $status -eq 0 && $output == *"a mounted on /mnt/a"* ]]
	run "${user[@]}" env PATH=/evil /program/umount -v /mnt/a
	[[ $status -eq 0 && $output == *"unmounted"* ]]
}

@test "a program that can do no more is not started, least of all itself" {
	# In the system's place: without the bit, itself with the bit and without its effect, another's.
	for place in plain itself nosuid others; do
		cp "$MOUNT_TUCK_BUILD/mount" /opt/mount
		[[ $place == plain ]] || chmod 4755 /opt/mount
		mount --bind /opt /mnt/c
		[[ $place != nosuid ]] || mount -o remount,bind,nosuid /mnt/c
		[[ $place != others ]] || { chown nobody /opt/mount; chmod 4755 /opt/mount; }
		mount --bind /mnt/c/mount /usr/bin/mount
		privileges=()
		[[ $place != itself ]] || privileges=(--no-new-privs)
		no_leak_check
		run timeout 20 strace -f -e trace=execve -o /tmp/strace setpriv "${privileges[@]}" --reuid nobody --regid nogroup \
			--clear-groups "$(if [[ $place == itself ]]; then echo /usr/bin/mount; else echo /program/mount; fi)" /mnt/a
		[[ $status -eq 32 && $output == *"must be superuser"* ]]
		[[ $(grep -c 'execve("[^"]*/mount"' /tmp/strace) -eq 1 ]]
		umount /usr/bin/mount /mnt/c
	done
}

@test "who may mount, in a namespace of theirs or by a capability, does it themselves" {
	cp /usr/bin/true /opt/true
	chmod 4755 /opt/true
	mount --bind /opt/true /usr/bin/mount
	# shellcheck disable=SC2016 # for the shell there
	there='mount "$@" /mnt/b && grep -c " /mnt/b " /proc/self/mountinfo'
	run as_user unshare --user --map-root-user --mount sh -c "$there" sh -v
	[[ $status -eq 0 && $output == *1 && $(mounts) == "" ]]
	# A user there, with the capability, whose group has no number.
	run as_user unshare --user --mount --map-user=1000 --keep-caps sh -c "$there" sh
	[[ $status -eq 0 && $output == *1 && $(mounts) == "" ]]
	run as_user unshare --user --mount --map-user=1000 --keep-caps sh -c "$there" sh -o ro
	[[ $status -eq 0 && $output == *1 && $(mounts) == "" ]]
	"${user[@]}" --inh-caps +sys_admin --ambient-caps +sys_admin /program/mount /mnt/b
	[[ $(mounts) == "/mnt/b "* ]]
}

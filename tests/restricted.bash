# shellcheck shell=bash disable=SC2034 # read by bats files
# For tests of set-user-ID programs: loaded after lib. The test's root is a tmpfs that honours the bit, and
# has an /etc/fstab of its own. An ordinary user is nobody; /program has mount and umount set-user-ID root.

user=(setpriv --reuid nobody --regid nogroup --clear-groups)
home=/home/nobody

restricted_setup() {
	SERVICES=()
	cd /
	[[ -z ${MOUNT_TUCK_SANITIZED:-} ]] || skip "a program with sanitizers is not to be set-user-ID"
	mkdir /program "$home" /mnt/a /mnt/b
	chown nobody:nogroup "$home"
	cp "$MOUNT_TUCK_BUILD/mount" "$MOUNT_TUCK_BUILD/umount" /program
	chmod 4755 /program/*
}

# as_user COMMAND...: run COMMAND as nobody, with /program first in PATH.
as_user() { PATH=/program:$PATH timeout 60 "${user[@]}" "$@"; }

fstab() { printf '%s\n' "$@" >/etc/fstab; }

# mounts: print the mounts below the directories of these tests, one on each line: path, options, type, source.
mounts() {
	awk '$5 ~ "^/(mnt|home|victim|srv)/?" { for (i = 7; $i != "-"; i++); print $5, $6, $(i + 1), $(i + 2) }' /proc/self/mountinfo
}

# helper TEXT: make /sbin/mount.foo a script with that text, and the only file in /sbin.
helper() {
	mkdir -p /helpers
	printf '#!/bin/sh\n%s\n' "$1" >/helpers/mount.foo
	chmod 755 /helpers/mount.foo
	/usr/bin/mount --bind /helpers /usr/sbin
	PATH=$MOUNT_TUCK_BUILD:/usr/bin
}

# image FILE [LABEL]: make an ext4 image.
image() { truncate -s 4M "$1" && mkfs.ext4 -q -L "${2:-}" "$1"; }

#!/usr/bin/env bats
# X-mount.subdir, of filesystems that others have filled: a link in them leads to no directory of this machine, neither for
# root, with and without --tuck, nor for a user.
# shellcheck disable=SC2154 # set by restricted

load lib
load restricted

setup() {
	restricted_setup
	mkdir -m 700 /secret
	echo hidden >/secret/file
	mkdir -p /srv/tree/versions/3 /srv/tree/other
	echo third >/srv/tree/versions/3/file
	ln -s /secret /srv/tree/absolute
	ln -s ../../secret /srv/tree/above
	ln -s versions/3 /srv/tree/current
	ln -s ../versions/3 /srv/tree/other/current
	ln -s /proc/self/root/secret /srv/tree/magic
}

# leads_out SUBDIRECTORY COMMAND...: check that COMMAND is refused, because of that subdirectory.
leads_out() {
	local subdirectory=$1
	shift
	unchanged "$@"
	[[ $status -eq 32 ]] || { echo "status $status: $output"; return 1; }
	says "has no directory \"$subdirectory\" (X-mount.subdir), or"
	[[ ${output//$subdirectory/} != *secret* ]]
}

@test "root's mount of a subdirectory does not leave the filesystem, with and without --tuck" {
	mount -t tmpfs top /opt
	for link in absolute above magic other/../../../secret; do
		leads_out "$link" mount --tuck --bind -o "ro,nosuid,nodev,X-mount.subdir=$link" /srv/tree /opt
		leads_out "$link" mount --bind -o "ro,nosuid,nodev,X-mount.subdir=$link" /srv/tree /mnt/a
	done
	for link in current other/current /versions/3; do
		mount --tuck --bind -o "nosuid,X-mount.subdir=$link" /srv/tree /opt
		[[ $(stack /opt) == "/srv/tree/versions/3"$'\n'"top" ]]
		umount --beneath /opt 2>/dev/null || { umount /opt; umount /opt; mount -t tmpfs top /opt; }
		mount --bind -o "nosuid,X-mount.subdir=$link" /srv/tree /mnt/a
		[[ $(</mnt/a/file) == third && $(findmnt -no OPTIONS /mnt/a) == *nosuid* ]]
		umount /mnt/a
	done
}

@test "an image's link leads to no directory of this machine, also where fstab or mount --all mounts it" {
	needs_loop_devices
	truncate -s 4M /srv/image
	mkfs.ext4 -q -d /srv/tree /srv/image
	mount -t tmpfs top /opt
	leads_out absolute mount --tuck -t ext4 -o loop,ro,X-mount.subdir=absolute /srv/image /opt
	leads_out above mount -t ext4 -o loop,ro,X-mount.subdir=above /srv/image /mnt/a
	leads_out above mount -o loop,ro,X-mount.subdir=above /srv/image /mnt/a
	mount -o loop,ro,X-mount.subdir=current,x-note /srv/image /mnt/a
	[[ $(</mnt/a/file) == third && $(findmnt -no FSROOT /mnt/a) == /versions/3 ]]
	grep -q x-note /run/mount/utab
	umount /mnt/a
	[[ $(losetup --all) != */srv/image* ]]
	fstab "/srv/image /mnt/a ext4 loop,ro,X-mount.subdir=absolute" "b /mnt/b tmpfs rw"
	unchanged mount /mnt/a
	[[ $status -eq 32 ]]
	run mount --all
	[[ $status -eq 64 ]]
	[[ $(mounts) != */mnt/a* && $(mounts) == *"/mnt/b rw"* ]]
	fstab "/srv/image /mnt/a ext4 loop,ro,X-mount.subdir=current" "b /mnt/b tmpfs rw" "/srv/image /mnt/none ext4 noauto,X-mount.subdir=current"
	mount --all
	[[ $(</mnt/a/file) == third && $(mounts | wc -l) -eq 2 ]]
	umount /mnt/b
	run mount --all -t tmpfs,nosuch -v
	[[ $status -eq 0 && $output == *"/mnt/a "*": ignored"* && $output == *"/mnt/b "*": successfully mounted"* ]]
	[[ $(mounts | wc -l) -eq 2 ]]
}

@test "a user is given no directory of this machine by a link in what fstab grants" {
	needs_loop_devices
	truncate -s 4M /srv/image
	mkfs.ext4 -q -d /srv/tree /srv/image
	for link in absolute above magic; do
		fstab "/srv/image /mnt/a ext4 user,noauto,loop,X-mount.subdir=$link"
		leads_out "$link" as_user mount /mnt/a
		fstab "/srv/tree /mnt/a none bind,user,noauto,X-mount.subdir=$link"
		leads_out "$link" as_user mount /mnt/a
	done
	fstab "/srv/image /mnt/a ext4 user,noauto,loop,X-mount.subdir=current"
	as_user mount /mnt/a
	[[ $(</mnt/a/file) == third && $(mounts) == "/mnt/a rw,nosuid,nodev,noexec,"* ]]
	as_user umount /mnt/a
	[[ $(mounts) == "" && $(losetup --all) != */srv/image* ]]
}

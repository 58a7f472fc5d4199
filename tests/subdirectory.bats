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

@test "of two subdirectories the last one counts, and libmount is told of neither" {
	fstab "/srv/tree /mnt/a none bind,X-mount.subdir=absolute"
	mount -o X-mount.subdir=current /mnt/a
	[[ $(</mnt/a/file) == third ]]
	umount /mnt/a
	fstab "/srv/tree /mnt/a none bind,X-mount.subdir=current"
	leads_out absolute mount -o X-mount.subdir=absolute /mnt/a
	fstab "/srv/tree /mnt/a none user,bind,X-mount.subdir=current,X-mount.subdir=absolute"
	leads_out absolute as_user mount /mnt/a
	fstab "/srv/tree /mnt/a none user,bind,X-mount.subdir=absolute,X-mount.subdir=current"
	as_user mount /mnt/a
	[[ $(</mnt/a/file) == third ]]
}

@test "an image's link leads to no directory of this machine, also where fstab or mount --all mounts it" {
	needs_loop_devices
	truncate -s 4M /srv/subdirectory.img
	mkfs.ext4 -q -d /srv/tree /srv/subdirectory.img
	mount -t tmpfs top /opt
	leads_out absolute mount --tuck -t ext4 -o loop,ro,X-mount.subdir=absolute /srv/subdirectory.img /opt
	leads_out above mount -t ext4 -o loop,ro,X-mount.subdir=above /srv/subdirectory.img /mnt/a
	leads_out above mount -o loop,ro,X-mount.subdir=above /srv/subdirectory.img /mnt/a
	mount -o loop,ro,X-mount.subdir=current,x-note /srv/subdirectory.img /mnt/a
	[[ $(</mnt/a/file) == third && $(findmnt -no FSROOT /mnt/a) == /versions/3 ]]
	grep -q x-note /run/mount/utab
	umount /mnt/a
	[[ $(losetup --all) != */srv/subdirectory.img* ]]
	fstab "/srv/subdirectory.img /mnt/a ext4 loop,ro,X-mount.subdir=absolute" "b /mnt/b tmpfs rw"
	unchanged mount /mnt/a
	[[ $status -eq 32 ]]
	run mount --all
	[[ $status -eq 64 ]]
	[[ $(mounts) != */mnt/a* && $(mounts) == *"/mnt/b rw"* ]]
	fstab "/srv/subdirectory.img /mnt/a ext4 loop,ro,X-mount.subdir=current" "b /mnt/b tmpfs rw" "/srv/subdirectory.img /mnt/none ext4 noauto,X-mount.subdir=current"
	mount --all
	[[ $(</mnt/a/file) == third && $(mounts | wc -l) -eq 2 ]]
	umount /mnt/b
	run mount --all -t tmpfs,nosuch -v
	[[ $status -eq 0 && $output == *"/mnt/a "*": ignored"* && $output == *"/mnt/b "*": successfully mounted"* ]]
	[[ $(mounts | wc -l) -eq 2 ]]
}

# stays COMMAND...: check that the root filesystem is as it was after COMMAND.
stays() {
	local before
	before=$(findmnt --noheadings --output SOURCE,OPTIONS,FS-OPTIONS --mountpoint /)
	run "$@"
	[[ $(findmnt --noheadings --output SOURCE,OPTIONS,FS-OPTIONS --mountpoint /) == "$before" && ! -e /run/mount/tmptgt ]] ||
		{ echo "status $status, changed by: $*: $output"; return 1; }
}

@test "a remount with X-mount.subdir in fstab or on the command line changes the mount, and not the root filesystem" {
	local fstab_has subdirectory=X-mount.subdir=versions/3 words
	for fstab_has in "$subdirectory" nosuid; do
		# Of another type than the root filesystem, since --all is for all of a type.
		fstab "own /mnt/a ramfs rw,$fstab_has"
		for words in "-o remount,ro,$subdirectory" "-o remount,bind,ro,$subdirectory" "-o remount,ro" "--all -o remount,ro"; do
			mount -t ramfs own /mnt/a
			mkdir -p /mnt/a/versions/3
			[[ $words == --all* ]] || words+=" /mnt/a"
			# shellcheck disable=SC2086 # a list of words
			stays mount $words -t ramfs
			[[ $(findmnt -no OPTIONS /mnt/a) == ro,* ]] || { echo "$fstab_has, $words: status $status: $output"; return 1; }
			umount /mnt/a
		done
	done
}

@test "a user's remount with X-mount.subdir in fstab is of what is mounted at the target, and of nothing else" {
	local options program=mount
	for options in ro,remount remount,ro,bind defaults,ro,remount; do
		fstab "/srv/tree /mnt/a tmpfs users,$options,X-mount.subdir=versions/3" "own /mnt/b tmpfs users,$options,X-mount.subdir=versions/3"
		stays as_user mount /mnt/a
		[[ $status -eq 32 && $(mounts) == "" ]]
		mount -t tmpfs own /mnt/b
		stays as_user mount /mnt/b
		[[ $status -eq 0 && $(mounts) == "/mnt/b ro,nosuid,nodev,"* ]] || { echo "$options: status $status: $output"; return 1; }
		umount /mnt/b
	done
}

@test "a user is given no directory of this machine by a link in what fstab grants" {
	needs_loop_devices
	truncate -s 4M /srv/subdirectory.img
	mkfs.ext4 -q -d /srv/tree /srv/subdirectory.img
	for link in absolute above magic; do
		fstab "/srv/subdirectory.img /mnt/a ext4 user,noauto,loop,X-mount.subdir=$link"
		leads_out "$link" as_user mount /mnt/a
		fstab "/srv/tree /mnt/a none bind,user,noauto,X-mount.subdir=$link"
		leads_out "$link" as_user mount /mnt/a
	done
	fstab "/srv/subdirectory.img /mnt/a ext4 user,noauto,loop,X-mount.subdir=current"
	as_user mount /mnt/a
	[[ $(</mnt/a/file) == third && $(mounts) == "/mnt/a rw,nosuid,nodev,noexec,"* ]]
	as_user umount /mnt/a
	[[ $(mounts) == "" && $(losetup --all) != */srv/subdirectory.img* ]]
}

@test "a mount of a subdirectory gets the propagation that is asked for, under a shared parent, too" {
	mount -t tmpfs parent /mnt
	mount --make-shared /mnt
	mkdir /mnt/a
	for flag in private slave unbindable; do
		mount -o "X-mount.subdir=versions/3" --make-$flag --bind /srv/tree /mnt/a
		[ "$(stack /mnt/a)" = /srv/tree/versions/3 ]
		[[ $(propagation /mnt/a) != *shared:* ]]
		[[ $flag != unbindable || $(propagation /mnt/a) == *unbindable* ]]
		umount /mnt/a
	done
	echo "/srv/tree /mnt/a none bind,X-mount.subdir=versions/3,private 0 0" >/etc/fstab
	mount /mnt/a
	[[ $(propagation /mnt/a) != *shared:* ]]
	umount /mnt/a
	mount -o "X-mount.subdir=versions/3" --bind /srv/tree /mnt/a
	[[ $(propagation /mnt/a) == *shared:* ]]
}

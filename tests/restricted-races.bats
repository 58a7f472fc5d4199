#!/usr/bin/env bats
# mount and umount, set-user-ID root and called by nobody: what a user can do while the program works. at-call stops
# the program at each of its system calls, so no test depends on time. SECURITY.md names these tests.
# shellcheck disable=SC2154 # set by restricted

load lib
load restricted

setup() {
	restricted_setup
	mkdir /victim
	export PATH=/program:$PATH
}

# service_without_mounts: a namespace in which nothing that is mounted later arrives, as a user can have one in a user
# namespace. There a mount point of this namespace is a directory like any other, and can be renamed.
service_without_mounts() { service --propagation private; }

as_owner() { "${user[@]}" "$@"; }

# stopped TEXT...: run at-call with the operands, and check that it has stopped the program at many calls.
stopped() {
	run at-call "$@"
	echo "$output"
	[[ $status -eq 0 && $output =~ ([0-9]+)" calls" ]] && ((BASH_REMATCH[1] > 30))
}

@test "of two granted mounts at a path, the one whose source fstab has decides whose directory it must be" {
	fstab "tmpfs $home/usb tmpfs users,noauto" "/dev/sdz /victim ext4 user,noauto"
	mount -t tmpfs tmpfs /victim
	as_owner ln -s /victim "$home/usb"
	unchanged as_user umount "$home/usb"
	[[ $status -eq 32 ]]
	says "others than root can turn fstab's path $home/usb elsewhere"
	unchanged as_user umount /victim
	[[ $status -eq 32 ]]
}

@test "a user whose name begins with another's name does not unmount what that one has mounted" {
	fstab "a /mnt/a tmpfs user,noauto"
	mkdir -p /run/mount
	for other in nob n nobody2; do
		mount -t tmpfs a /mnt/a
		echo "SRC=a TARGET=/mnt/a ROOT=/ OPTS=user=$other" >/run/mount/utab
		unchanged as_user umount /mnt/a
		[[ $status -eq 32 ]]
		says "umount: /mnt/a: must be superuser to unmount"
		umount /mnt/a
	done
	mount -t tmpfs a /mnt/a
	echo "SRC=a TARGET=/mnt/a ROOT=/ OPTS=user=nobody" >/run/mount/utab
	as_user umount /mnt/a
	[[ $(mounts) == "" && ! -s /run/mount/utab ]]
}

@test "where the filesystem below a mount has no file handles, a user unmounts it lazily or not at all" {
	mkdir /srv/{lower,upper,work} "$home/over"
	mount -t overlay -o lowerdir=/srv/lower,upperdir=/srv/upper,workdir=/srv/work over "$home/over"
	as_owner test -x "$home/over"
	chown nobody "$home/over"
	as_owner mkdir "$home/over/usb"
	fstab "own $home/over/usb tmpfs users,noauto"
	as_user mount "$home/over/usb"
	unchanged as_user umount "$home/over/usb"
	[[ $status -eq 32 ]]
	says "umount: $home/over/usb: others than root can turn this path elsewhere, so that an ordinary user can only unmount it with --lazy"
	as_user umount --lazy "$home/over/usb"
	[[ $(mounts) != *own* ]]
}

@test "a mount in a user's directory that is in use is busy to the user, and can be unmounted lazily" {
	as_owner mkdir "$home/usb"
	fstab "own $home/usb tmpfs user,noauto"
	as_user mount "$home/usb"
	exec {held}<"$home/usb"
	unchanged as_user umount "$home/usb"
	[[ $status -eq 32 && $output == "umount: $home/usb: target is busy." ]]
	as_user umount --lazy "$home/usb"
	[[ $(mounts) == "" && ! -s /run/mount/utab ]]
}

# Commands of sh that at-call runs. mounted PATTERN: a condition; the pattern is of a line of mountinfo.
mounted() { printf "grep -q ' %s ' /proc/self/mountinfo" "$1"; }

# exchanges COMMAND A B OWN ROOTS: exchange A and B by COMMAND while umount, of OWN, is stopped; check that root's mount, at
# ROOTS at first, is there afterwards, and put A and B back.
exchanges() {
	local options
	for options in "" --lazy; do
		# shellcheck disable=SC2086
		stopped --before "$(mounted 'tmpfs own') || exec mount $4" --during "exec $1 $2 $3" \
			--after "$(mounted 'tmpfs roots') || exit 1; $(mounted "$5 .* roots") || exec $1 $2 $3" -- umount $options "$4"
	done
}

@test "a directory above a mount point is exchanged at any call of umount, and no other mount goes" {
	as_owner mkdir -p "$home/a/usb" "$home/b/usb"
	fstab "own $home/a/usb tmpfs users,noauto"
	mount -t tmpfs roots "$home/b/usb"
	exchanges exchange "$home/a" "$home/b" "$home/a/usb" "$home/b/usb"
}

@test "a mount point is exchanged from another namespace at any call of umount, and no other mount goes" {
	as_owner mkdir "$home/a" "$home/b"
	fstab "own $home/a tmpfs users,noauto"
	service_without_mounts
	mount -t tmpfs roots "$home/b"
	exchanges "nsenter --mount=/proc/$SERVICE/ns/mnt exchange" "$home/a" "$home/b" "$home/a" "$home/b"
}

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

# exchanges COMMAND A B OWN ROOTS [MOUNT]: exchange A and B by COMMAND while umount, of OWN, is stopped; check that root's mount,
# at ROOTS at first, is there afterwards, and put A and B back. MOUNT: a command that mounts OWN.
exchanges() {
	local options
	for options in "" --lazy; do
		# shellcheck disable=SC2086
		stopped --before "$(mounted '[^ ]* own') || ${6:-exec mount $4}" --during "exec $1 $2 $3" \
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

@test "around a user's FUSE filesystem directories are exchanged at any call of umount, and no other mount goes" {
	as_owner mkdir -p "$home/a/disk" "$home/b/disk" "$home/c" "$home/d"
	mount -t tmpfs roots "$home/b/disk"
	exchanges exchange "$home/a" "$home/b" "$home/a/disk" "$home/b/disk" "exec fuse-server well $home/a/disk own nobody"
	umount "$home/b/disk"
	service_without_mounts
	mount -t tmpfs roots "$home/d"
	exchanges "nsenter --mount=/proc/$SERVICE/ns/mnt exchange" "$home/c" "$home/d" "$home/c" "$home/d" \
		"exec fuse-server well $home/c own nobody"
}

# tells_nothing COMMAND...: exchange the user's directory by a link to hidden things while COMMAND is stopped, and check that no
# message tells where that leads.
tells_nothing() {
	stopped --output /srv/output --before "$ready" --during "exec exchange $home/usb $home/link" --after "
		! grep -E 'secret|victim' /srv/output || exit 1
		for place in $home/usb $home/link; do test -L \$place || ! umount -q \$place; done
		! test -L $home/usb || exec exchange $home/usb $home/link" -- "$@"
}

@test "a user's directory is exchanged by a link at any call, and no message tells where a hidden link leads" {
	local place ready
	mkdir -m 700 /secret
	mkdir /secret/place
	ln -s /victim /secret/link
	mount -t tmpfs roots /victim
	as_owner mkdir "$home/usb"
	for place in place link; do
		ln -sfn "/secret/$place" "$home/link"
		ready=true
		fstab "/srv $home/usb ext4 owner,noauto"
		tells_nothing mount -v /srv
		fstab "/srv $home/usb tmpfs users,noauto"
		tells_nothing mount -v /srv
		tells_nothing umount -v "$home/usb"
		ready="mount -t tmpfs own $home/usb"
		tells_nothing umount -v "$home/usb"
	done
}

@test "an image is replaced at any call of mount, and what is mounted is the user's own, or nothing" {
	local first second
	needs_loop_devices
	mkdir -m 700 /secret
	image /secret/image
	image "$home/own"
	chown nobody "$home/own"
	fstab "$home/image /mnt/a ext4 user,noauto,loop"
	for first in "$home/own" /secret/image; do
		second=/secret/image
		[[ $first == "$home/own" ]] || second=$home/own
		stopped --before "ln -sfn $first $home/image" --during "exec ln -sfn $second $home/image" --after "
			! findmnt -no SOURCE /mnt/a | xargs -r losetup --noheadings --output BACK-FILE | grep /secret || exit 1
			! $(mounted /mnt/a) || umount /mnt/a || exit 1
			rm -f /run/mount/utab" -- mount /mnt/a
	done
}

# killed FSTAB OPTIONS: kill mount at any call, and check that there is nothing on /mnt/a, or a mount with these options.
killed() {
	fstab "$1"
	stopped --kill --after "! grep ' /mnt/a ' /proc/self/mountinfo | grep -v ' $2[ ,]' || exit 1
		while $(mounted /mnt/a); do umount -R /mnt/a || exit; done; rm -f /run/mount/utab" -- mount /mnt/a
}

@test "mount is killed at any call, and nothing is there that is less restricted than at the end" {
	mkdir /srv/sub
	mount -t tmpfs below /srv/sub
	killed "a /mnt/a tmpfs user,noauto,ro" ro,nosuid,nodev,noexec
	killed "/srv /mnt/a none bind,user,noauto,ro" ro,nosuid,nodev,noexec
	killed "/srv /mnt/a none rbind,user,noauto,ro,nosymfollow" ro,nosuid,nodev,noexec
	killed "/srv /mnt/a none bind,user,noauto,ro,private" ro,nosuid,nodev,noexec
	if has_loop_devices; then
		image /srv/image
		killed "/srv/image /mnt/a ext4 user,noauto,loop,ro" ro,nosuid,nodev,noexec
	fi
}

@test "what would be done to the root of a visible mount is refused for a user" {
	for option in owner=games group=games mode=0700 idmap=b:0:1000:1; do
		fstab "a /mnt/a tmpfs user,noauto,X-mount.$option"
		unchanged as_user mount /mnt/a
		[[ $status -eq 32 ]]
		says "mount: /mnt/a: X-mount.owner, .group, .mode and .idmap are not for mounts of ordinary users"
	done
}

@test "a user's lazy unmount of a bind mount leaves what root has mounted below its source" {
	mkdir -p /srv/data/{first,later}
	for option in bind rbind rbind,rshared; do
		fstab "/srv/data /mnt/a none $option,user,noauto"
		mount -t tmpfs roots /srv/data/first
		before=$(mounts)
		as_user mount /mnt/a
		# Below the source, so it arrives below the bind mount, too.
		mount -t tmpfs roots /srv/data/later
		[[ $(mounts) == *"/mnt/a/later "* ]]
		as_user umount --lazy /mnt/a
		umount /srv/data/later
		[[ $(mounts) == "$before" ]]
		umount /srv/data/first
	done
}

@test "a bind mount for a user has the flags that fstab has, and those of its source" {
	mkdir /srv/data
	mount -t tmpfs -o noexec,nosymfollow data /srv/data
	mkdir /srv/data/sub
	mount -t tmpfs sub /srv/data/sub
	fstab "/srv/data /mnt/a none bind,user,ro,noauto"
	as_user mount /mnt/a
	[[ $(mounts) == *"/mnt/a ro,nosuid,nodev,noexec,"*"nosymfollow tmpfs data" ]]
	as_user umount /mnt/a
	fstab "/srv/data /mnt/a none rbind,user,dev,noauto"
	as_user mount /mnt/a
	[[ $(mounts) == *"/mnt/a rw,nosuid,noexec,"*"nosymfollow tmpfs data"* && $(mounts) == *"/mnt/a/sub rw,"*" tmpfs sub"* ]]
	umount /mnt/a/sub
	as_user umount /mnt/a
	# A file on a file, and propagation.
	touch /srv/file /mnt/file
	fstab "/srv/file /mnt/file none bind,user,noauto,private"
	as_user mount /mnt/file
	[[ $(findmnt -no PROPAGATION /mnt/file) == private && $(findmnt -no OPTIONS /mnt/file) == *nosuid,nodev,noexec* ]]
	grep -q user=nobody /run/mount/utab
	as_user umount /mnt/file
	[[ $(mounts) != *file* && ! -s /run/mount/utab ]]
	fstab "/srv/none /mnt/a none bind,user,noauto"
	unchanged as_user mount /mnt/a
	[[ $status -eq 32 ]]
	says "fstab's path /srv/none"
}

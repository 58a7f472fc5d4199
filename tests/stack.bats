#!/usr/bin/env bats
# Which mount is it? After a tuck the hidden mount is the last one in the kernel's table, where libmount looks for the
# visible one. What mount and umount do by a path is about the mount that a lookup of the path ends in; what they do by a
# source is refused where that source is hidden.
# shellcheck disable=SC2153,SC2154 # SERVICE is set by lib, user by restricted

bats_require_minimum_version 1.5.0
load lib
load restricted

setup() {
	SERVICES=()
	cd /
	mkdir -p /mnt/a /mnt/b /run/mount
	mount --make-private /
}

# old_and_new: the visible mount "old" at /mnt/a, and "new" tucked beneath it.
old_and_new() {
	mount -t tmpfs -o nosuid,nodev,size=1M old /mnt/a
	mount --tuck -t tmpfs -o noexec,size=77M new /mnt/a
	[[ $(stack /mnt/a) == $'new\nold' && $(mount_table | awk '$5 == "/mnt/a"' | tail -n 1) == *" new "* ]]
}

# options SOURCE: print the options of the mount of that source, and those of its filesystem: without inode64, which is
# listed where that is the kernel's default for a tmpfs.
options() {
	mount_table | awk -v source="$1" '
		{ for (i = 7; $i != "-"; i++); sub(/,inode64/, "", $(i + 3)) }
		$(i + 2) == source { print $6, $(i + 3) }'
}

# is_hidden SOURCE COVER [OPTION [NAMESPACE]]: check that the last run refused an unmount of SOURCE, and said how it is done.
is_hidden() {
	[[ $status -eq 32 && ${lines[0]} == *"mount: /mnt/a: $1 is hidden here: $2 covers it." &&
		${lines[-1]} == *" umount ${4:-}${3:---beneath} /mnt/a" ]] || { echo "status $status: $output"; return 1; }
}

# two_loops: two images, the visible one on $old and the tucked one on $new.
two_loops() {
	needs_loop_devices
	image /old.img old-label
	image /new.img new-label
	old=$(losetup -f --show /old.img)
	new=$(losetup -f --show /new.img)
	mount "$old" /mnt/a
	mount --tuck "$new" /mnt/a
	[[ $(stack /mnt/a) == "$new"$'\n'"$old" ]]
}

teardown() {
	local device
	kill "${SERVICES[@]}" 2>/dev/null || true
	umount -q -R /mnt/a || true
	for device in ${old:-} ${new:-}; do losetup -d "$device" 2>/dev/null || true; done
}

# backed DEVICE: whether the loop device has an image.
backed() {
	losetup "$1" >/dev/null 2>&1
}

# comes_free DEVICE: check that the loop device has no image; the kernel frees it a moment after its last use.
comes_free() {
	local tries
	for ((tries = 0; tries < 50; tries++)); do
		backed "$1" || return 0
		sleep 0.1
	done
	losetup "$1"
	return 1
}

@test "a remount has the options of the visible mount, and changes no other" {
	old_and_new
	hidden=$(options new)
	run mount -v -o remount,ro /mnt/a
	[[ $status -eq 0 && $output == "mount: old mounted on /mnt/a." ]]
	[[ $(options old) == "ro,nosuid,nodev,relatime ro,size=1024k" && $(options new) == "$hidden" ]]
	mount -o remount,rw old
	[[ $(options old) == "rw,nosuid,nodev,relatime rw,size=1024k" && $(options new) == "$hidden" ]]
	mount -o remount,bind,ro /mnt/a
	[[ $(options old) == "ro,"*" rw,size=1024k" && $(options new) == "$hidden" ]]
}

@test "a remount by a source that is hidden is refused" {
	old_and_new
	for option in remount,ro remount,bind,ro; do
		unchanged mount -o "$option" new
		is_hidden new old
	done
}

@test "a remount of all mounts gives each the options of its own" {
	old_and_new
	before=$(options old; options new)
	run mount -a -v -o remount -t tmpfs
	[[ $(grep -c '^/mnt/a .*successfully' <<<"$output") -eq 1 && $(options old; options new) == "$before" ]]
}

@test "propagation, a move and a bind of a path are about the visible mount" {
	old_and_new
	mount --make-shared /mnt/a
	[[ $(mount_table | grep ' - tmpfs old ') == *" shared:"* && $(mount_table | grep ' - tmpfs new ') != *" shared:"* ]]
	mount --bind /mnt/a /mnt/b
	[[ $(stack /mnt/b) == old ]]
	umount /mnt/b
	mount --move /mnt/a /mnt/b
	[[ $(stack /mnt/a) == new && $(stack /mnt/b) == old ]]
}

@test "umount by a path takes the visible mount, and -v names it" {
	for options in -v -vl -vf -vc -vlf -vd -vi; do
		old_and_new
		run umount "$options" /mnt/a
		echo "$options: $output"
		[[ $status -eq 0 && $(stack /mnt/a) == new && $output != *new* ]]
		umount /mnt/a
	done
	old_and_new
	run umount -vl /mnt/a
	[[ $output == "umount: /mnt/a (old) unmounted" ]]
}

@test "umount by a source takes the visible mount of that source, and refuses a hidden one" {
	old_and_new
	for options in -v -l -f -c -d --fake; do
		unchanged umount "$options" new
		is_hidden new old
	done
	run umount -v old
	[[ $status -eq 0 && $output == "umount: /mnt/a (old) unmounted" && $(stack /mnt/a) == new ]]
	umount new
	[[ -z $(stack /mnt/a) ]]
}

@test "in a stack of three the command for a hidden source tells whether it is the next beneath the top" {
	needs_kernel_feature beneath # a stack of two on a private parent
	old_and_new
	mount --tuck -t tmpfs third /mnt/a
	unchanged umount new
	is_hidden new old --beneath=all
	unchanged umount third
	is_hidden third old
	umount old
	[[ $(stack /mnt/a) == $'new\nthird' ]]
	umount third
	umount new
	[[ -z $(stack /mnt/a) ]]
}

@test "a mount whose mount point is covered from above is hidden, too" {
	mount -t tmpfs low /mnt/a
	mount -t tmpfs over /mnt
	mkdir /mnt/a
	for options in -v --fake; do
		unchanged umount "$options" low
		[[ $status -eq 32 && $output == "umount: /mnt/a: low is hidden here: over on /mnt covers it." ]]
	done
	rmdir /mnt/a
	unchanged umount low
	[[ $status -eq 32 && $output == "umount: /mnt/a: low is hidden here: over on /mnt covers it." ]]
	mkdir /mnt/a
	unchanged umount /mnt/a
	[[ $status -eq 32 && $output == "umount: /mnt/a: not mounted." ]]
	mount -t tmpfs high /mnt/a
	unchanged umount low
	[[ $status -eq 32 && $output == "umount: /mnt/a: low is hidden here: high covers it."* ]]
	run umount -vl /mnt/a
	[[ $status -eq 0 && $output == "umount: /mnt/a (high) unmounted" ]]
}

@test "umount by a device, an image and a label refuses the hidden one, and takes the visible one" {
	mkdir -p /run/blkid # libblkid notes labels there
	two_loops
	for operand in "$new" /new.img LABEL=new-label; do
		for option in -v -d -l; do
			unchanged umount "$option" "$operand"
			is_hidden "$new" "$old"
		done
	done
	for operand in "$old" /old.img LABEL=old-label; do
		run umount -v "$operand"
		[[ $status -eq 0 && $output == "umount: /mnt/a ($old) unmounted" && $(stack /mnt/a) == "$new" ]]
		mount "$old" /mnt/b
		mount --move /mnt/b /mnt/a
	done
}

@test "umount -d frees the loop device of the visible mount" {
	two_loops
	run umount -v -d /mnt/a
	[[ $status -eq 0 && $output == "umount: /mnt/a ($old) unmounted" ]]
	comes_free "$old"
	backed "$new"
	[[ $(stack /mnt/a) == "$new" ]]
}

@test "umount -R takes what is visible at the path, wherever its line is" {
	mkdir -p /mnt/a/b
	mount -t tmpfs moved /mnt/b
	mount -t tmpfs under /mnt/a/b
	mount -t tmpfs over /mnt/a
	mkdir /mnt/a/b
	mount --move /mnt/b /mnt/a/b
	run umount -R -v /mnt/a/b
	[[ $status -eq 0 && $output == "umount: /mnt/a/b unmounted" && $(mount_table) != *moved* && $(mount_table) == *under* ]]
}

@test "umount -A by a source takes the visible mounts of it, and names a hidden one" {
	old_and_new
	unchanged umount -A new
	is_hidden new old
	umount -A old
	[[ $(stack /mnt/a) == new ]]
	umount -A new
	[[ -z $(stack /mnt/a) ]]
}

@test "umount -a takes each mount of a stack, and no mount of another type" {
	mount -t tmpfs old /mnt/b
	mount --tuck -t ramfs new /mnt/b
	unchanged umount -a -t ramfs
	[[ $status -eq 32 && $output == "umount: /mnt/b: not mounted." ]]
	umount /mnt/b
	mount --tuck -t ramfs third /mnt/b
	run umount -a -t ramfs
	[[ $status -eq 0 && -z $output && -z $(stack /mnt/b) ]]
}

@test "several operands without /proc have the sum of their statuses" {
	[[ -z ${MOUNT_TUCK_SANITIZED:-} ]] || skip "AddressSanitizer can't start without /proc"
	mount -t tmpfs a /mnt/a
	umount -l /proc
	run umount -R /mnt/a /mnt/b
	[[ $status -eq 8 ]]
}

@test "in another namespace it is the visible mount there" {
	old_and_new
	service --propagation private
	umount /mnt/a
	umount /mnt/a
	run umount -N "$SERVICE" new
	is_hidden new old --beneath "--namespace $SERVICE "
	run mount -N "$SERVICE" -o remount,ro new
	is_hidden new old --beneath "--namespace $SERVICE "
	run umount -N "$SERVICE" -vl /mnt/a
	[[ $status -eq 0 && $output == "umount: /mnt/a (old) unmounted" && $(stack /mnt/a "$SERVICE") == new ]]
	in_service "$SERVICE" mount --tuck -t tmpfs -o noexec third /mnt/a
	mount -N "$SERVICE" -o remount,ro /mnt/a
	[[ $(mount_table "$SERVICE" | grep ' - tmpfs new ') == *" ro,noexec,relatime "* ]]
}

# umount_helper NAME: make /sbin/umount.NAME a script that writes what it is called with.
# shellcheck disable=SC2016 # $1 is the script's
umount_helper() {
	mount_helper none </dev/null
	printf '#!/bin/sh\necho "%s $1" >>/called; exec %s/umount -i "$1"\n' "$1" "$MOUNT_TUCK_BUILD" >"/sbin/umount.$1"
	chmod +x "/sbin/umount.$1"
}

@test "the helper that utab names for the visible mount is run, and the hidden one's is not" {
	umount_helper of-old
	umount_helper of-new
	old_and_new
	printf '%s\n' "SRC=new TARGET=/mnt/a ROOT=/ OPTS=helper=of-new,uhelper=of-new" \
		"SRC=old TARGET=/mnt/a ROOT=/ OPTS=helper=of-old,uhelper=of-old" >/run/mount/utab
	umount /mnt/a
	[[ $(</called) == "of-old /mnt/a" && $(stack /mnt/a) == new ]]
	umount /mnt/a
	[[ $(tail -n 1 /called) == "of-new /mnt/a" && -z $(stack /mnt/a) ]]
}

@test "the helper for the type of the visible mount is run, and the hidden one's is not" {
	umount_helper tmpfs
	umount_helper ramfs
	mount -i -t tmpfs old /mnt/a
	mount --tuck -i -t ramfs new /mnt/a
	umount -l /mnt/a
	[[ $(</called) == "tmpfs /mnt/a" ]]
	umount -l /mnt/a
	[[ $(tail -n 1 /called) == "ramfs /mnt/a" ]]
}

@test "after a helper the line of the visible mount leaves utab once, also if the helper leaves that to its caller" {
	mount_helper none </dev/null
	# shellcheck disable=SC2016 # $1 and $@ are the script's
	for words in '"$1"' '"$@"'; do
		printf '#!/bin/sh\nexec %s/umount -i %s\n' "$MOUNT_TUCK_BUILD" "$words" >/sbin/umount.tmpfs
		chmod +x /sbin/umount.tmpfs
		mount -t tmpfs -o x-low low /mnt/a
		mount --tuck -t tmpfs -o x-lowest lowest /mnt/a
		mount -t tmpfs -o x-top top /mnt/a
		umount /mnt/a
		[[ $(stack /mnt/a) == $'lowest\nlow' && $(grep -o 'x-[a-z]*' /run/mount/utab) == $'x-lowest\nx-low' ]]
		umount /mnt/a
		[[ $(stack /mnt/a) == lowest && $(grep -o 'x-[a-z]*' /run/mount/utab) == x-lowest ]]
		umount /mnt/a
		[[ -z $(stack /mnt/a) && ! -s /run/mount/utab ]]
	done
}

@test "a helper that fails leaves every line in utab" {
	needs_kernel_feature beneath # beneath a stack
	old_and_new
	mount -t tmpfs -o x-top top /mnt/a
	mount --tuck -t tmpfs -o x-low low /mnt/a
	mount_helper none </dev/null
	printf '#!/bin/sh\nexit 3\n' >/sbin/umount.tmpfs
	chmod +x /sbin/umount.tmpfs
	unchanged umount /mnt/a
	[[ $status -eq 3 && $(grep -c x- /run/mount/utab) -eq 2 ]]
}

@test "the line of the visible mount leaves utab, in whichever order the lines are" {
	for first in old new; do
		old_and_new
		second=$([[ $first == old ]] && echo new || echo old)
		printf 'SRC=%s TARGET=/mnt/a ROOT=/ OPTS=x-of-%s\n' "$first" "$first" "$second" "$second" >/run/mount/utab
		umount /mnt/a
		[[ $(</run/mount/utab) == "SRC=new TARGET=/mnt/a ROOT=/ OPTS=x-of-new" ]]
		umount /mnt/a
	done
}

@test "a move takes only the line of the mount that moves along in utab" {
	old_and_new
	printf 'SRC=%s TARGET=/mnt/a ROOT=/ OPTS=x-of-%s\n' new new old old >/run/mount/utab
	mount --move /mnt/a /mnt/b
	[[ $(sort /run/mount/utab) == $'SRC=new TARGET=/mnt/a ROOT=/ OPTS=x-of-new\nSRC=old TARGET=/mnt/b ROOT=/ OPTS=x-of-old' ]]
}

@test "a bind of a path notes the visible mount in utab" {
	old_and_new
	mount --bind -o x-bound /mnt/a /mnt/b
	[[ $(grep TARGET=/mnt/b /run/mount/utab) == "SRC=old "* ]]
}

@test "a user unmounts nothing because of what is hidden" {
	rmdir /mnt/a /mnt/b
	restricted_setup
	mount -t tmpfs old /mnt/a
	echo "new /mnt/a tmpfs users,noauto" >/etc/fstab
	mount --tuck -t tmpfs new /mnt/a
	for options in "" -v -l -d; do
		# shellcheck disable=SC2086
		unchanged as_user umount $options /mnt/a
		[[ $status -eq 32 && $output == *"/mnt/a: "* ]]
	done
	umount /mnt/a
	as_user umount /mnt/a
	[[ -z $(stack /mnt/a) ]]
}

@test "a user unmounts the visible mount that fstab grants, whatever is hidden" {
	rmdir /mnt/a /mnt/b
	restricted_setup
	echo "old /mnt/a tmpfs users,noauto" >/etc/fstab
	as_user mount /mnt/a
	mount --tuck -t tmpfs new /mnt/a
	as_user umount /mnt/a
	[[ $(stack /mnt/a) == new ]]
}

@test "umount --reveal -d frees the loop device of the top" {
	two_loops
	run umount --reveal -d /mnt/a
	[[ $status -eq 0 && -z $output && $(stack /mnt/a) == "$new" ]]
	comes_free "$old"
	backed "$new"
}

@test "umount --reveal -d keeps the loop device where the reveal is refused or only checked" {
	two_loops
	umount /mnt/a
	run umount --reveal -d /mnt/a
	refused reveal-beneath
	backed "$new"
	mount --tuck "$old" /mnt/a
	unchanged umount --reveal -d --fake /mnt/a
	[[ $status -eq 0 ]]
	backed "$new"
}

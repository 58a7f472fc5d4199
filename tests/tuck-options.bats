#!/usr/bin/env bats
# The options of a tucked mount, from fstab and the command line, and its line in utab.

bats_require_minimum_version 1.5.0
load lib.bash
load sources.bash

# ---- fstab ----

@test "an fstab entry is found by its target alone, and its options are used" {
	echo '/srv/tree-2 /opt none bind,noauto,ro,noexec,x-entry 0 0' >/etc/fstab
	tuck /opt
	lies /srv/tree-2 top
	[[ $(line_of /srv/tree-2) == *" ro,noexec,relatime "* ]]
	grep -q 'TARGET=/opt .*x-entry' /run/mount/utab
}

@test "an fstab entry is found by its source alone, and --source and --target name either" {
	needs_loop_devices
	echo "$images/v2.squashfs /opt squashfs loop,nosuid,noauto 0 0" >/etc/fstab
	tuck "$images/v2.squashfs"
	[[ $(beneath cat /opt/version) == 2 ]]
	run -0 mount --tuck --source "$images/v2.squashfs"
	run -0 mount --tuck --target /opt
	[[ $(stack /opt | wc -l) -eq 4 && $(grep -c ' /opt .*nosuid.* squashfs ' /proc/self/mountinfo) -eq 3 ]]
}

@test "a lone operand that fstab lacks: the words and the exit status of mount without --tuck" {
	local operand
	for operand in /opt /nowhere LABEL=none "--target /opt" "--source /srv/tree-2" "-t tmpfs /opt" "-T /dev/null /opt" \
		"-N $$ /opt" "-o bind /opt"; do
		# shellcheck disable=SC2086 # options are words
		run mount $operand
		local wanted=$output
		[[ $status -eq 1 && $wanted == *"can't find "*"in /etc/fstab." ]] || { echo "$operand: $wanted"; false; }
		# shellcheck disable=SC2086
		unchanged mount --tuck $operand
		[[ $status -eq 1 && $output == "$wanted" ]] || { echo "$operand: $output ($status), wanted: $wanted"; false; }
		# shellcheck disable=SC2086
		unchanged mount --tuck --reveal --fake $operand
		[[ $status -eq 1 && $output == "$wanted" ]]
	done
}

@test "with --bind, --make-private or --move, too, a lone operand is one that fstab has" {
	local option
	for option in --bind --rbind --make-private --move; do
		unchanged mount --tuck "$option" /opt
		[[ $status -eq 1 && $output == "mount: /opt: can't find in /etc/fstab." ]] || { echo "$option: $output"; false; }
		unchanged mount --tuck --options-source disable "$option" -o bind /opt
		[[ $status -eq 1 && $output == "mount: /opt: no source to tuck beneath it" ]] || { echo "$option: $output"; false; }
	done
	echo '/srv/tree-2 /opt none bind,nosuid 0 0' >/etc/fstab
	tuck --bind /opt
	lies /srv/tree-2 top
	[[ $(line_of /srv/tree-2) == *" rw,nosuid,relatime "* ]]
}

@test "--make-private makes what fstab has private" {
	needs_kernel_feature beneath
	echo '/srv/tree-2 /opt none bind,nosuid 0 0' >/etc/fstab
	tuck --bind --make-private /opt
	lies /srv/tree-2 top
	[[ $(line_of /srv/tree-2) == *" rw,nosuid,relatime - "* ]]
}

@test "options of the command line are added to fstab's, and -T names another fstab" {
	echo 'from-file /opt tmpfs nosuid,size=1m 0 0' >/srv/other
	tuck -T /srv/other -o noexec /opt
	[[ $(line_of from-file) == *" rw,nosuid,noexec,"*size=1024k* ]]
}

@test "--source and --target need no fstab, and --target-prefix goes before the target" {
	mkdir -p /srv/prefix/opt
	command mount -t tmpfs other /srv/prefix/opt
	tuck --source /srv/tree-1 --target /opt
	lies /srv/tree-1 top
	tuck --target-prefix /srv/prefix /srv/tree-2 /opt
	lies /srv/tree-1 top
	[[ $(stack /srv/prefix/opt) == $'/srv/tree-2\nother' ]]
}

# ---- options: set on the new mount before it is attached, and on no other mount ----

@test "flags are set on a bind, and not on the mount that it was taken from" {
	tuck -o ro,nosuid,nodev,noexec,noatime /srv/tree-2 /opt
	[[ $(line_of /srv/tree-2) == *" ro,nosuid,nodev,noexec,noatime "* ]]
	touch /srv/tree-2/still-writable
}

@test "flags are set on a new filesystem, and -r is ro" {
	needs_loop_devices
	tuck -t tmpfs -r -o nosuid,nodev,nosymfollow new /opt
	[[ $(line_of new) == *" ro,nosuid,nodev,relatime,nosymfollow "* ]]
	tuck -r "$images/v2.ext4" /opt
	[[ $(mount_table | grep ' ext4 /dev/loop') == *" /opt ro,relatime "* ]]
}

@test "the flags that a bound mount had stay, but for those that are named" {
	mkdir /srv/strict
	command mount -t tmpfs -o nosuid,noexec strict /srv/strict
	tuck -o exec /srv/strict /opt
	[[ $(line_of strict) == *" rw,nosuid,relatime "* ]]
}

@test "ro=recursive reaches the submounts of an --rbind, ro does not" {
	command mount -t tmpfs inner /srv/tree-2/sub
	tuck --rbind -o ro /srv/tree-2 /opt
	beneath touch /opt/sub/written
	run ! beneath touch /opt/written
	tuck --rbind -o ro=recursive,nosuid /srv/tree-2 /opt
	run ! beneath touch /opt/sub/written
	[[ $(line_of /srv/tree-2 | tail -n 1) == *" ro,nosuid,"* ]]
	[[ $(mount_table | grep ' /opt/sub .* inner ') != *nosuid* ]]
}

@test "what is read-only stays so, unless rw is asked for: a bind, a move, and what fstab says" {
	command mount -t tmpfs -o ro inner /srv/tree-2/sub
	command mount -t tmpfs private /mnt
	command mount --make-private /mnt
	mkdir /mnt/moved
	command mount -t tmpfs moved /mnt/moved
	command mount -o remount,bind,ro /mnt/moved
	tuck /srv/tree-2/sub /opt
	tuck --rbind -o nosuid=recursive /srv/tree-2 /opt
	run ! beneath touch /opt/sub/written
	if kernel-feature beneath; then
		tuck --move /mnt/moved /opt
		[[ $(line_of moved) == *" ro,"* ]]
	fi
	echo "/srv/tree-2/sub /opt none bind,nodev 0 0" >/etc/fstab
	tuck /opt
	[[ $(line_of inner | grep -c " /opt ro,") -eq 2 && $(line_of inner) != *" /opt rw,"* ]]
	command mount -o remount,rw /srv/tree-2/sub
	command mount -o remount,bind,ro /srv/tree-2/sub
	tuck -o rw,noexec /srv/tree-2/sub /opt
	[[ $(line_of inner) == *" /opt rw,noexec,"* ]]
}

@test "user, users, owner and group in fstab imply for a bind what they imply for mount(8)" {
	local word plain tucked
	for word in user users owner group user,exec exec,user; do
		echo "/srv/tree-2 /opt none bind,$word 0 0" >/etc/fstab
		tuck /opt
		tucked=$(line_of /srv/tree-2 | grep ' /opt ' | cut -d ' ' -f 6)
		umount -l /opt
		umount -l /opt
		command mount /opt
		plain=$(line_of /srv/tree-2 | grep ' /opt ' | cut -d ' ' -f 6)
		umount -l /opt
		command mount -t tmpfs top /opt
		echo top >/opt/version
		echo "$word: $plain, tucked: $tucked"
		[[ $tucked == "$plain" && $tucked == *nosuid* ]]
	done
}

@test "options from fstab come before those of the command line, as --options-mode says" {
	echo "/srv/tree-2 /opt none bind,ro,nosuid 0 0" >/etc/fstab
	tuck -o rw /opt
	[[ $(line_of /srv/tree-2 | tail -n 1) == *" rw,nosuid,"* ]]
	tuck --options-mode append -o rw /opt
	[[ $(line_of /srv/tree-2 | grep -c ' ro,nosuid,') -eq 1 ]]
	tuck --options-mode replace -o rw,nodev /opt
	[[ $(line_of /srv/tree-2 | grep -c ' ro,nosuid,') -eq 2 ]]
	tuck --options-mode ignore --bind -o nodev /srv/tree-2 /opt
	[[ $(line_of /srv/tree-2 | grep -c ' rw,nodev,') -eq 1 ]]
	tuck --options-source-force --bind -o noexec /srv/tree-2 /opt
	[[ $(line_of /srv/tree-2 | grep -c ' ro,nosuid,noexec,') -eq 1 ]]
}

@test "ro=vfs leaves the filesystem writable, ro=fs the mount" {
	has_libmount 2.41 || skip "libmount 2.41 is missing"
	tuck -t tmpfs -o ro=vfs new /opt
	[[ $(line_of new) == *" /opt ro,"*" - tmpfs new rw"* ]]
	tuck -t tmpfs -o ro=fs other /opt
	[[ $(line_of other) == *" /opt rw,"*" - tmpfs other ro"* ]]
}

@test "the first one to see the new mount sees it with its options" {
	local reader
	service --propagation slave
	# A reader never finds a writable mount beneath the top.
	in_service "$SERVICE" sh -c 'while :; do grep " /opt rw.* /srv/tree-2\|/srv/tree-2 /opt rw" /proc/self/mountinfo; done' >/srv/seen 3>&- &
	reader=$!
	SERVICES+=("$reader")
	for _ in {1..10}; do run -0 mount --tuck -o ro /srv/tree-2 /opt; done
	kill "$reader"
	[[ ! -s /srv/seen && $(stack /opt "$SERVICE" | wc -l) -eq 11 ]]
}

@test "X-mount.mode and X-mount.owner change the new root as the linked libmount does, and not the top's" {
	local plain
	if ! has_libmount 2.39; then
		unchanged mount --tuck -t tmpfs -o mode=0711,X-mount.mode=0700,X-mount.owner=3 new /opt
		[[ $status -eq 1 && $output == "mount: option X-mount.mode=0700 needs libmount 2.39 or later; "* ]]
		return
	fi
	command mount -t tmpfs -o mode=0711,X-mount.mode=0700,X-mount.owner=3 plain /mnt
	plain=$(stat -c '%a %u' /mnt)
	tuck -t tmpfs -o mode=0711,X-mount.mode=0700,X-mount.owner=3 new /opt
	lies new top
	[[ $(beneath stat -c '%a %u' /opt) == "$plain" ]]
}

@test "X-mount.subdir tucks a directory of the new filesystem" {
	needs_loop_devices
	tuck -o X-mount.subdir=sub "$images/v2.squashfs" /opt
	lies /sub top
	[[ $(beneath cat /opt/version) == "sub 2" && ! -e /run/mount/tmptgt ]]
}

@test "-m makes no directory: there is one, or nothing to tuck beneath" {
	tuck -m -t tmpfs new /opt
	unchanged mount --tuck -m -t tmpfs new /srv/not-there
	[[ $status -eq 32 && ! -e /srv/not-there ]]
	service
	unchanged mount --tuck -N "$SERVICE" -m -t tmpfs new /srv/not-there
	[[ $status -eq 32 && ! -e /srv/not-there ]]
}

@test "with --make-private a later unmount of the top does not travel" {
	needs_kernel_feature beneath # beneath a top under a shared parent a mount can only be shared
	service --propagation slave
	tuck --make-private /srv/tree-2 /opt
	[[ $(line_of /srv/tree-2) != *shared:* ]]
	umount /opt
	[[ $(stack /opt) == /srv/tree-2 && $(stack /opt "$SERVICE") == $'/srv/tree-2\ntop' ]]
}

@test "without it the unmount travels" {
	service --propagation slave
	tuck /srv/tree-2 /opt
	umount /opt
	[[ $(stack /opt "$SERVICE") == /srv/tree-2 ]]
}

@test "each propagation flag is the new mount's, in both forms, for every way of mounting" {
	needs_loop_devices
	needs_kernel_feature beneath # beneath a top under a shared parent a mount can only be shared
	tuck -o shared /srv/tree-2 /opt
	has_own_group /srv/tree-2
	tuck --make-slave -t tmpfs slave /opt
	[[ $(line_of slave) != *shared:* ]]
	tuck -o unbindable "$images/v2.erofs" /opt
	[[ $(grep -c ' /opt .*unbindable - erofs' /proc/self/mountinfo) -eq 1 ]]
	tuck --make-private -t fuse.squashfuse "$images/v2.squashfs" /opt
	[[ $(line_of squashfuse) != *shared:* ]]
	tuck --make-rprivate --bind /srv/tree-1 /opt
	[[ $(line_of /srv/tree-1) != *shared:* ]]
}

# covered_submount: /srv/tree with two mounts at /srv/tree/sub, one over the other.
covered_submount() {
	needs_kernel_feature beneath
	mkdir -p /srv/tree/sub
	mount -t tmpfs one /opt
	mount -t tmpfs lower /srv/tree/sub
	mount -t tmpfs upper /srv/tree/sub
}

@test "--make-rshared and --make-rprivate reach a submount that another one covers, under a private parent" {
	covered_submount
	mount --make-rprivate /
	mount --tuck --make-rshared --rbind /srv/tree /opt
	umount /opt
	[ "$(mount_table | awk '$5 == "/opt/sub" && / shared:/' | wc -l)" -eq 2 ]
	umount --recursive /opt
	mount -t tmpfs one /opt
	mount --make-rshared /srv/tree/sub
	mount --tuck --make-rprivate --rbind /srv/tree /opt
	umount /opt
	[ "$(mount_table | awk '$5 == "/opt/sub" && !/ shared:/' | wc -l)" -eq 2 ]
}

@test "kernel-support refuses to make a covered submount private under a shared parent, where nothing reaches it" {
	covered_submount
	unchanged mount --tuck --make-rprivate --rbind /srv/tree /opt
	refused kernel-support
	says "another mount covers /srv/tree/sub at the same path, so that its propagation can't be changed beneath the top."
	mount --tuck --make-rshared --rbind /srv/tree /opt
}

@test "a recursive flag reaches the submounts of an --rbind, and not the top" {
	needs_kernel_feature beneath # beneath a top under a shared parent a mount can only be shared
	command mount -t tmpfs inner /srv/tree-2/sub
	tuck --rbind --make-rprivate /srv/tree-2 /opt
	[[ $(line_of /srv/tree-2) != *shared:* && $(line_of inner /opt/sub) != *shared:* ]]
}

@test "under a shared parent even what is tucked as a slave or private was nobody's peer" {
	needs_kernel_feature beneath # beneath a top under a shared parent a mount can only be shared
	tuck --make-private /srv/tree-2 /opt
	[[ $(line_of /srv/tree-2) != *master:* ]]
}

# ---- utab ----

@test "x- options land in utab, for every way of mounting" {
	needs_loop_devices
	tuck -o x-bind /srv/tree-1 /opt
	tuck -t tmpfs -o x-tmpfs new /opt
	tuck -o x-image "$images/v2.erofs" /opt
	tuck -o x-helper -t fuse.squashfuse "$images/v2.squashfs" /opt
	[[ $(grep -o 'OPTS=.*' /run/mount/utab) == $'OPTS=x-bind\nOPTS=x-tmpfs\nOPTS=x-image\nOPTS=x-helper' ]]
}

@test "-n and a mount without such options write no utab" {
	tuck -n -o x-bind /srv/tree-1 /opt
	tuck -n -t tmpfs -o x-tmpfs new /opt
	tuck -n -o x-helper -t fuse.squashfuse "$images/v2.squashfs" /opt
	tuck -o ro /srv/tree-2 /opt
	[[ ! -s /run/mount/utab ]]
}

@test "without libsmartcols the tables are printed unaligned" {
	local library tuck=(mount --tuck --verbose --bind /srv/new /opt)
	command mount -t tmpfs top /opt
	mkdir -p /srv/new
	[[ $(ldd "$MOUNT_TUCK_BUILD/mount") != *libsmartcols* ]]
	library=$(ldd "$MOUNT_TUCK_BUILD/findmnt" | awk '$1 == "libsmartcols.so.1" { print $3 }')
	run -0 "${tuck[@]}" --fake
	[[ $'\n'$output == *$'\nRULE   '*$'\ntarget-mounted   '* ]]
	command mount --bind /dev/null "$library"
	run -0 "${tuck[@]}" --fake
	[[ $'\n'$output == *$'\nRULE VERDICT '*$'\ntarget-mounted ok '* ]]
	run -0 "${tuck[@]}"
	[[ $output == *'TARGET BENEATH'* ]]
}

@test "with LIBMNTTUCK_DEBUG mount and umount print what the library does" {
	command mount -t tmpfs top /opt
	mkdir -p /srv/new
	run -0 env LIBMNTTUCK_DEBUG=1 mount --tuck --bind /srv/new /opt
	[[ $output =~ "mount: attached as mount "[0-9]+ ]]
	run -0 env LIBMNTTUCK_DEBUG=1 umount --reveal /opt
	[[ $output =~ "umount: the top mount "[0-9]+" has been unmounted" ]]
	command mount -t tmpfs top /opt
	run -0 mount --tuck --bind /srv/new /opt
	[[ -z $output ]]
}

@test "who watches utab is told of a tuck when the lines are in their order" {
	mount -t tmpfs top /opt
	mount --tuck -t tmpfs -o x-first first /opt
	touch /run/mount/utab.event
	no_leak_check
	strace -f -o /tmp/strace -e trace=rename,openat mount --tuck -t tmpfs -o x-second second /opt
	[[ $(grep -E 'rename|utab.event' /tmp/strace | tail -n 1) == *'"/run/mount/utab.event", O_WRONLY'* ]]
	grep -q x-second /run/mount/utab
}

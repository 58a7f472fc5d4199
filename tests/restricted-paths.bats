#!/usr/bin/env bats
# mount and umount, set-user-ID root and called by nobody: paths that a user changes, before the program
# starts and while it works, and messages about files that the user can't see. SECURITY.md names each of
# these tests.
# shellcheck disable=SC2034,SC2154,SC2317 # read and set by lib and restricted; called by "meanwhile"

load lib
load restricted

setup() {
	restricted_setup
	mkdir /victim
	mkdir -m 700 /secret
}

as_owner() { "${user[@]}" "$@"; }

# refused_path PATH: check that the last run was refused because of that path in fstab.
refused_path() {
	[[ $status -eq 32 ]] || { echo "status $status: $output"; return 1; }
	says "others than root can turn fstab's path $1 elsewhere"
}

# refused_image PATH: the same; libmount 2.41 and later opens an image with the user's rights, and says so in its words.
refused_image() {
	if [[ $status -eq 32 && $output == *"failed to set"*"up loop device for $1"* ]]; then
		has_libmount 2.41
	else
		refused_path "$1"
	fi
}

# refused_link PATH: the same; libmount 2.42 and later refuses any link in a target.
refused_link() {
	if [[ $status -eq 1 && $output == *"symbolic links in the mount point path are not allowed"* ]]; then
		has_libmount 2.42
	else
		refused_path "$1"
	fi
}

# meanwhile CALL[:NUMBER] COMMAND...: run COMMAND as the user, stopped before its NUMBERth (first) call to CALL while "turn" is run.
meanwhile() {
	local when=$1
	shift
	export home
	PATH=/program:$PATH timeout 60 at-call --only "$when" --during "$(declare -f turn); turn" -- "$@"
}

@test "a directory that a group may write to is not root's alone, nor one with an access control list" {
	mkdir -p /srv/media/usb
	chown nobody /srv/media/usb
	fstab "a /srv/media/usb tmpfs user,noauto" "image /mnt/a ext4 user,noauto,loop"
	as_user mount /srv/media/usb
	as_user umount /srv/media/usb
	chown 0:0 /srv/media/usb
	chmod 0775 /srv/media
	unchanged as_user mount /srv/media/usb
	refused_path /srv/media/usb
	# A source without a slash is not one in the directory where the user stands.
	image "$home/image"
	chown nobody "$home/image"
	cd "$home"
	unchanged as_user mount /mnt/a
	[[ $status -ne 0 ]]
}

@test "a user's own directory is mounted on, and only the user unmounts it" {
	as_owner mkdir "$home/usb"
	fstab "a $home/usb tmpfs user,noauto"
	as_user mount "$home/usb"
	[[ $(mounts) == "$home/usb rw,nosuid,nodev,noexec,relatime tmpfs a" ]]
	[[ $(cat /run/mount/utab) == "SRC=a TARGET=$home/usb "*"user=nobody"* ]]
	unchanged setpriv --reuid daemon --regid daemon --clear-groups /program/umount "$home/usb"
	[[ $status -ne 0 ]]
	as_user umount "$home/usb"
	[[ $(mounts) == "" && ! -s /run/mount/utab ]]
}

# fuse DIRECTORY [USER]: mount a FUSE filesystem there that is the user's (nobody's) and lets no other user in, root neither.
fuse() { SERVICES+=("$(fuse-server well "$1" fuse "${2:-nobody}" 3>&-)"); }

@test "a user unmounts a FUSE filesystem of theirs that lets nobody else in, root neither" {
	local options place
	as_owner mkdir "$home/disk"
	chown nobody /mnt/a
	for options in "" --lazy; do
		for place in "$home/disk" /mnt/a; do
			fuse "$place"
			run ls "$place"
			[[ $status -ne 0 && $output == *"Permission denied"* ]]
			as_owner test -e "$place/version"
			unchanged setpriv --reuid daemon --regid daemon --clear-groups /program/umount $options "$place"
			[[ $status -ne 0 ]]
			as_user umount $options "$place"
			[[ $(mounts) == "" ]]
		done
	done
	fuse "$home/disk" daemon
	unchanged as_user umount "$home/disk"
	[[ $status -eq 32 && $output == *"must be superuser"* ]]
}

@test "a user's FUSE filesystem on a file can be unmounted lazily" {
	as_owner touch "$home/file"
	fuse "$home/file"
	unchanged as_user umount "$home/file"
	[[ $status -eq 32 ]]
	says "an ordinary user can only unmount it with --lazy"
	as_user umount --lazy "$home/file"
	[[ $(mounts) == "" ]]
}

@test "where fstab has a user's path, a FUSE filesystem in a directory of the user's is unmounted, and no other" {
	local options
	as_owner mkdir "$home/disk"
	mkdir "$home/roots" "$home/roots/disk"
	chown nobody "$home/roots/disk"
	fstab "fuse $home/disk fuse.test users,noauto"
	for options in "" --lazy; do
		fuse "$home/disk"
		as_user umount $options "$home/disk"
		[[ $(mounts) == "" ]]
	done
	fuse "$home/roots/disk"
	as_owner rmdir "$home/disk"
	as_owner ln -s "$home/roots/disk" "$home/disk"
	for options in "" --lazy; do
		unchanged as_user umount $options "$home/disk"
		refused_path "$home/disk"
	done
}

@test "others who rename and mount all the time do not keep a user from unmounting" {
	local n
	as_owner mkdir "$home/usb"
	fstab "a $home/usb tmpfs user,noauto"
	touch /srv/{a,b,c,d}
	exchange --ever /srv/a /srv/b 3>&- &
	SERVICES+=($!)
	exchange --ever /srv/c /srv/d 3>&- &
	SERVICES+=($!)
	for n in {1..40}; do
		as_user mount "$home/usb"
		as_user umount "$home/usb"
	done
	[[ $(mounts) == "" ]]
}

@test "a target that its owner has made a link to another's directory is refused" {
	fstab "a $home/usb tmpfs user,noauto"
	as_owner ln -s /victim "$home/usb"
	unchanged as_user mount "$home/usb"
	refused_link "$home/usb"
	unchanged as_user mount a
	[[ $status -ne 0 ]]
	unchanged as_user mount /victim
	[[ $status -ne 0 ]]
	rm "$home/usb"
	as_owner ln -s / "$home/way"
	fstab "a $home/way/victim tmpfs user,noauto"
	unchanged as_user mount "$home/way/victim"
	refused_link "$home/way/victim"
}

@test "a target in a user's directory that isn't theirs is refused" {
	mkdir "$home/roots"
	fstab "a $home/roots tmpfs user,noauto"
	unchanged as_user mount "$home/roots"
	refused_path "$home/roots"
	mkdir /srv/shared
	chmod 777 /srv/shared
	mkdir /srv/shared/roots
	fstab "a /srv/shared/roots tmpfs user,noauto"
	unchanged as_user mount /srv/shared/roots
	refused_path /srv/shared/roots
	chmod 1777 /srv/shared
	as_user mount /srv/shared/roots
}

@test "a link of root's to a fixed place is as good as the place" {
	ln -s /srv/floppy /mnt/floppy
	ln -s drives/1 /srv/floppy
	mkdir -p /srv/drives/1
	fstab "a /mnt/floppy tmpfs user,noauto"
	as_user mount /mnt/floppy
	[[ $(mounts) == "/srv/drives/1 "* ]]
	as_user umount /mnt/floppy
	rmdir /srv/drives/1
	ln -s "$home/usb" /srv/drives/1
	as_owner ln -s /victim "$home/usb"
	unchanged as_user mount /mnt/floppy
	refused_link /mnt/floppy
}

@test "a mount of another's is not unmounted by a link in the user's own directory" {
	mount -t tmpfs tmpfs /victim
	fstab "tmpfs $home/usb tmpfs users,noauto"
	as_owner ln -s /victim "$home/usb"
	unchanged as_user umount "$home/usb"
	refused_path "$home/usb"
	unchanged as_user umount --lazy /victim
	refused_path "$home/usb"
	fstab "tmpfs $home/usb tmpfs users,noauto" "tmpfs /victim tmpfs users,noauto"
	as_user umount /victim
}

@test "a target that is replaced while it is mounted is the one that was looked at, or none" {
	as_owner mkdir "$home/usb"
	fstab "a $home/usb tmpfs user,noauto"
	# libmount 2.41 would unmount what the path then leads to.
	mount -t tmpfs victim /victim
	turn() { mv "$home/usb" "$home/moved"; ln -s /victim "$home/usb"; }
	meanwhile move_mount mount "$home/usb"
	[[ $(mounts) == "/victim "*$'\n'"$home/moved "* ]]
	umount "$home/moved"
	rm "$home/usb"
	mv "$home/moved" "$home/usb"
	# Between libmount's look at the target and ours, the first change of ids since the one for the operand.
	before=$(mounts)
	run meanwhile setresgid:3 mount "$home/usb"
	refused_path "$home/usb"
	[[ -L $home/usb && $(mounts) == "$before" ]]
	# Where it is another directory of the user's by then, between our two looks, the note in utab would name a wrong place.
	as_owner mkdir -p "$home/way/usb" "$home/other/usb"
	fstab "a $home/way/usb tmpfs user,noauto"
	turn() { mv "$home/way" "$home/gone"; ln -s other "$home/way"; }
	run meanwhile setresgid:5 mount "$home/way/usb"
	refused_path "$home/way/usb"
	[[ -L $home/way && $(mounts) == "$before" ]]
}

@test "a mount point that is replaced while it is unmounted stays what it was" {
	mount -t tmpfs tmpfs /victim
	# Before libmount looks: the second change of ids is the end of our look at the operand.
	as_owner mkdir "$home/usb"
	fstab "tmpfs $home/usb tmpfs users,noauto"
	turn() { mv "$home/usb" "$home/empty"; ln -s /victim "$home/usb"; }
	before=$(mounts)
	run meanwhile setresgid:2 umount "$home/usb"
	refused_path "$home/usb"
	[[ -L $home/usb && $(mounts) == "$before" ]]
	# After it has looked. A mount point can't be moved away, but a directory above it can.
	as_owner mkdir -p "$home/above/victim"
	fstab "tmpfs $home/above/victim tmpfs users,noauto"
	as_user mount "$home/above/victim"
	turn() { mv "$home/above" "$home/moved"; ln -s / "$home/above"; }
	run meanwhile umount2 umount "$home/above/victim"
	[[ -L $home/above && $(mounts) == *"/victim rw,"* ]]
}

@test "a user's FUSE filesystem that root covers while it is unmounted stays, and so does what covers it" {
	local options
	as_owner mkdir "$home/disk"
	turn() { mount -t tmpfs cover "$home/disk"; }
	for options in "" --lazy; do
		fuse "$home/disk"
		run meanwhile openat2 umount $options "$home/disk"
		[[ $status -eq 32 && $(stack "$home/disk") == $'fuse\ncover' ]]
		says "others than root can turn this path elsewhere, and it does not lead to the same mount as before"
		umount "$home/disk"
		umount "$home/disk"
	done
}

@test "an image that its owner has made a link to one that the user can't read is refused" {
	needs_loop_devices
	image /secret/image
	as_owner ln -s /secret/image "$home/image"
	fstab "$home/image /mnt/a ext4 user,noauto,loop"
	unchanged as_user mount /mnt/a
	refused_image "$home/image"
	[[ $(losetup --all) != */secret* ]]
	unchanged as_user mount -r /mnt/a
	refused_image "$home/image"
	mknod /secret/device b 7 "$(stat -c %Lr /dev/loop0 2>/dev/null || echo 0)"
	chmod 600 /secret/device
	as_owner ln -sf /secret/device "$home/image"
	unchanged as_user mount /mnt/a
	[[ $status -eq 32 ]]
}

@test "a user's own image is mounted, and one that the user can only read, read-only" {
	needs_loop_devices
	image "$home/image"
	chown nobody "$home/image"
	fstab "$home/image /mnt/a ext4 user,noauto,loop"
	as_user mount /mnt/a
	[[ $(mounts) == "/mnt/a rw,"* ]]
	as_user umount /mnt/a
	chown root "$home/image"
	unchanged as_user mount /mnt/a
	refused_path "$home/image"
	as_user mount -r /mnt/a
	[[ $(mounts) == "/mnt/a ro,"* ]]
	as_user umount /mnt/a
	[[ $(mounts) == "" ]]
	[[ $(losetup --all) != *"$home"* ]]
}

@test "an image that its owner has made a link to something hidden is not opened, and no message tells what is there" {
	local told='' option place
	needs_loop_devices
	mkfifo /secret/fifo
	: >/secret/file
	ln -s /secret/file /secret/link
	mkdir /secret/directory
	# A reader that goes on as soon as somebody opens the FIFO for writing.
	(read -r _ </secret/fifo || : >/srv/woken) 3>&- &
	SERVICES+=($!)
	for option in loop rw loop,ro; do
		fstab "$home/image /mnt/a ext4 user,noauto,$option"
		for place in fifo file link directory none none/none; do
			as_owner ln -sfn "/secret/$place" "$home/image"
			unchanged as_user mount /mnt/a
			[[ $status -eq 32 && $output != *secret* ]]
			: "${told:=$output}"
			[[ $output == "$told" ]] || { echo "$place: $output; not: $told"; return 1; }
			unchanged as_user mount -v /mnt/a
			[[ $output == "$told" ]]
		done
	done
	[[ ! -e /srv/woken ]]
	# What a user's own path leads to may be told, as that user's own program tells it.
	as_owner ln -sfn /dev/full "$home/image"
	unchanged as_user mount /mnt/a
	refused_path "$home/image"
}

# opens_nothing FILE...: let the user's image be a link to each of these, and check that none is opened by a request for it.
opens_nothing() {
	local place option options words
	for place; do
		# Keeps the test honest: an open is seen.
		run opened "$@" -- dd if="$place" iflag=nonblock count=0 status=none
		[[ $output == "opened: $place" ]]
		as_owner ln -sfn "$place" "$home/image"
		for option in ext4,loop auto,loop ext4,loop,ro ext4,rw auto,rw none,bind; do
			options="${option%%,*} users,noauto,${option#*,}"
			fstab "$home/image /mnt/a $options" "$home/image $home/usb $options"
			for words in "mount /mnt/a" "mount -r /mnt/a" "mount $home/image" "mount $home/usb" "mount --source $home/image /mnt/a" \
				"umount $home/image" "umount -d /mnt/a" "umount $home/usb"; do
				# shellcheck disable=SC2086 # a list of words
				unchanged opened "$@" -- timeout 60 "${user[@]}" /program/$words </dev/null
				[[ $status -ne 0 && $status -lt 124 && $output != *opened:* ]] ||
					{ echo "$place, $option, $words: status $status: $output"; return 1; }
			done
		done
	done
}

@test "an image that its owner has made a link to a FIFO or a device is opened neither by root nor by the user" {
	local tape watchdog
	# Where a tape's or a watchdog's driver is missing, the open fails too early to be seen. Every kernel has these two devices.
	tape=(c 1 5) watchdog=(c 1 7)
	mkfifo -m 600 /secret/fifo
	mknod -m 600 /secret/tape "${tape[@]}"
	mknod -m 600 /secret/watchdog "${watchdog[@]}"
	as_owner mkdir "$home/usb"
	opens_nothing /secret/fifo /secret/tape /secret/watchdog
	# The same where the user may open them.
	mkfifo -m 666 /srv/fifo
	mknod -m 666 /srv/tape "${tape[@]}"
	mknod -m 666 /srv/watchdog "${watchdog[@]}"
	opens_nothing /srv/fifo /srv/tape /srv/watchdog
}

@test "an image in a user's directory is mounted with its options, always from one loop device" {
	needs_loop_devices
	image "$home/part"
	{ head -c 1M /dev/zero; cat "$home/part"; } >"$home/image"
	chown nobody "$home/image"
	for options in loop,offset=1048576 loop,offset=0x100000,sizelimit=4194304 loop,offset=1M offset=1MiB,sizelimit=4M; do
		fstab "$home/image /mnt/a ext4 user,noauto,$options" "$home/image /mnt/b ext4 user,noauto,$options"
		as_user mount /mnt/a
		[[ $(mounts) == "/mnt/a rw,nosuid,nodev,noexec,relatime ext4 /dev/loop"* ]]
		[[ $(losetup --noheadings --output AUTOCLEAR,OFFSET,BACK-FILE "$(findmnt -no SOURCE /mnt/a)") == *"1 1048576 $home/image" ]]
		as_user mount /mnt/b
		[[ $(findmnt -no SOURCE /mnt/a) == "$(findmnt -no SOURCE /mnt/b)" ]]
		as_user umount /mnt/a
		as_user umount /mnt/b
		[[ $(losetup --all) != *"$home"* ]]
	done
	for options in loop=/dev/loop9 loop,encryption=aes loop,offset=x loop,verity.roothash=00; do
		fstab "$home/image /mnt/a ext4 user,noauto,$options"
		unchanged as_user mount /mnt/a
		[[ $status -eq 32 ]]
		says "its type or options need more steps than to mount it"
	done
}

@test "a bind mount by paths that a user can turn is refused" {
	as_owner mkdir "$home/usb" "$home/data"
	fstab "/srv $home/usb none bind,user,noauto"
	unchanged as_user mount "$home/usb"
	refused_path "$home/usb"
	fstab "$home/data /mnt/a none bind,user,noauto"
	unchanged as_user mount /mnt/a
	refused_path "$home/data"
}

@test "a helper for a user's directory is run with that user's rights alone" {
	as_owner mkdir "$home/usb"
	# shellcheck disable=SC2016 # for the helper
	helper '/usr/bin/grep -E "^(Uid|CapEff|CapAmb)" /proc/$$/status; exit 3'
	# mount.foo is that of its subtypes, too.
	for type in foo foo.sub; do
		fstab "a $home/usb $type user,noauto"
		run as_user mount "$home/usb"
		[[ $status -eq 3 ]]
		[[ $output == $'Uid:\t65534\t65534\t65534\t65534\nCapEff:\t0000000000000000\nCapAmb:\t0000000000000000' ]]
	done
}

# What is mounted is no secret: everyone may read /proc/self/mountinfo, and -R and -A go by that.
@test "whether a file is there is not told of places that the user can't see" {
	: >/secret/there
	mkdir /secret/in
	mount -t tmpfs a /secret/in
	# libblkid's, for any LABEL=.
	mkdir -p /run/blkid
	fstab "a /mnt/a tmpfs user,noauto"
	cd "$home"
	as_owner ln -s /secret/there "$home/LABEL=there"
	as_owner ln -s /secret/none "$home/LABEL=none"
	for place in /secret/there:/secret/none /secret/in:/secret/none LABEL=there:LABEL=none; do
		for words in mount "mount --target" "mount --source" "mount -v" "mount -T /etc/fstab" "mount -o ro" "mount a" \
			"mount --tuck /opt" umount "umount -l" "umount -c" "umount -v" "umount --fake" "umount --reveal"; do
			# shellcheck disable=SC2086
			unchanged as_user $words "${place%:*}"
			there="$status $(tr -s ' \n' ' ' <<<"${output//${place%:*}/X}")"
			# shellcheck disable=SC2086
			unchanged as_user $words "${place#*:}"
			none="$status $(tr -s ' \n' ' ' <<<"${output//${place#*:}/X}")"
			[[ $there == "$none" ]] || { echo "$words ${place%:*}: $there; ${place#*:}: $none"; return 1; }
		done
	done
}

@test "a message has the paths that fstab has, and none that they lead to" {
	local option place entry operand
	mkdir -p /secret/place /srv/tree "$home/dir"
	touch /secret/file
	mknod /secret/device b 7 250
	ln -s /secret/link /mnt/link
	ln -s place /secret/link
	ln -s /secret/link /srv/link
	ln -s /secret/device /srv/device
	for option in user owner users,ro owner,X-mount.subdir=none users,bind user,loop user,private; do
		for place in link place file device none; do
			as_owner ln -sfn "/secret/$place" "$home/usb"
			for entry in "/srv/tree $home/usb" "/srv/tree /mnt/link" "/srv/link $home/usb" "/srv/device $home/usb" \
				"/srv/device /mnt/link" "/srv/link /mnt/link" "/srv/none $home/usb" "/srv/none /mnt/link"; do
				fstab "$entry ext4 $option"
				for operand in $entry; do
					run as_user mount -v "$operand"
					# The table of mounts, which everybody may read, has what is mounted.
					if [[ $status -eq 0 ]]; then
						umount /secret/place
					elif [[ $output == *secret* ]]; then
						echo "$entry $option: $output"
						return 1
					fi
				done
			done
		done
	done
	[[ $(mounts) == "" ]]
}

@test "what fstab lacks is said of a user's mount as of root's" {
	fstab "a /mnt/a tmpfs user"
	for words in "/mnt/b" "b" "--source /mnt/b" "--target /mnt/b" "-r /mnt/b" "LABEL=x"; do
		# shellcheck disable=SC2086
		run mount $words
		theirs=$status:$output
		# shellcheck disable=SC2086
		unchanged as_user mount $words
		[[ $status:$output == "$theirs" && $output == *"can't find"* ]] || { echo "$words: $output; root: $theirs"; return 1; }
	done
}

@test "a directory is not made for a user, nor given an owner or a mode" {
	fstab "a /mnt/new tmpfs user,noauto,X-mount.mkdir"
	unchanged as_user mount /mnt/new
	[[ $status -ne 0 && ! -e /mnt/new ]]
	as_owner mkdir "$home/usb"
	fstab "a $home/usb tmpfs user,noauto,X-mount.owner=nobody"
	unchanged as_user mount "$home/usb"
	refused_path "$home/usb"
}

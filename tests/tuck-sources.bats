#!/usr/bin/env bats
# Every kind of source: that mount --tuck attaches it beneath, and changes nothing else.

bats_require_minimum_version 1.5.0
load lib.bash
load sources.bash

# ---- directories and files ----

@test "a directory without a type is bound beneath, in a peer group of its own" {
	tuck /srv/tree-2 /opt
	lies /srv/tree-2 top
	has_own_group /srv/tree-2
	[[ $(beneath cat /opt/version) == 2 ]]
}

@test "--bind, -o bind and a relative, slash-ended or equals-signed path are the same" {
	mkdir /srv/a=b
	tuck --bind /srv/tree-1 /opt
	tuck -o bind tree-2/ /opt/
	tuck /srv/a=b /opt
	lies /srv/tree-1 /srv/tree-2 /srv/a=b top
}

@test "a source that does not exist is no failure with nofail, and nothing goes beneath" {
	mkdir -p /run/blkid # libblkid makes it when it looks for the label
	for source in "/dev/nonexistent" "-t ext4 /dev/nonexistent" "LABEL=nosuch" "--bind /nonexistent" "--move nonexistent"; do
		for options in "" -v --fake; do
			# shellcheck disable=SC2086
			unchanged mount --tuck $options -o nofail $source /opt
			[[ $status -eq 0 && -z $output ]]
		done
		# shellcheck disable=SC2086
		unchanged mount --tuck $source /opt
		[[ ($status -eq 32 || $status -eq 1) && -n $output ]]
	done
	echo '/dev/nonexistent /opt ext4 nofail' >/etc/fstab
	unchanged mount --tuck /opt
	[[ $status -eq 0 && -z $output ]]
}

@test "nofail excuses a missing source alone" {
	unchanged mount --tuck -o nofail --bind /srv/tree-1 /nonexistent
	refused target-mounted
	tuck -o nofail -t tmpfs new /opt
	lies new top
	tuck -o nofail --bind /srv/tree-1 /opt
	lies new /srv/tree-1 top
}

@test "a bind leaves submounts out, --rbind takes them along" {
	command mount -t tmpfs inner /srv/tree-2/sub
	tuck --bind /srv/tree-2 /opt
	[[ -z $(line_of inner /opt/sub) ]]
	tuck --rbind /srv/tree-2 /opt
	[[ $(beneath findmnt -no SOURCE /opt/sub) == inner ]]
	[[ $(grep -c ' /srv/tree-2/sub ' /proc/self/mountinfo) -eq 1 ]]
}

@test "a file is bound beneath a file" {
	touch /etc/os-version /srv/new-version
	echo new >/srv/new-version
	command mount --bind /srv/tree-1/version /etc/os-version
	run -0 mount --tuck /srv/new-version /etc/os-version
	[[ $(stack /etc/os-version) == $'/srv/new-version\n/srv/tree-1/version' ]]
	[[ $(</etc/os-version) == 1 ]]
	umount /etc/os-version
	[[ $(</etc/os-version) == new ]]
}

@test "an image beneath a file is bound as a file" {
	touch /etc/image
	command mount --bind /srv/tree-1/version /etc/image
	run -0 mount --tuck "$images/v2.squashfs" /etc/image
	umount /etc/image
	cmp /etc/image "$images/v2.squashfs"
}

@test "--move takes a mount from its place, with what is mounted on it and its utab lines" {
	mkdir /srv/from
	command mount --make-private /
	command mount -t tmpfs -o x-moved moved /srv/from
	mkdir /srv/from/sub
	command mount -t tmpfs -o x-inner inner /srv/from/sub
	tuck --move /srv/from /opt
	lies moved top
	[[ -z $(stack /srv/from) && -z $(stack /srv/from/sub) ]]
	grep -q 'TARGET=/opt .*x-moved' /run/mount/utab
	grep -q 'TARGET=/opt/sub .*x-inner' /run/mount/utab
	run -1 grep /srv/from /run/mount/utab
}

# ---- filesystems ----

@test "a tmpfs has its size before anyone sees it" {
	tuck -t tmpfs -o size=1m,mode=0700 new /opt
	lies new top
	has_own_group new
	[[ $(line_of new) == *size=1024k* && $(line_of new) == *mode=700* ]]
}

@test "squashfs, erofs and ext4 images find their type and their loop device by themselves" {
	needs_loop_devices
	tuck "$images/v1.squashfs" /opt
	[[ $(beneath cat /opt/version) == 1 ]]
	tuck "$images/v2.erofs" /opt
	[[ $(beneath cat /opt/version) == 2 ]]
	tuck "$images/v2.ext4" /opt
	[[ $(beneath cat /opt/version) == 2 ]]
	# An erofs image may need no device: libmount 2.42 knows kernels that read it as a file.
	[[ $(stack /opt | wc -l) -eq 4 && $(loops_of "$images/v1.squashfs") -eq 1 && $(loops_of "$images/v2.ext4") -eq 1 ]]
}

@test "an image's loop device goes with the last unmount" {
	needs_loop_devices
	tuck "$images/v2.squashfs" /opt
	[[ $(loops_of "$images/v2.squashfs") -eq 1 ]]
	umount /opt
	[[ $(</opt/version) == 2 ]]
	umount /opt
	eventually eval '[[ $(loops_of "$images/v2.squashfs") -eq 0 ]]'
}

@test "the same image is tucked beneath itself, on the device that it has" {
	needs_loop_devices
	command mount "$images/v2.squashfs" /opt
	run -0 mount --tuck "$images/v2.squashfs" /opt
	says "source write-protected, mounted read-only"
	[[ $(stack /opt | sort | uniq -c | awk '{print $1}' | sort) == $'1\n2' ]]
	[[ $(loops_of "$images/v2.squashfs") -eq 1 ]]
}

@test "a new file at the image's old path is the new image" {
	needs_loop_devices
	command mount "$images/v1.squashfs" /mnt
	command mount --move /mnt /opt 2>/dev/null || { umount /mnt; command mount "$images/v1.squashfs" /opt; }
	mv "$images/v2.squashfs" "$images/v1.squashfs"
	run -0 mount --tuck "$images/v1.squashfs" /opt
	[[ $(</opt/version) == 1 && $(beneath cat /opt/version) == 2 ]]
}

@test "loop options make an image of what blkid would not see" {
	needs_loop_devices
	{ head -c 4096 /dev/zero; cat "$images/v2.squashfs"; } >"$images/shifted"
	tuck -o offset=4096,ro "$images/shifted" /opt
	[[ $(beneath cat /opt/version) == 2 ]]
}

@test "-t names an image's type, -t auto lets it be found" {
	needs_loop_devices
	tuck -t squashfs "$images/v1.squashfs" /opt
	tuck -t auto "$images/v2.erofs" /opt
	[[ $(stack /opt | wc -l) -eq 3 && $(beneath cat /opt/version) == 2 ]]
}

@test "a block device is mounted, by its path, its label or its uuid" {
	needs_loop_devices
	local uuid label
	loop "$images/v2.ext4"
	uuid=$(blkid -o value -s UUID "$device")
	label=$(blkid -o value -s LABEL "$device")
	tuck "$device" /opt
	tuck "LABEL=$label" /opt
	tuck "UUID=$uuid" /opt
	tuck -L "$label" /opt
	tuck -U "$uuid" /opt
	lies "$device" "$device" "$device" "$device" "$device" top
}

@test "a device that can't be written is mounted read-only, and it is said" {
	needs_loop_devices
	loop --read-only "$images/v2.ext4"
	run -0 mount --tuck "$device" /opt
	says "/opt: WARNING: source write-protected, mounted read-only"
	[[ $(line_of "$device") == *" ro,relatime "* ]]
	run -32 mount --tuck -w "$device" /opt
	lies "$device" top
}

@test "overlay takes absolute and relative lower directories" {
	tuck -t overlay -o lowerdir=/srv/tree-2:/srv/tree-1 one /opt
	[[ $(beneath cat /opt/version) == 2 ]]
	tuck -t overlay -o lowerdir=tree-1:tree-2 two /opt
	[[ $(beneath cat /opt/version) == 1 ]]
	lies one two top
}

@test "overlay takes escaped commas and colons, and more than fsconfig's 255 bytes" {
	local layers=tree-2 n
	mkdir 'a,b:c'
	echo odd >'a,b:c/version'
	tuck -t overlay -o 'lowerdir=a\,b\:c:tree-1' odd /opt
	[[ $(beneath cat /opt/version) == odd ]]
	for n in {1..30}; do
		mkdir "layer-number-$n"
		layers+=:layer-number-$n
	done
	tuck -t overlay -o "lowerdir=$layers" long /opt
	[[ $(beneath cat /opt/version) == 2 ]]
	lies odd long top
}

# ---- FUSE, by its helper ----

@test "FUSE by its helper lies beneath, and its daemon ends with the last unmount" {
	tuck -t fuse.squashfuse "$images/v2.squashfs" /opt
	lies squashfuse top
	has_own_group squashfuse
	[[ $(beneath cat /opt/version) == 2 && $(daemons | wc -l) -eq 1 ]]
	umount /opt
	[[ $(</opt/version) == 2 && $(daemons | wc -l) -eq 1 ]]
	umount /opt
	eventually no_daemon
}

@test "a FUSE daemon ends though a private mount replaces its own" {
	needs_kernel_feature beneath # beneath a top under a shared parent a mount can only be shared
	tuck -t fuse.squashfuse "$images/v2.squashfs" /opt
	umount /opt
	run -0 mount --tuck --make-private /srv/tree-1 /opt
	umount /opt
	eventually no_daemon
}

@test "a FUSE daemon does not hold the loop device of the mount that was on top of it" {
	needs_loop_devices
	umount /opt
	command mount "$images/v1.squashfs" /opt
	run -0 mount --tuck -t fuse.squashfuse "$images/v2.squashfs" /opt
	umount /opt
	[[ $(</opt/version) == 2 ]]
	eventually eval '[[ $(loops_of "$images/v1.squashfs") -eq 0 ]]'
	[[ $(daemons | wc -l) -eq 1 ]]
}

@test "a FUSE daemon does not hold what is unmounted elsewhere later" {
	needs_loop_devices
	mkdir /srv/state
	command mount -t tmpfs state /srv/state
	mkdir /srv/state/image
	command mount "$images/v1.squashfs" /srv/state/image
	tuck -t fuse.squashfuse "$images/v2.squashfs" /opt
	umount /srv/state/image
	eventually eval '[[ $(loops_of "$images/v1.squashfs") -eq 0 ]]'
	[[ $(daemons | wc -l) -eq 1 ]]
}

# ---- --fake, and --verbose ----

@test "--fake changes nothing and sets no loop device up, whatever the kind" {
	needs_loop_devices
	local arguments
	service
	loop "$images/v2.ext4"
	while read -r arguments; do
		# shellcheck disable=SC2086
		unchanged mount --tuck --fake $arguments /opt
		[[ $status -eq 0 && -z $output ]] || { echo "$arguments: $status: $output"; return 1; }
		! compgen -G '/run/mount*' >/dev/null
	done <<-END
		/srv/tree-2
		--rbind -o x-foo /srv/tree-2
		-t tmpfs -o x-foo,X-mount.subdir=sub new
		$images/v2.squashfs
		$device
		-t overlay -o lowerdir=/srv/tree-1:/srv/tree-2 new
		-t fuse.squashfuse $images/v2.squashfs
		-N $SERVICE /srv/tree-2
		-N $SERVICE --source-namespace=caller /srv/tree-2
		-N $SERVICE $images/v2.squashfs
		-N $SERVICE -t fuse.squashfuse $images/v2.squashfs
	END
	mkdir /srv/from
	command mount --make-private /
	command mount -t tmpfs from /srv/from
	unchanged mount --tuck --fake --move /srv/from /opt
	[[ $status -eq 0 && $(loops_of "$images") -eq 1 ]]
}

@test "--fake says what it would refuse" {
	unchanged mount --tuck --fake /srv/tree-1/version /opt
	refused source-kind
	unchanged mount --tuck --fake /srv/not-there /opt
	[[ $status -eq 32 ]]
}

@test "--fake --verbose says of a filesystem what can't be known before it is mounted" {
	unchanged mount --tuck --fake --verbose "$images/v2.squashfs" /opt
	[[ $status -eq 0 && $output == *"target-mounted "*ok* && $output == *unchecked* ]]
}

@test "--verbose prints the table of rules after the fact, and what was done" {
	run -0 mount --tuck --verbose /srv/tree-2 /opt
	[[ ${lines[0]} == RULE*VERDICT*DETAIL && $output == *target-mounted*ok* ]]
	says "/srv/tree-2 tucked beneath the top mount on /opt"
}

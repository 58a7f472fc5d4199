#!/usr/bin/env bats
# Every kind of source, with its options: what mount --tuck puts beneath, and that it is all it does.

bats_require_minimum_version 1.5.0
load lib.bash

setup_file() {
	local version
	for version in 1 2; do
		mkdir -p "$BATS_FILE_TMPDIR/tree-$version/sub"
		echo "$version" >"$BATS_FILE_TMPDIR/tree-$version/version"
		echo "sub $version" >"$BATS_FILE_TMPDIR/tree-$version/sub/version"
		mksquashfs "$BATS_FILE_TMPDIR/tree-$version" "$BATS_FILE_TMPDIR/v$version.squashfs" -quiet -no-progress >/dev/null
	done
	mkfs.erofs --quiet "$BATS_FILE_TMPDIR/v2.erofs" "$BATS_FILE_TMPDIR/tree-2" >/dev/null 2>&1
	truncate -s 2M "$BATS_FILE_TMPDIR/v2.ext4"
	mkfs.ext4 -q -L "tuck-$$" -d "$BATS_FILE_TMPDIR/tree-2" "$BATS_FILE_TMPDIR/v2.ext4"
}

# Each test has /opt mounted, a tmpfs "top", and images of its own.
setup() {
	SERVICES=()
	LOOPS=()
	cp -a "$BATS_FILE_TMPDIR"/tree-* /srv/
	cp "$BATS_FILE_TMPDIR"/v* "$BATS_TEST_TMPDIR"/
	images=$BATS_TEST_TMPDIR
	command mount -t tmpfs -o mode=0751 top /opt
	echo top >/opt/version
	cd /srv
}

teardown() {
	local pid device
	for pid in "${SERVICES[@]}"; do kill "$pid" 2>/dev/null || true; done
	cd /
	while umount -l /opt 2>/dev/null; do :; done
	for device in "${LOOPS[@]}"; do losetup -d "$device" 2>/dev/null || true; done
}

# The line of the mount called $1 (source, or root of a bind mount) at $2, without its parent, which changes.
line_of() {
	mount_table "${3:-self}" | awk -v name="$1" -v path="${2:-/opt}" '
		{ for (i = 7; $i != "-"; i++); called = $4 == "/" ? $(i + 2) : $4 }
		$5 == path && called == name { $2 = ""; print }'
}

# The top mount at /opt: its mountinfo line, and its root's inode with mode, owner and content.
top() {
	line_of top
	stat -c '%i %a %u:%g %Z' /opt
	cat /opt/version
}

# tuck ARGUMENT...: mount --tuck succeeds, says nothing, and leaves the top mount as it was.
tuck() {
	local before
	before=$(top)
	run mount --tuck "$@"
	[[ $status -eq 0 && -z $output ]] || { echo "status $status: $output"; return 1; }
	[[ $(top) == "$before" ]] || { diff <(echo "$before") <(top); return 1; }
}

# beneath COMMAND...: run COMMAND where the top of /opt is gone.
beneath() {
	unshare --mount --propagation private sh -c 'umount -l /opt && exec "$@"' - "$@"
}

# lies NAME...: the stack at /opt, bottom first; the last is the top.
lies() {
	[[ $(stack /opt) == "$(printf '%s\n' "$@")" ]] || { stack /opt; return 1; }
}

# The new mount is shared, with a peer group that no other mount of this namespace is in.
has_own_group() {
	local group
	group=$(line_of "$1" | grep -o ' shared:[0-9]*')
	[[ -n $group && $(mount_table | grep -c "$group ") -eq 1 && $(line_of "$1") != *master:* ]]
}

loop() {
	device=$(losetup --find --show "$@")
	LOOPS+=("$device")
}

loops_of() {
	losetup --list --noheadings --output NAME,BACK-FILE | grep -cF "$1" || true
}

# eventually COMMAND...: within two seconds COMMAND succeeds.
eventually() {
	local try
	for try in {1..100}; do
		"$@" && return
		sleep 0.02
	done
	echo "still not: $*"
	return 1
}

# ends PID: the process is gone, or has ended and nobody has asked for its status yet.
ends() {
	[[ ! -e /proc/$1 || $(cat "/proc/$1/stat" 2>/dev/null) == *") Z "* ]]
}

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
	tuck "$images/v2.squashfs" /opt
	[[ $(loops_of "$images/v2.squashfs") -eq 1 ]]
	umount /opt
	[[ $(</opt/version) == 2 ]]
	umount /opt
	eventually eval '[[ $(loops_of "$images/v2.squashfs") -eq 0 ]]'
}

@test "the same image is tucked beneath itself, on the device that it has" {
	command mount "$images/v2.squashfs" /opt
	run -0 mount --tuck "$images/v2.squashfs" /opt
	says "source write-protected, mounted read-only"
	[[ $(stack /opt | sort | uniq -c | awk '{print $1}' | sort) == $'1\n2' ]]
	[[ $(loops_of "$images/v2.squashfs") -eq 1 ]]
}

@test "a new file at the image's old path is the new image" {
	command mount "$images/v1.squashfs" /mnt
	command mount --move /mnt /opt 2>/dev/null || { umount /mnt; command mount "$images/v1.squashfs" /opt; }
	mv "$images/v2.squashfs" "$images/v1.squashfs"
	run -0 mount --tuck "$images/v1.squashfs" /opt
	[[ $(</opt/version) == 1 && $(beneath cat /opt/version) == 2 ]]
}

@test "loop options make an image of what blkid would not see" {
	{ head -c 4096 /dev/zero; cat "$images/v2.squashfs"; } >"$images/shifted"
	tuck -o offset=4096,ro "$images/shifted" /opt
	[[ $(beneath cat /opt/version) == 2 ]]
}

@test "-t names an image's type, -t auto lets it be found" {
	tuck -t squashfs "$images/v1.squashfs" /opt
	tuck -t auto "$images/v2.erofs" /opt
	[[ $(stack /opt | wc -l) -eq 3 && $(beneath cat /opt/version) == 2 ]]
}

@test "a block device is mounted, by its path, its label or its uuid" {
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

# The squashfuse daemons that serve this test's images.
daemons() {
	local pid
	for pid in $(pgrep -x squashfuse); do
		! ends "$pid" && tr '\0' ' ' <"/proc/$pid/cmdline" | grep -F "$images" || true
	done
}

no_daemon() {
	[[ -z $(daemons) ]]
}

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
	umount /opt
	command mount "$images/v1.squashfs" /opt
	run -0 mount --tuck -t fuse.squashfuse "$images/v2.squashfs" /opt
	umount /opt
	[[ $(</opt/version) == 2 ]]
	eventually eval '[[ $(loops_of "$images/v1.squashfs") -eq 0 ]]'
	[[ $(daemons | wc -l) -eq 1 ]]
}

@test "a FUSE daemon does not hold what is unmounted elsewhere later" {
	mkdir /srv/state
	command mount -t tmpfs state /srv/state
	mkdir /srv/state/image
	command mount "$images/v1.squashfs" /srv/state/image
	tuck -t fuse.squashfuse "$images/v2.squashfs" /opt
	umount /srv/state/image
	eventually eval '[[ $(loops_of "$images/v1.squashfs") -eq 0 ]]'
	[[ $(daemons | wc -l) -eq 1 ]]
}

# ---- fstab ----

@test "an fstab entry is found by its target alone, and its options are used" {
	echo '/srv/tree-2 /opt none bind,noauto,ro,noexec,x-entry 0 0' >/etc/fstab
	tuck /opt
	lies /srv/tree-2 top
	[[ $(line_of /srv/tree-2) == *" ro,noexec,relatime "* ]]
	grep -q 'TARGET=/opt .*x-entry' /run/mount/utab
}

@test "an fstab entry is found by its source alone, and --source and --target name either" {
	echo "$images/v2.squashfs /opt squashfs loop,nosuid,noauto 0 0" >/etc/fstab
	tuck "$images/v2.squashfs"
	[[ $(beneath cat /opt/version) == 2 ]]
	run -0 mount --tuck --source "$images/v2.squashfs"
	run -0 mount --tuck --target /opt
	[[ $(stack /opt | wc -l) -eq 4 && $(grep -c ' /opt .*nosuid.* squashfs ' /proc/self/mountinfo) -eq 3 ]]
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

# ---- options: the new mount's from the first instant, and nobody else's ----

@test "flags are set on a bind, and not on the mount that it was taken from" {
	tuck -o ro,nosuid,nodev,noexec,noatime /srv/tree-2 /opt
	[[ $(line_of /srv/tree-2) == *" ro,nosuid,nodev,noexec,noatime "* ]]
	touch /srv/tree-2/still-writable
}

@test "flags are set on a new filesystem, and -r is ro" {
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
	[[ $(mount --version) == *"libmount 2.38"* ]] || skip "needs a libmount that hands =recursive on, as 2.38 does"
	tuck --rbind -o ro=recursive /srv/tree-2 /opt
	run ! beneath touch /opt/sub/written
}

@test "the first one to see the new mount sees it with its options" {
	local reader
	service --propagation slave
	# Whatever a reader finds beneath the top, it never finds it writable.
	in_service "$SERVICE" sh -c 'while :; do grep " /opt rw.* /srv/tree-2\|/srv/tree-2 /opt rw" /proc/self/mountinfo; done' >/srv/seen 3>&- &
	reader=$!
	SERVICES+=("$reader")
	for _ in {1..10}; do run -0 mount --tuck -o ro /srv/tree-2 /opt; done
	kill "$reader"
	[[ ! -s /srv/seen && $(stack /opt "$SERVICE" | wc -l) -eq 11 ]]
}

@test "X-mount.mode and X-mount.owner change the new root as the linked libmount does, and not the top's" {
	local plain
	command mount -t tmpfs -o mode=0711,X-mount.mode=0700,X-mount.owner=3 plain /mnt
	plain=$(stat -c '%a %u' /mnt)
	tuck -t tmpfs -o mode=0711,X-mount.mode=0700,X-mount.owner=3 new /opt
	lies new top
	[[ $(beneath stat -c '%a %u' /opt) == "$plain" ]]
}

@test "X-mount.subdir tucks a directory of the new filesystem" {
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

# ---- another namespace ----

# A service with an /opt of its own, and its own /srv/tree-2 and fstab.
service_of_its_own() {
	service
	in_service "$SERVICE" sh -c '
		mount --make-private /opt && umount /opt && mount -t tmpfs top /opt &&
		cp -a /srv/. /mnt/ && mount -t tmpfs data /srv && mkdir /srv/tree-2 && echo its >/srv/tree-2/version &&
		mount -t tmpfs run /run && mount -t tmpfs etc /etc && echo "its-own /opt tmpfs size=1m 0 0" >/etc/fstab'
	rm -rf /mnt/*
}

@test "-N: a bind's path is looked up in that namespace, and only it changes" {
	service_of_its_own
	tuck -N "$SERVICE" --bind -o x-there /srv/tree-2 /opt
	lies top
	[[ $(stack /opt "$SERVICE") == $'/tree-2\ntop' ]]
	in_service "$SERVICE" umount /opt
	[[ $(in_service "$SERVICE" cat /opt/version) == its ]]
	tuck -N "$SERVICE" /srv/tree-2 /opt
	[[ $(stack /opt "$SERVICE") == $'/tree-2\n/tree-2' ]]
}

@test "-N: --source-namespace=caller hands a directory of the caller over" {
	service_of_its_own
	tuck -N "$SERVICE" --source-namespace=caller -o ro,x-handed tree-2 /opt
	lies top
	[[ $(stack /opt "$SERVICE") == $'/srv/tree-2\ntop' ]]
	in_service "$SERVICE" umount /opt
	[[ $(in_service "$SERVICE" cat /opt/version) == 2 ]]
	[[ $(line_of /srv/tree-2 /opt "$SERVICE") == *" ro,"* && $(line_of /srv/tree-2 /opt "$SERVICE") != *shared:* ]]
}

@test "-N: --source-namespace=caller moves nothing" {
	service
	mkdir /srv/from
	command mount -t tmpfs from /srv/from
	unchanged mount --tuck -N "$SERVICE" --source-namespace=caller --move /srv/from /opt
	[[ $status -eq 1 ]]
	says "can't be moved to another mount namespace"
}

@test "-N: a tmpfs, and utab is that namespace's" {
	service_of_its_own
	tuck -N "$SERVICE" -t tmpfs -o x-there new /opt
	lies top
	[[ $(stack /opt "$SERVICE") == $'new\ntop' ]]
	in_service "$SERVICE" grep -q 'TARGET=/opt .*x-there' /run/mount/utab
	[[ ! -s /run/mount/utab ]]
}

@test "-N: an image file is the caller's, in a namespace that sees neither it nor its loop device" {
	service_of_its_own
	in_service "$SERVICE" sh -c "mount -t tmpfs none '$BATS_RUN_TMPDIR' && mount -t tmpfs none /dev"
	tuck -N "$SERVICE" "$images/v2.squashfs" /opt
	lies top
	[[ $(stack /opt "$SERVICE") == /dev/loop*$'\ntop' ]]
	in_service "$SERVICE" umount /opt
	[[ $(in_service "$SERVICE" cat /opt/version) == 2 ]]
	in_service "$SERVICE" umount /opt
	eventually eval '[[ $(loops_of "$images") -eq 0 ]]'
}

@test "-N: a helper is the caller's, and so is its source" {
	service_of_its_own
	in_service "$SERVICE" sh -c "mount -t tmpfs none '$BATS_RUN_TMPDIR' && mount --bind /srv /usr/sbin"
	tuck -N "$SERVICE" -t fuse.squashfuse -o x-there "$images/v2.squashfs" /opt
	lies top
	[[ $(stack /opt "$SERVICE") == $'squashfuse\ntop' ]]
	in_service "$SERVICE" grep -q 'TARGET=/opt .*x-there' /run/mount/utab
	[[ ! -s /run/mount/utab ]]
	in_service "$SERVICE" umount /opt
	[[ $(in_service "$SERVICE" cat /opt/version) == 2 ]]
	in_service "$SERVICE" umount /opt
	eventually no_daemon
}

@test "-N: a target that only the other namespace has" {
	needs_kernel_feature beneath # a stack on a private parent
	service_of_its_own
	in_service "$SERVICE" sh -c 'mkdir /srv/there && mount -t tmpfs top /srv/there'
	run -0 mount --tuck -N "$SERVICE" /srv/tree-2 /srv/there
	run -0 mount --tuck -N "$SERVICE" "$images/v2.squashfs" /srv/there
	run -0 mount --tuck -N "$SERVICE" -t fuse.squashfuse "$images/v2.squashfs" /srv/there
	run -0 mount --tuck -N "$SERVICE" -t tmpfs -o X-mount.mode=0700 new /srv/there
	[[ $(stack /srv/there "$SERVICE") == /tree-2*squashfuse$'\nnew\ntop' && ! -e /srv/there ]]
}

@test "-N: fstab and the paths in a filesystem's options are that namespace's" {
	needs_kernel_feature beneath # a stack on a private parent
	service_of_its_own
	tuck -N "$SERVICE" /opt
	[[ $(stack /opt "$SERVICE") == $'its-own\ntop' ]]
	tuck -N "$SERVICE" -t overlay -o lowerdir=/srv/tree-2:/mnt layers /opt
	in_service "$SERVICE" umount /opt
	[[ $(in_service "$SERVICE" cat /opt/version) == its ]]
}

@test "-N: what is no namespace is an error, and so is a process that is not there" {
	unchanged mount --tuck -N /etc/passwd /srv/tree-2 /opt
	[[ $status -eq 2 ]]
	says "failed to set target namespace to /etc/passwd"
	unchanged mount --tuck -N 999999999 /srv/tree-2 /opt
	[[ $status -ne 0 ]]
}

# ---- without doing it, and afterwards ----

@test "--fake changes nothing and sets no loop device up, whatever the kind" {
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
		-t tmpfs -o x-foo,X-mount.mode=0700 new
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

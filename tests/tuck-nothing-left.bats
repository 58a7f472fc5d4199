#!/usr/bin/env bats
# Whatever fails: mount --tuck leaves nothing behind, and utab stays in order.

bats_require_minimum_version 1.5.0
load lib.bash

setup_file() {
	mkdir "$BATS_FILE_TMPDIR/tree"
	echo 2 >"$BATS_FILE_TMPDIR/tree/version"
	mksquashfs "$BATS_FILE_TMPDIR/tree" "$BATS_FILE_TMPDIR/image.squashfs" -quiet -no-progress >/dev/null
}

# Each test has /opt mounted, a service that receives, and an image of its own.
setup() {
	SERVICES=()
	mkdir /srv/tree
	image=$BATS_TEST_TMPDIR/image.squashfs
	cp "$BATS_FILE_TMPDIR/image.squashfs" "$image"
	command mount -t tmpfs top /opt
	service --propagation slave
	mkdir -p /run/blkid # libblkid's own, made when it is asked for a label
	WORST=0
}

teardown() {
	local pid
	((WORST == 0)) || echo "# the longest that a daemon outlived mount: less than $WORST ms" >&3
	end_own_mount_max
	for pid in "${SERVICES[@]}"; do kill "$pid" 2>/dev/null || true; done
	cd /
	while umount -l /opt 2>/dev/null; do :; done
}

# A helper that waits before and after it mounts, and leaves a daemon behind.
slow_helper() {
	mount_helper slow <<-END
		echo before >>/srv/progress
		sleep ${1:-0}
		setsid sleep 1234.$$ </dev/null >/dev/null 2>&1 &
		echo daemon \$! >>/srv/progress
		mount -i -n -t tmpfs slow "\$2"
		echo after >>/srv/progress
		sleep ${2:-0}
	END
}

# List the other processes in this test's pid namespace: pid and name.
processes() {
	local file pid name
	# shellcheck disable=SC2013 # a line is a word: a file in /proc
	for file in $(grep -lzx "MOUNT_TUCK_IN_ROOT=$MOUNT_TUCK_IN_ROOT" /proc/[0-9]*/environ 2>/dev/null); do
		pid=${file//[!0-9]/}
		read -r name 2>/dev/null <"/proc/$pid/comm" || continue
		[[ $name != ba* && $name != grep && $name != cat ]] || continue
		[[ $(cat "/proc/$pid/stat" 2>/dev/null) != *") Z "* ]] && echo "process $pid $name"
	done
}

# The mount table without ids, which differ each time.
everything() {
	state | sed -E 's/^[0-9]+ [0-9]+ [0-9]+:[0-9]+ //; s/(shared|master|propagate_from):[0-9]+/\1/g'
	processes
}

now() {
	echo "${EPOCHREALTIME/[.,]/}"
}

# leaves_nothing COMMAND...: run COMMAND by bats' run; check that within two seconds of its end everything is as before.
leaves_nothing() {
	local before after start took
	before=$(everything)
	run "$@"
	as_before
}

as_before() {
	local after start took
	start=$(now)
	while after=$(everything); took=$((($(now) - start) / 1000)); [[ $after != "$before" ]]; do
		if ((took > 2000)); then
			echo "left behind:"
			diff <(echo "$before") <(echo "$after") || true
			return 1
		fi
	done
}

# outlives PID: wait until a daemon has ended; sets WORST to the longest time that one took, in milliseconds.
outlives() {
	local start stat
	start=$(now)
	while read -r stat 2>/dev/null <"/proc/$1/stat" && [[ $stat != *") Z "* ]]; do
		((${EPOCHREALTIME/[.,]/} - start < 2000000)) || return 1
	done
	((${EPOCHREALTIME/[.,]/} - start <= WORST * 1000)) || WORST=$(((${EPOCHREALTIME/[.,]/} - start) / 1000 + 1))
}

daemon() {
	sed -n 's/^daemon //p' /srv/progress
}

# ---- errors that mount finds by itself ----

# fails STATUS TEXT ARGUMENT...: check that mount --tuck ARGUMENT... ends so, prints TEXT, and leaves nothing behind.
fails() {
	local wanted=$1 text=$2
	shift 2
	leaves_nothing mount --tuck "$@"
	[[ $status -eq $wanted ]] || { echo "$*: status $status, wanted $wanted: $output"; return 1; }
	says "$text"
}

@test "a source that is not there leaves nothing" {
	fails 32 "/srv/not-there" /srv/not-there /opt # in libmount's words
	fails 32 "special device /srv/not-there does not exist" --bind /srv/not-there /opt
	fails 32 "special device /srv/not-there does not exist" --move /srv/not-there /opt
	fails 1 "can't find LABEL" LABEL=not-there /opt
	fails 32 "does not exist" -N "${SERVICES[0]}" --source-namespace=caller --bind /srv/not-there /opt
}

@test "a bad option leaves nothing, and the kernel's own words are shown" {
	needs_loop_devices
	fails 32 "tmpfs: Unknown parameter 'bad-option'" -t tmpfs -o bad-option new /opt
	fails 32 "wrong fs type, bad option, bad superblock" -o bad-option "$image" /opt
	fails 32 "/opt: " -t overlay -o 'lowerdir=/srv/not\,there' new /opt
}

@test "a wrong or unknown type leaves nothing" {
	needs_loop_devices
	fails 32 "wrong fs type, bad option, bad superblock" -t ext4 "$image" /opt
	fails 32 "unknown filesystem type 'unheard-of'" -t unheard-of "$image" /opt
	fails 32 "[source-kind]" /etc/passwd /opt
}

@test "a damaged image leaves nothing, no loop device above all" {
	needs_loop_devices
	dd if=/dev/urandom of="$image" bs=96 seek=1 count=40 conv=notrunc status=none
	fails 32 "/opt: " -t squashfs "$image" /opt
	truncate -s 2000 "$image"
	fails 32 "/opt: " -t squashfs "$image" /opt
	fails 32 "/opt: " -t squashfs -o X-mount.subdir=sub "$image" /opt
}

@test "a directory that the image lacks leaves nothing, no directory of libmount's either" {
	rm -r /run/mount
	leaves_nothing mount --tuck -o X-mount.subdir=not-there "$image" /opt
	[[ $status -ne 0 && ! -e /run/mount ]]
}

@test "what a rule refuses before anything is mounted leaves nothing" {
	fails 32 "[target-mounted]" "$image" /srv/tree
	command mount --bind /opt /opt
	command mount --bind / /mnt
	fails 32 "[parent-propagates]" "$image" /opt
}

@test "what a rule refuses after the image or the helper has mounted leaves nothing" {
	needs_loop_devices
	fails 32 "[target-mounted]" -N "${SERVICES[0]}" "$image" /srv/tree
	fails 32 "[target-mounted]" -N "${SERVICES[0]}" -t fuse.squashfuse "$image" /srv/tree
	fails 32 "[target-mounted]" -N "${SERVICES[0]}" -t tmpfs -o X-mount.other new /srv/tree
	fails 32 "[target-mounted]" -N "${SERVICES[0]}" --source-namespace=caller /srv/tree /srv/tree
}

# ---- helpers that fail ----

@test "a helper that fails leaves nothing, and its status is mount's" {
	mount_helper failing <<<'echo "no such export" >&2; exit 17'
	fails 17 "no such export" -t failing new /opt
}

@test "a helper that is not there leaves nothing" {
	fails 32 "unknown filesystem type 'unheard-of'" -t unheard-of "$image" /opt
	mount_helper gone <<<'/not/there || exit 33'
	fails 33 "/not/there" -t gone new /opt
}

@test "a helper that fails after it has mounted, and left a daemon, leaves nothing" {
	mount_helper failing <<-'END'
		mount -i -n -t tmpfs slow "$2"
		setsid sleep 1234 </dev/null >/dev/null 2>&1 &
		exit 32
	END
	leaves_nothing mount --tuck -t failing new /opt
	[[ $status -eq 32 ]]
}

@test "a helper that succeeds but mounts nothing is a failure, not a copy of the top" {
	mount_helper idle <<<'exit 0'
	fails 32 "nothing is mounted" -t idle new /opt
}

@test "a helper that is killed leaves nothing" {
	mount_helper killed <<<'mount -i -n -t tmpfs slow "$2"; kill -9 $$'
	leaves_nothing mount --tuck -t killed new /opt
	[[ $status -ne 0 ]]
}

@test "a caller that ignores SIGCHLD does not keep the program waiting for a helper" {
	run -0 timeout 60 env --ignore-signal=CHLD mount --tuck -t fuse.squashfuse "$image" /opt
	umount /opt
	[[ $(</opt/version) == 2 ]]
	umount /opt
}

@test "what a helper wrote to utab goes when the mount is refused, and stays when it is not" {
	mount_helper keeping <<-'END'
		mount -i -t tmpfs -o x-noted slow "$2"
		[ ! -e /srv/fail ]
	END
	mkdir -p /run/mount
	: >/run/mount/utab
	: >/run/mount/utab.lock
	touch /srv/fail
	leaves_nothing mount --tuck -t keeping new /opt
	[[ $status -ne 0 ]]
	rm /srv/fail
	run -0 mount --tuck -t keeping -o x-noted new /opt
	[[ $(grep -c x-noted /run/mount/utab) -eq 1 ]]
}

# ---- no room ----

@test "fs.mount-max leaves nothing, whether it is met on the way or at the end" {
	needs_loop_devices
	local count
	[[ -w /proc/sys/fs/mount-max ]] || skip "needs a writable fs.mount-max"
	own_mount_max
	# More than any other namespace should have, since the limit is the machine's.
	mkdir /srv/fill
	command mount -t tmpfs fill /srv/fill
	command mount --make-private /srv/fill
	mkdir /srv/fill/{1..13}
	for count in {1..13}; do command mount --rbind /srv/fill "/srv/fill/$count"; done
	count=$(wc -l </proc/self/mountinfo)
	before=$(everything)
	sysctl -q fs.mount-max="$count"
	run mount --tuck "$image" /opt
	echo "$output"
	refused mount-limit
	run mount --tuck -t fuse.squashfuse "$image" /opt
	echo "$output"
	[[ $status -ne 0 ]]
	run mount --tuck /srv/tree /opt
	refused mount-limit
	end_own_mount_max
	as_before
}

# ---- signals ----

# at INJECTION COMMAND...: run COMMAND with strace --inject=INJECTION.
at() {
	local injection=$1
	shift
	# LeakSanitizer does not work in a traced process.
	ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 strace -f -qq -o /dev/null -e "inject=$injection" "$@"
}

# start ARGUMENT...: start mount --tuck ARGUMENT... in a process group of its own; sets PROGRAM to its pid.
start() {
	: >/srv/progress
	# shellcheck disable=SC2086 # DEFAULT is a command's words
	setsid ${DEFAULT-env --default-signal=INT} mount --tuck "$@" >/srv/output 2>&1 3>&- &
	PROGRAM=$!
}

# reaches TEXT: wait until the helper has written TEXT.
reaches() {
	local try
	for try in {1..500}; do
		grep -q "$1" /srv/progress && return
		sleep 0.01
	done
	echo "the helper never came so far: $1"
	return 1
}

ends_with() {
	local status=0
	wait "$PROGRAM" || status=$?
	[[ $status -eq $1 ]] || { echo "status $status, wanted $1"; cat /srv/output; return 1; }
}

@test "SIGINT, SIGTERM and SIGHUP end it with 8, before and after the helper has mounted" {
	local signal
	slow_helper 100 0
	before=$(everything)
	for signal in INT TERM HUP; do
		start -t slow new /opt
		reaches before
		kill -"$signal" "$PROGRAM"
		ends_with 8
		grep -qx 'mount: interrupted' /srv/output
		as_before
	done
	slow_helper 0 100
	for signal in INT TERM; do
		start -t slow new /opt
		reaches after
		kill -"$signal" "-$PROGRAM"
		ends_with 8
		outlives "$(daemon)"
		as_before
	done
}

@test "SIGTERM between the system calls of an image ends it with 8" {
	local call
	before=$(everything)
	for call in fsopen fsconfig fsmount; do
		run at "$call:signal=TERM:when=1" mount --tuck "$image" /opt
		[[ $status -eq 8 && $output == *"mount: interrupted" ]] || { echo "$call: $status: $output"; return 1; }
		as_before
	done
}

@test "SIGTERM while it is attached is too late, and the work is finished" {
	run -0 at move_mount:signal=TERM:when=2 mount --tuck -t tmpfs -o x-done new /opt
	[[ $(stack /opt) == $'new\ntop' ]]
	grep -q x-done /run/mount/utab
}

@test "a signal that is ignored from the start stays ignored, also for the helper" {
	slow_helper 0.3 0
	(trap '' INT; DEFAULT="" start -t slow new /opt; reaches before; kill -INT "-$PROGRAM"; ends_with 0)
	[[ $(stack /opt) == $'slow\ntop' ]]
	pkill -f "sleep 1234.$$"
}

@test "SIGKILL of the program leaves nothing, before and after the helper has mounted" {
	slow_helper 100 0
	before=$(everything)
	start -t slow new /opt
	reaches before
	kill -KILL "$PROGRAM"
	as_before
	slow_helper 0 100
	start -t slow new /opt
	reaches after
	kill -KILL "$PROGRAM"
	outlives "$(daemon)"
	as_before
}

@test "SIGKILL of the whole process group leaves nothing, before and after the helper has mounted" {
	slow_helper 100 0
	before=$(everything)
	start -t slow new /opt
	reaches before
	kill -KILL "-$PROGRAM"
	as_before
	slow_helper 0 100
	start -t slow new /opt
	reaches after
	kill -KILL "-$PROGRAM"
	outlives "$(daemon)"
	as_before
}

# If the new mount was attached before the signal, it is complete, here and in the service; then this unmounts it and the
# top mount, for the next try.
take_back() {
	[[ $(stack /opt) != top ]] || return 0
	[[ $(stack /opt | wc -l) -eq 2 && $(stack /opt) == *$'\ntop' && $(stack /opt "${SERVICES[0]}") == "$(stack /opt)" ]]
	umount -l /opt
	umount -l /opt
	command mount -t tmpfs top /opt
	FINISHED+=1
}

@test "SIGKILL at any moment leaves nothing: an image" {
	local delay
	before=$(everything)
	for delay in 0.00{1..9} 0.01{0..9..2}; do
		start "$image" /opt
		sleep "$delay"
		kill -KILL "-$PROGRAM" 2>/dev/null || true
		wait "$PROGRAM" || true
		take_back
		as_before
	done
}

@test "SIGKILL at any moment leaves nothing: FUSE by its helper" {
	local delay
	before=$(everything)
	for delay in 0.00{2..9..2} 0.0{10..60..4}; do
		start -t fuse.squashfuse "$image" /opt
		sleep "$delay"
		kill -KILL "-$PROGRAM" 2>/dev/null || true
		wait "$PROGRAM" || true
		take_back
		as_before
	done
}

@test "SIGKILL at each system call that makes something leaves nothing" {
	local call n
	before=$(everything)
	for call in ioctl fsopen fsconfig fsmount mount_setattr; do
		for n in 1 2 3; do
			run at "$call:signal=KILL:when=$n" mount --tuck "$image" /opt
			take_back
			as_before || { echo "at $call $n"; return 1; }
		done
	done
	for call in unshare mount open_tree sendmsg umount2; do
		for n in 1 2; do
			run at "$call:signal=KILL:when=$n" \
				mount --tuck -t tmpfs -o X-mount.subdir=/ new /opt
			take_back
			as_before || { echo "at $call $n"; return 1; }
		done
	done
}

# ---- utab, for the system's umount ----

umounts() {
	echo /usr/bin/umount
	[[ ! -x ${MOUNT_TUCK_PEER:-}/bin/umount ]] || echo "$MOUNT_TUCK_PEER/bin/umount"
}

# utab_options PATH: the x- options that utab has for PATH, as libmount reads them, in the file's order.
utab_options() {
	path=TARGET=${1// /\\040} awk '$2 == ENVIRON["path"] { for (i = 3; i <= NF; i++) if ($i ~ /^OPTS=/) print substr($i, 6) }' /run/mount/utab
}

# umounts_in_order UMOUNT PATH OPTION...: check that each umount removes the right line; OPTION "" is a mount without a line.
umounts_in_order() {
	local umount=$1 path=$2 option wanted
	shift 2
	while (($#)); do
		wanted=$(for option; do [[ -z $option ]] || echo "$option"; done)
		[[ $(utab_options "$path") == "$wanted" ]] || { echo "$umount, $# left, wanted $wanted:"; cat /run/mount/utab; return 1; }
		"$umount" "$path"
		set -- "${@:1:$#-1}"
	done
	[[ -z $(utab_options "$path") ]]
}

# build PATH TOP TUCKED...: mount at PATH with the option TOP, and tuck a mount with each option TUCKED, the last highest.
build() {
	local path=$1 option
	mkdir -p "$path"
	command mount -t tmpfs ${2:+-o "$2"} base "$path"
	shift 2
	for option; do
		run -0 mount --tuck -t tmpfs ${option:+-o "$option"} "new-$option" "$path"
	done
}

@test "umount 2.38 and 2.42 drop the right line of utab: one, two and three at the path" {
	local umount path
	[[ $(umounts | wc -l) -eq 2 ]] || skip "needs umount 2.42 in MOUNT_TUCK_PEER"
	for umount in $(umounts); do
		for path in /mnt/plain "/mnt/with a space"; do
			build "$path" x-top
			umounts_in_order "$umount" "$path" x-top
			build "$path" "" x-new
			umounts_in_order "$umount" "$path" x-new ""
			build "$path" x-top x-new
			umounts_in_order "$umount" "$path" x-new x-top
			build "$path" x-top x-1 x-2
			umounts_in_order "$umount" "$path" x-1 x-2 x-top
		done
	done
}

@test "umount drops the right line though some mounts of the path have none" {
	local umount
	for umount in $(umounts); do
		build /mnt/some "" x-1 x-2
		umounts_in_order "$umount" /mnt/some x-1 x-2 ""
		build /mnt/some x-top x-1 "" x-3
		umounts_in_order "$umount" /mnt/some x-1 "" x-3 x-top
		build /mnt/some x-top x-1 ""
		umounts_in_order "$umount" /mnt/some x-1 "" x-top
		build /mnt/some x-top "" x-2
		umounts_in_order "$umount" /mnt/some "" x-2 x-top
	done
}

@test "the lines of other paths, also of those below, stay where they are" {
	local umount=/usr/bin/umount
	mkdir /mnt/other
	command mount -t tmpfs -o x-other other /mnt/other
	build /mnt/path x-top x-1
	umounts_in_order "$umount" /mnt/path x-1 x-top
	[[ $(utab_options /mnt/other) == x-other ]]
}

@test "a moved mount's line stands where the mount does" {
	needs_kernel_feature beneath # a stack on a private parent
	local umount
	command mount --make-private /
	for umount in $(umounts); do
		mkdir -p /mnt/from
		command mount -t tmpfs -o x-moved moved /mnt/from
		build /mnt/path x-top x-1
		run -0 mount --tuck --move /mnt/from /mnt/path
		umounts_in_order "$umount" /mnt/path x-1 x-moved x-top
	done
}

#!/usr/bin/env bats
# findmnt compared with util-linux's: the tables in tests/findmnt/ list the command lines, and the exceptions.

load lib.bash

fixtures=$MOUNT_TUCK_SRC/tests/findmnt
system=/usr/bin/findmnt
peer=${MOUNT_TUCK_PEER:+$MOUNT_TUCK_PEER/bin/findmnt}
# The program of each release; empty for 2.42 if that is not here.
declare -gA releases=([2.38]=$system [2.42]=$peer)
[[ $peer ]] || ! system_is 2.42 || releases[2.42]=$system

# run_as FILE PROGRAM ARGUMENTS...: its output and its status in FILE, its complaints, which begin with the
# name that it is called by, in FILE.errors.
run_as() {
	local file=$1 program=$2
	shift 2
	PATH=${program%/*}:$PATH findmnt "$@" >"$file" 2>"$file.errors" </dev/null || echo "status $?" >>"$file"
}

# has FILE: all of it, without a process; sets HAS.
has() { IFS= read -rd '' HAS <"$1" || true; }

same() {
	local file one other
	for file in "$1" "$1.errors"; do
		has "$file"
		one=$HAS
		has "$2${file#"$1"}"
		other=$HAS
		[[ $one == "$other" ]] && continue
		echo "--- findmnt $3: ${1##*/} and ${2##*/} differ"
		diff <(echo "$one") <(echo "$other") | head -n 20
		return 1
	done
}

# judge DIR HOW TEXT [ARGUMENT...]: run this project's findmnt and the others with these arguments; compare as HOW says.
judge() {
	local dir=$1 how=$2 text=$3 asked release
	shift 3
	case $how in
	'') asked="2.38 2.42" ;;
	2.38 | 2.42) asked=$how ;;
	own) asked= ;;
	*) echo "unknown: '$how'"; return 1 ;;
	esac
	run_as "$dir/ours" "$MOUNT_TUCK_BUILD/findmnt" "$@"
	for release in $asked; do
		[[ ${releases[$release]} ]] || continue
		run_as "$dir/$release" "${releases[$release]}" "$@" 2>/dev/null
		has "$dir/$release"
		# If the system's crashes (2.41 does on some broken tables), there is nothing to compare.
		[[ ${releases[$release]} != "$system" || $HAS != *'status 139'$'\n' ]] || return 0
		same "$dir/$release" "$dir/ours" "$*" || return 1
	done
	[[ $how != own ]] || cat "$dir"/ours{,.errors} | grep -qF -e "$text" ||
		{ echo "--- findmnt $*: no '$text' in:"; cat "$dir"/ours{,.errors}; return 1; }
}

# compare TABLE: every line of it; prints each difference. What the machine's disk holds can change between
# two looks at it, and so a difference must be seen three times. Without bats' look at each command: there are thousands.
compare() (
	trap - DEBUG
	set +T
	local table=$1 line arguments how reason text bad=0 count=0 dir=$BATS_RUN_TMPDIR/$BATS_TEST_NUMBER
	mkdir -p "$dir"
	while IFS= read -r line; do
		[[ $line == \#* ]] && continue
		IFS=$'\t' read -r arguments how reason text <<<"${line/#$'\t'/ $'\t'}"
		eval "set -- $arguments"
		count=$((count + 1))
		judge "$dir" "$how" "$text" "$@" >"$dir/said" || judge "$dir" "$how" "$text" "$@" >"$dir/said" ||
			judge "$dir" "$how" "$text" "$@" || bad=$((bad + 1))
	done <"$table"
	echo "$count invocations, $bad differ"
	if [[ -z $peer ]]; then
		echo "# MOUNT_TUCK_PEER is not set: compared with $system alone, util-linux 2.42's findmnt was NOT asked" >&3
	fi
	((count > 0 && bad == 0))
)

@test "findmnt reads mountinfo, fstab and mtab files as util-linux's does" {
	cd "$fixtures"
	compare "$fixtures/files.table"
}

@test "findmnt shows live mounts as util-linux's does" {
	mkdir -p /opt/x /mnt/y /srv/z /run/mount
	mount -t tmpfs one /opt
	mount -t tmpfs two /opt
	mkdir /opt/in
	mount -t tmpfs -o ro,nosuid,size=5m three /opt/in
	mount --bind /opt/in /mnt
	mount --make-private /mnt
	mount -t tmpfs -o user,x-test=1 four /home
	mount -t overlay -o lowerdir=/usr/bin:/usr/lib overlaid /srv
	cd /usr
	compare "$fixtures/live.table"
}

@test "findmnt finds devices by label and UUID, and every device of a filesystem, as util-linux's does" {
	needs_loop_devices
	local uuid=11111111-2222-3333-4444-555555555555
	cd "$BATS_TEST_TMPDIR"
	truncate -s 8M image
	mkfs.ext4 -q -L disc -U $uuid image
	cp image twin
	DISC=$(losetup -f --show image) TWIN=$(losetup -f --show twin)
	mkdir -p /opt/sub
	mount "$DISC" /opt
	mkdir -p /opt/part
	mount --bind /opt/part /mnt
	printf '%s\n' "LABEL=disc /opt ext4 defaults 0 0" "UUID=$uuid /srv ext4 ro 0 0" "LABEL=none /x ext4 ro 0 0" \
		"$DISC /y ext4 ro 0 0" "LABEL=\"disc\" /z ext4 ro 0 0" >/etc/fstab
	compare "$fixtures/devices.table" || { losetup -d "$DISC" "$TWIN"; false; }
	umount /mnt /opt
	losetup -d "$DISC" "$TWIN"
}

@test "findmnt --verify finds what util-linux's finds" {
	needs_loop_devices
	cd "$BATS_TEST_TMPDIR"
	truncate -s 8M image
	mkfs.ext4 -q -L disc -U 11111111-2222-3333-4444-555555555555 image
	DISC=$(losetup -f --show image)
	mkdir -p /opt/d /mnt/y
	touch /opt/file
	ln -s /opt/d /opt/link
	sed "s,DISC,$DISC," "$fixtures/fstab-mistakes" >mistakes
	cp "$fixtures/fstab-tags" tags
	printf 'tmpfs /a tmpfs\nbroken\n# c\n/dev/x\n' >broken
	printf 'tmpfs /tmp tmpfs defaults 0 0\n' >right
	printf '/dev/null / ext4 defaults 0 2\ntmpfs /tmp tmpfs defaults 0 0\n' >root
	printf 'tmpfs /opt tmpfs x 0 0\ntmpfs /opt/d tmpfs x 0 0\nproc /mnt/y proc x 0 0\n sys /mnt sysfs x 0 0' >order
	compare "$fixtures/verify.table" || { losetup -d "$DISC"; false; }
	losetup -d "$DISC"
}

@test "findmnt filters by expressions and prints links as util-linux's does, where libsmartcols can" {
	cd "$fixtures"
	run findmnt -F mountinfo -Q 'FSTYPE == "proc"' -n -o TARGET
	if [[ $output == "findmnt: --filter needs libsmartcols 2.40 or later, which this findmnt is not built with" ]]; then
		[[ $status -eq 1 ]]
		run findmnt -F mountinfo --hyperlink=always
		[[ $status -eq 1 && $output == "findmnt: --hyperlink needs libsmartcols 2.42 or later, which this findmnt is not built with" ]]
		skip "not built with libsmartcols 2.40"
	fi
	[[ $status -eq 0 && $output == /proc ]]
	[[ $peer ]] || system_is 2.42 || skip "util-linux 2.42 is not here to compare with (tools/peer)"
	compare "$fixtures/filters.table"
	run findmnt -F mountinfo --propagation=groups -Q 'FSTYPE == "devpts"' -n -o TARGET -a
	[[ ${#lines[@]} -eq 2 && ${lines[1]} == '`-/dev/pts' ]]
}

# changes ARGUMENTS...: print the output of findmnt --poll for a mount, a remount, a move and an unmount.
changes() {
	local program=$1 pid
	shift
	(exec -a findmnt "$program" --poll "$@" --timeout 1500 >"$BATS_TEST_TMPDIR/changes" 2>&1) 3>&- &
	pid=$!
	until [[ $(readlink "/proc/$pid/fd/"* 2>/dev/null) == *mountinfo* ]]; do sleep 0.05; done
	sleep 0.1
	mount -t tmpfs one /opt
	sleep 0.1
	mount -o remount,ro /opt
	sleep 0.1
	mount --move /opt /mnt
	sleep 0.1
	mount -t proc two /srv
	sleep 0.1
	umount /mnt
	umount /srv
	wait "$pid"
	cat "$BATS_TEST_TMPDIR/changes"
}

@test "findmnt --poll prints what util-linux's prints" {
	local program=${peer:-$system} widths=(cat)
	# Before 2.41 columns were as wide as for a whole table.
	[[ $peer ]] || system_is 2.41 || widths=(tr -s ' ')
	mount --make-private /
	while IFS= read -r arguments; do
		eval "set -- $arguments"
		# Two changes that a slow machine sees at once are one, so a difference must be seen three times.
		for try in 1 2 3; do
			run changes "$program" "$@"
			expected=$output
			run changes "$MOUNT_TUCK_BUILD/findmnt" "$@"
			diff <("${widths[@]}" <<<"$expected") <("${widths[@]}" <<<"$output") && continue 2
		done
		return 1
	done <<-'END'
		-o ACTION,TARGET,SOURCE,FSTYPE,OLD-TARGET,OLD-OPTIONS,VFS-OPTIONS
		-P -t proc
		-r -M /opt
		-pumount,remount -n -o +OLD-OPTIONS
		-f
		-N $$ -o ACTION,TARGET
		-F /proc/thread-self/mountinfo -r
	END
	[[ -n $expected ]]
}

@test "findmnt --poll --json prints an object for each change" {
	mount --make-private /
	run changes "$MOUNT_TUCK_BUILD/findmnt" -J -o ACTION,TARGET
	echo "$output"
	[[ ${lines[0]} == "{" && ${lines[1]} == '   "action": "mount",' && ${lines[2]} == '   "target": "/opt"' ]]
	[[ $(grep -c '"action"' <<<"$output") -eq 6 ]]
}

# on_terminal COLUMNS PROGRAM ARGUMENTS...: what it prints on a terminal of that width.
on_terminal() {
	local columns=$1
	shift
	script -qc "stty cols $columns; exec $(printf '%q ' "$@")" /dev/null </dev/null
}

@test "findmnt fits its columns to a terminal as the findmnt of the same libsmartcols does" {
	command -v script >/dev/null || skip "no script(1)"
	cd "$fixtures"
	for columns in 40 80 120; do
		for arguments in "-F mountinfo" "-F mountinfo -u" "-F mountinfo -l -o TARGET,SOURCE,OPTIONS,FSROOT,VFS-OPTIONS" \
			"-F mountinfo -o +PROPAGATION,OPT-FIELDS,ID" "-s -F fstab"; do
			eval "set -- $arguments"
			diff <(on_terminal $columns "$system" "$@") <(on_terminal $columns "$MOUNT_TUCK_BUILD/findmnt" "$@")
		done
	done
}

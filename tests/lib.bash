# Every bats file loads this file first: it gives each test a root of its own, and has the functions that tests use.

if [[ -z ${MOUNT_TUCK_BUILD:-} ]]; then
	echo "MOUNT_TUCK_BUILD must name the build directory; tests/run sets it" >&2
	exit 1
fi

# bats starts one process for each test. This starts the test again, in a mount namespace, a root and a pid namespace of its
# own; all of its mounts and processes end with it. With MACHINE_PIDS=yes before "load lib" the test has no pid namespace of
# its own, because the kernel lets a caller list all mount namespaces only in the machine's pid namespace.
if [[ -n ${BATS_TEST_TMPDIR:-} && ${MOUNT_TUCK_IN_ROOT:-} != "$BATS_TEST_TMPDIR" ]]; then
	rm -r "$BATS_TEST_TMPDIR"
	mapfile -d '' -t own_command <"/proc/$$/cmdline"
	MOUNT_TUCK_KEEP=$(printf '%s\n' "$MOUNT_TUCK_SRC" "$MOUNT_TUCK_BUILD" "$BATS_RUN_TMPDIR" "${MOUNT_TUCK_PEER:-}")
	export MOUNT_TUCK_KEEP
	own_pids=(--pids)
	[[ -z ${MACHINE_PIDS:-} ]] || own_pids=()
	MOUNT_TUCK_IN_ROOT=$BATS_TEST_TMPDIR exec "$MOUNT_TUCK_BUILD/in-root" "${own_pids[@]}" "${own_command[@]}" 1>&3 3>&-
fi

# shellcheck source=tools/machine.sh
. "$MOUNT_TUCK_SRC/tools/machine.sh"
export PATH=$MOUNT_TUCK_BUILD:/usr/sbin:/usr/bin:/sbin:/bin
unset LIBMOUNT_FSTAB LIBMOUNT_FORCE_MOUNT2

# versions NUMBER...: directories /srv/v1 and so on, to be mounted: each with a file "version" that has its number, and a
# directory "sub".
versions() {
	local version
	for version; do
		mkdir -p "/srv/v$version/sub"
		echo "$version" >"/srv/v$version/version"
	done
}

# started COMMAND...: start COMMAND as a service, and wait until it has written a line to the FIFO $READY. Sets SERVICE to its pid.
started() {
	local ready
	ready=$(mktemp -u /tmp/ready.XXXXXX)
	mkfifo "$ready"
	READY=$ready "$@" 3>&- &
	SERVICE=$!
	SERVICES+=("$SERVICE")
	await_line "$ready"
	rm "$ready"
}

# service [unshare options]: make a mount namespace as a service manager does, and keep it by a sleeping
# process; sets SERVICE to its pid. With "--propagation slave" its mounts are slaves, with "shared" peers.
service() {
	# shellcheck disable=SC2016 # the shell's in the service
	started unshare --mount "$@" sh -c 'echo >"$READY"; exec sleep 10000'
}

# prepared PROPAGATION COMMANDS: a service with mounts of that propagation, in which these commands of a shell were run. The
# last of them may be "run=..." with a command that is put before that of the service.
prepared() {
	started unshare --mount --propagation "$1" sh -ec "$2; exec \$run sh -c 'echo >\"\$READY\"; exec sleep 10000'"
}

# await_line FIFO: wait until a line comes. Fails if none does in a minute, since who was to write it has failed.
await_line() {
	local fifo
	exec {fifo}<>"$1"
	read -r -t 60 _ <&"$fifo"
	exec {fifo}<&-
}

# no_leak_check: LeakSanitizer, which looks for its threads in /proc, works neither under strace nor without a /proc that knows
# the program.
no_leak_check() {
	export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0
}

# in_service PID COMMAND...: run COMMAND in that service's mount namespace.
in_service() {
	local pid=$1
	shift
	nsenter --mount="/proc/$pid/ns/mnt" --wd=/ "$@"
}

# stack PATH [PID]: print the mounts at PATH, from the bottom to the top, one on each line: the mount's root if
# that is not the filesystem's (a bind mount), else its source.
stack() {
	mount_table "${2:-self}" | awk -v path="$1" '
		{ for (i = 7; $i != "-"; i++); source = $(i + 2) }
		$5 == path { name[$1] = $4 == "/" ? source : $4; parent[$1] = $2 }
		END {
			for (id in name) if (!(parent[id] in name)) at = id
			while (at) { print name[at]; below = at; at = 0; for (id in name) if (parent[id] == below) at = id }
		}'
}

# propagation PATH [PID]: the optional fields of the mount there.
propagation() {
	awk -v path="$1" '$5 == path { line = ""; for (i = 7; $i != "-"; i++) line = line (line ? " " : "") $i; print line }' "/proc/${2:-self}/mountinfo"
}

# peer_group PATH: print "shared:N" of the top mount there, or nothing if it has no peer group.
peer_group() {
	mount_table | awk -v path="$1" '
		$5 == path { for (i = 7; $i != "-"; i++) if ($i ~ /^shared:/) group[$1] = $i; at[$2] = $1; last = $1 }
		END { while (last in at && at[last] != last) last = at[last]; print group[last] }'
}

# mount_table [PID]: print the mountinfo of this namespace, or of that process's.
mount_table() {
	cat "/proc/${1:-self}/mountinfo"
}

# needs_kernel_feature NAME: skip the test, and say so, if the running kernel lacks the feature (kernel-feature.c has
# the names). With LIBMNTTUCK_ATTACH=propagation the feature "beneath" counts as missing.
needs_kernel_feature() {
	if [[ $1 == beneath && ${LIBMNTTUCK_ATTACH:-} == propagation ]] || ! kernel-feature "$1"; then
		skip "the kernel feature $1 is missing"
	fi
}

# has_libmount VERSION: whether mount is linked to that version of libmount, or a later one.
has_libmount() {
	printf '%s\n' "$1" "$(mount --version | sed -nE 's/.*\(libmount ([0-9.]+).*/\1/p')" | sort --version-sort --check=quiet
}

# system_is VERSION: whether the system's util-linux is of that version, or a later one.
system_is() {
	printf '%s\n' "$1" "$(/usr/bin/mount --version | sed -nE 's/.*util-linux ([0-9.]+).*/\1/p')" | sort --version-sort --check=quiet
}

# needs_libmount VERSION: skip the test, and say so, if mount's libmount is older.
needs_libmount() {
	has_libmount "$1" || skip "libmount $1 is missing"
}

# needs_listmount: skip the test, and say so, where findmnt reads mountinfo even if it is to ask listmount: statmount does not
# say all that mountinfo does before Linux 6.18.
needs_listmount() {
	[[ $(findmnt --kernel=listmount -no UNIQ-ID /) == *[0-9]* ]] || skip "this kernel's statmount does not say all that mountinfo does"
}

# needs_loop_devices: skip the test, and say so, where an image file can't be mounted.
needs_loop_devices() {
	has_loop_devices || skip "this machine has no loop devices"
}

# unchanged COMMAND...: run COMMAND by bats' run, and check that it changed no namespace's mount table, no loop
# device, no line of utab and no directory beside the targets.
unchanged() {
	local before after
	before=$(state)
	run "$@"
	after=$(state)
	[[ $before == "$after" ]] || {
		echo "changed by: $*"
		diff <(echo "$before") <(echo "$after") || true
		return 1
	}
}

state() {
	mount-state "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR" "${SERVICES[@]}"
}

# refused RULE [STATUS]: check that the last run printed that rule's id as mount does, and ended with STATUS (32).
refused() {
	[[ $status -eq ${2:-32} ]] || { echo "status $status, wanted ${2:-32}: $output"; return 1; }
	[[ $output == *"[$1]"* ]] || { echo "no [$1] in: $output"; return 1; }
}

# says TEXT: check that the last run's output has TEXT, apart from line breaks and indentation.
says() {
	local folded
	folded=$(tr -s ' \n' ' ' <<<"$output")
	[[ $folded == *"$1"* ]] || { echo "no \"$1\" in: $folded"; return 1; }
}

# remedy: print the commands that the last refusal or message gave: one ends its line, behind a colon; several are lines by
# themselves, after one that ends with a colon. A sentence begins with a capital letter.
remedy() {
	local several
	several=$(awk '
		/:$/ { is_command = 1; next }
		/^ *[A-Z]/ || !/^ / { is_command = 0 }
		is_command { sub(/^ */, ""); print }' <<<"$output")
	if [[ $several ]]; then
		echo "$several"
	else
		sed -nE 's/^ +[A-Z].*: ([a-z\/'\''].*)/\1/p; t; s/.*: (([^ ]*\/)?(tuck-)?(u?mount|findmnt) .*)/\1/p' <<<"$output"
	fi
}

# follow_remedy: run the commands that the last refusal gave.
follow_remedy() {
	[[ -n $(remedy) ]] || { echo "no command in: $output"; return 1; }
	echo "following: $(remedy)"
	bash -ec "$(remedy)"$'\ntrue'
}

# complaints PROGRAM NAMES: print getopt's message about each beginning of these long options, given with "=" and no value,
# which no option accepts, so that none has an effect.
complaints() {
	local name length
	for name in $2; do
		for ((length = 1; length <= ${#name}; length++)); do
			echo "--${name:0:length}:"
			"$1" "--${name:0:length}=" --help 2>&1 >/dev/null || true
		done
	done | sed -nE '/^--/p; s/^[^:]*: (.*(ambiguous|unrecognized).*)/\1/p'
}

# same_abbreviations PROGRAM NAMES: check that each beginning of these long options means the same to the peer's program.
same_abbreviations() {
	local peer=${MOUNT_TUCK_PEER:+$MOUNT_TUCK_PEER/bin/$1} wanted
	[[ -n $peer ]] || skip "MOUNT_TUCK_PEER is not set"
	wanted=$(complaints "$peer" "$2")
	diff <(echo "$wanted") <(complaints "$MOUNT_TUCK_BUILD/$1" "$2")
	[[ $(grep -c '^--' <<<"$wanted") -gt 100 ]]
}

# needs_first_pid_namespace: skip the test in any other pid namespace, where the kernel does not list mount namespaces.
needs_first_pid_namespace() {
	[[ $(stat -Lc %i /proc/self/ns/pid) == 4026531836 ]] ||
		skip "the kernel lists mount namespaces in the first pid namespace alone"
}

# own_mount_max: wait until no other test changes fs.mount-max, which is the whole machine's; the lock is on a program of the
# machine's, so it holds for every checkout. (Each test has a /proc of its own, in which a lock would hold for that test alone.)
# Call this before you make the mounts that are to reach the limit. Sets MOUNT_MAX to the present value, which
# end_own_mount_max restores; tests/run restores it if a test is killed before.
own_mount_max() {
	exec {MOUNT_MAX_LOCK}</usr/sbin/sysctl
	flock "$MOUNT_MAX_LOCK"
	MOUNT_MAX=$(</proc/sys/fs/mount-max)
}
end_own_mount_max() {
	[[ -z ${MOUNT_MAX:-} ]] || sysctl -q fs.mount-max="$MOUNT_MAX"
}

# mount_helper NAME: make the script on standard input /sbin/mount.NAME, in a /sbin of this root's own.
mount_helper() {
	if [[ -L /sbin ]]; then
		rm /sbin
		mkdir /sbin
		ln -s /usr/sbin/* /sbin/
	fi
	{ echo '#!/bin/sh'; cat; } >"/sbin/mount.$1"
	chmod +x "/sbin/mount.$1"
}

# plain_chroot DIR: make a root in a directory that is no mount point, so that mounts in it have a parent that it can't see.
plain_chroot() {
	mkdir -p "$1"/{opt,tmp,srv,proc,usr,dev}
	cp -d /bin /lib /lib64 /sbin "$1"
	for dir in /usr /proc /dev "$MOUNT_TUCK_BUILD"; do
		mkdir -p "$1$dir"
		mount --bind "$dir" "$1$dir"
	done
}

setup() {
	SERVICES=()
	cd /
}

teardown() {
	local pid
	end_own_mount_max
	for pid in "${SERVICES[@]}"; do kill "$pid" 2>/dev/null || true; done
}

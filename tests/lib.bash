# What every bats file loads first: a root of its own for each test, and the words the tests use.

if [[ -z ${MOUNT_TUCK_BUILD:-} ]]; then
	echo "MOUNT_TUCK_BUILD must name the build directory; tests/run sets it" >&2
	exit 1
fi

# bats starts one process for each test. It begins once more, with a mount namespace, a root and process
# numbers of its own; all of its mounts and processes end with it. MACHINE_PIDS=yes before "load lib" leaves
# out the process numbers: only there the kernel lets the caller walk over all mount namespaces.
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

# service [unshare options]: a mount namespace as a service manager makes one, held by a sleeping
# process; sets SERVICE to its pid. "--propagation slave" is the host's slave, "shared" a peer.
service() {
	local ready
	ready=$(mktemp -u /tmp/ready.XXXXXX)
	mkfifo "$ready"
	unshare --mount "$@" sh -c "echo >'$ready'; exec sleep 1000" 3>&- &
	read -r _ <"$ready"
	rm "$ready"
	SERVICE=$!
	SERVICES+=("$SERVICE")
}

# in_service PID COMMAND...: run COMMAND in that service's mount namespace.
in_service() {
	local pid=$1
	shift
	nsenter --mount="/proc/$pid/ns/mnt" --wd=/ "$@"
}

# stack PATH [PID]: what is mounted at PATH, bottom first, a line each: the mount's root where it is
# part of a filesystem (a bind mount), else its source.
stack() {
	mount_table "${2:-self}" | awk -v path="$1" '
		{ for (i = 7; $i != "-"; i++); source = $(i + 2) }
		$5 == path { name[$1] = $4 == "/" ? source : $4; parent[$1] = $2 }
		END {
			for (id in name) if (!(parent[id] in name)) at = id
			while (at) { print name[at]; below = at; at = 0; for (id in name) if (parent[id] == below) at = id }
		}'
}

# peer_group PATH: "shared:N" of the top mount there; nothing if it has none.
peer_group() {
	mount_table | awk -v path="$1" '
		$5 == path { for (i = 7; $i != "-"; i++) if ($i ~ /^shared:/) group[$1] = $i; at[$2] = $1; last = $1 }
		END { while (last in at && at[last] != last) last = at[last]; print group[last] }'
}

# mount_table [PID]: the mountinfo of this namespace, or of that process's.
mount_table() {
	cat "/proc/${1:-self}/mountinfo"
}

# needs_kernel_feature NAME: skip the test, and say so, where the running kernel does not have it (the names
# are kernel-feature's). LIBMNTTUCK_ATTACH=propagation plays a kernel without "beneath".
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

# needs_libmount VERSION: skip the test, and say so, where that is older.
needs_libmount() {
	has_libmount "$1" || skip "libmount $1 is missing"
}

# needs_loop_devices: skip the test, and say so, where an image file can't be mounted.
needs_loop_devices() {
	has_loop_devices || skip "this machine has no loop devices"
}

# unchanged COMMAND...: run COMMAND by bats' run and check that no namespace's mount table, no loop
# device, no utab line and no directory beside the targets changed.
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

# refused RULE [STATUS]: the last run printed that rule's id in mount's form and ended with STATUS (32).
refused() {
	[[ $status -eq ${2:-32} ]] || { echo "status $status, wanted ${2:-32}: $output"; return 1; }
	[[ $output == *"[$1]"* ]] || { echo "no [$1] in: $output"; return 1; }
}

# says TEXT: the last run's output, its line breaks and indentation folded, holds TEXT.
says() {
	local folded
	folded=$(tr -s ' \n' ' ' <<<"$output")
	[[ $folded == *"$1"* ]] || { echo "no \"$1\" in: $folded"; return 1; }
}

# remedy: the commands that the last refusal gave, one string for a shell.
remedy() {
	tr -s ' \n' ' ' <<<"$output" | sed -E 's/.*: ((mount|umount|pivot_root|sysctl|nsenter|unshare) )/\1/'
}

# follow_remedy: do what the last refusal said.
follow_remedy() {
	echo "following: $(remedy)"
	bash -ec "$(remedy); true"
}

# complaints PROGRAM NAMES: what getopt says about each beginning of these long options, before any option acts: none
# takes "=" and nothing.
complaints() {
	local name length
	for name in $2; do
		for ((length = 1; length <= ${#name}; length++)); do
			echo "--${name:0:length}:"
			"$1" "--${name:0:length}=" --help 2>&1 >/dev/null || true
		done
	done | sed -nE '/^--/p; s/^[^:]*: (.*(ambiguous|unrecognized).*)/\1/p'
}

# same_abbreviations PROGRAM NAMES: every beginning of these long options means what it means to the peer.
same_abbreviations() {
	local peer=${MOUNT_TUCK_PEER:+$MOUNT_TUCK_PEER/bin/$1} wanted
	[[ -n $peer ]] || skip "MOUNT_TUCK_PEER is not set"
	wanted=$(complaints "$peer" "$2")
	diff <(echo "$wanted") <(complaints "$MOUNT_TUCK_BUILD/$1" "$2")
	[[ $(grep -c '^--' <<<"$wanted") -gt 100 ]]
}

# needs_first_pid_namespace: in another one the kernel does not let root walk over the mount namespaces.
needs_first_pid_namespace() {
	[[ $(stat -Lc %i /proc/self/ns/pid) == 4026531836 ]] ||
		skip "the kernel lists mount namespaces in the first pid namespace alone"
}

# own_mount_max: fs.mount-max is the machine's, so one test at a time changes it, and others that want to wait here; the lock is
# on that file, so it holds for every checkout. Call it before the mounts are made that shall meet the limit. MOUNT_MAX is
# what it was; end_own_mount_max puts that back, and tests/run does if a test is killed before.
own_mount_max() {
	exec {MOUNT_MAX_LOCK}</proc/sys/fs/mount-max
	flock "$MOUNT_MAX_LOCK"
	MOUNT_MAX=$(</proc/sys/fs/mount-max)
}
end_own_mount_max() {
	[[ -z ${MOUNT_MAX:-} ]] || sysctl -q fs.mount-max="$MOUNT_MAX"
}

# mount_helper NAME: make /sbin/mount.NAME of the script on standard input; /sbin becomes this root's own.
mount_helper() {
	if [[ -L /sbin ]]; then
		rm /sbin
		mkdir /sbin
		ln -s /usr/sbin/* /sbin/
	fi
	{ echo '#!/bin/sh'; cat; } >"/sbin/mount.$1"
	chmod +x "/sbin/mount.$1"
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

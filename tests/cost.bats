#!/usr/bin/env bats
# What an operation may cost, in system calls: they are the same on a fast machine and on a slow one. tests/bench/tuck has the
# times.

load lib

setup() {
	SERVICES=()
	cd /
	command -v strace >/dev/null || skip "strace is missing"
	needs_kernel_feature beneath
}

# crowd: make a host with 60 mounts, each of a filesystem of its own, and 50 services whose mounts are its slaves. What is to be
# replaced is at /srv/target.
crowd() {
	local number have
	mount -t tmpfs crowd /srv
	mkdir /srv/{target,new,newer,around}
	command mount -t tmpfs old /srv/target
	have=$(mount_table | wc -l)
	for ((number = have; number < 60; number++)); do
		mkdir "/srv/around/$number"
		command mount -t tmpfs "$number" "/srv/around/$number"
	done
	for ((number = 0; number < 50; number++)); do service --propagation slave; done
}

# traced COMMAND...: run COMMAND, and write its system calls to /calls.
traced() {
	# LeakSanitizer does not work in a traced process.
	ASAN_OPTIONS=detect_leaks=0 strace -f -qq -e signal=none -o /calls "$@"
}

# calls NAME...: print how many of these calls the last traced command made. strace may know the newest by their numbers alone.
calls() {
	local names
	names=$(printf '|%s' "$@")
	names=${names/statmount/statmount|syscall_0x1c9}
	names=${names/listmount/listmount|syscall_0x1ca}
	grep -cE "^[0-9]+ +(${names#|})\(" /calls || true
}

# at_most LIMIT NAME...: check that number.
at_most() {
	local count limit=$1
	shift
	count=$(calls "$@")
	((count <= limit)) || { echo "$count calls of $*, at most $limit are allowed"; return 1; }
}

@test "umount --reveal asks for each mount of 51 namespaces once, and for little more" {
	needs_kernel_feature namespace-walk
	crowd
	mount --tuck --bind /srv/new /srv/target
	traced umount --reveal /srv/target
	[ "$(calls statmount)" -ge 3060 ]
	at_most 3300 statmount
	[ "$(stack /srv/target "$SERVICE")" = /new ]
}

@test "mount --tuck lists each of 51 namespaces once, and asks for each mount once" {
	needs_kernel_feature namespace-walk
	crowd
	traced mount --tuck --bind /srv/new /srv/target
	# The second listmount of a namespace asks for mounts that are newer.
	at_most 102 listmount
	[ "$(calls statmount)" -ge 3060 ]
	at_most 3200 statmount
	[ "$(stack /srv/target "$SERVICE")" = $'/new\nold' ]
}

@test "mount --tuck --reveal reads 51 namespaces once, and then only what the tuck has changed" {
	needs_kernel_feature namespace-walk
	crowd
	traced mount --tuck --reveal --bind /srv/new /srv/target
	at_most 3900 statmount
	[ "$(stack /srv/target "$SERVICE")" = /new ]
	[ "$(stack /srv/target)" = /new ]
}

@test "a filesystem that is mounted for a tuck does not have 51 namespaces read again" {
	needs_kernel_feature namespace-walk
	crowd
	traced mount --tuck -t tmpfs new /srv/target
	at_most 3600 statmount
	[ "$(stack /srv/target "$SERVICE")" = $'new\nold' ]
}

# alone: make a mount at /srv/target whose parent is private, and the directory /srv/new to be bound there.
alone() {
	mount -t tmpfs --make-private alone /srv
	mkdir /srv/{target,new}
	command mount -t tmpfs old /srv/target
	command mount --make-private /srv/target
}

@test "a bind beneath a mount with a private parent asks for few mounts, however many there are" {
	needs_kernel_feature namespace-walk
	alone
	traced mount --tuck --bind /srv/new /srv/target
	at_most 8 statmount statx
	at_most 0 listmount
	[ "$(stack /srv/target)" = $'/new\nold' ]
}

@test "on Linux 6.1 mountinfo is read at most three times for that" {
	[[ -z ${MOUNT_TUCK_SANITIZED:-} ]] || skip "nothing can be preloaded before AddressSanitizer"
	alone
	traced -E MOUNT_TUCK_TEST_KERNEL=6.1 -E LD_PRELOAD="$MOUNT_TUCK_BUILD/older-kernel.so" \
		mount --tuck --bind /srv/new /srv/target
	[ "$(stack /srv/target)" = $'/new\nold' ]
	# Descriptors of mountinfo from which something was read; poll(2) and a test whether it is there read nothing.
	awk '
		/ openat\(.*mountinfo"/ { if (match($0, /= [0-9]+$/)) open[substr($0, RSTART + 2)] = 1; next }
		/ openat\(|pipe|socket/ { if (match($0, /= [0-9]+$/)) delete open[substr($0, RSTART + 2)]; next }
		match($0, / p?read(64)?\([0-9]+/) { fd = substr($0, RSTART, RLENGTH); sub(/.*\(/, "", fd); if (open[fd] == 1) { read++; open[fd] = 2 } }
		END { print read + 0; exit read > 3 }' /calls
}

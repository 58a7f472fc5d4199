#!/usr/bin/env bats
# A signal that comes while an operation reads all mount namespaces ends it; one that comes while mounts change is too late
# (tuck-nothing-left.bats, reveal.bats).

load lib

bats_require_minimum_version 1.5.0

setup() {
	SERVICES=()
	cd /
	command -v strace >/dev/null || skip "strace is missing"
	mkdir -p /srv/new
	command mount -t tmpfs old /opt
	service --propagation slave
}

# interrupted CALL STATUS COMMAND...: send SIGTERM to COMMAND at its first such system call, and check that it ends with STATUS,
# and has changed nothing.
interrupted() {
	local call=$1 wanted=$2
	shift 2
	# LeakSanitizer does not work in a traced process.
	ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 unchanged \
		strace -f -qq -o /dev/null -e "inject=$call:signal=TERM:when=1" "$@"
	[[ $status -eq $wanted ]] || { echo "status $status, wanted $wanted: $output"; return 1; }
}

@test "SIGTERM while the rules of a bind or a move read the mount namespaces ends it, and nothing has changed" {
	interrupted ioctl 143 mount --tuck --bind /srv/new /opt
	interrupted ioctl 143 mount --tuck --reveal --rbind /srv/new /opt
	command mount --make-private -t tmpfs moved /mnt
	mkdir /mnt/moved
	command mount --make-private -t tmpfs moved /mnt/moved
	interrupted ioctl 143 mount --tuck --move /mnt/moved /opt
	mount --tuck --bind /srv/new /opt
	[ "$(stack /opt)" = $'/srv/new\nold' ]
}

@test "SIGTERM while the rules of a reveal read the mount namespaces ends it, and nothing has changed" {
	mount --tuck --bind /srv/new /opt
	interrupted ioctl 143 umount --reveal /opt
	umount --reveal /opt
	[ "$(stack /opt)" = /srv/new ]
}

@test "SIGTERM while the rules of a filesystem that is mounted first read the mount namespaces ends it with 8" {
	interrupted ioctl 8 mount --tuck -t tmpfs new /opt
	[[ $output == *"mount: interrupted" ]]
}

@test "SIGTERM after the tuck does not keep the second half of mount --tuck --reveal from being done" {
	# The first move_mount asks whether the kernel knows the flag.
	needs_kernel_feature beneath
	ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 run -0 strace -f -qq -o /dev/null \
		-e inject=move_mount:signal=TERM:when=2 mount --tuck --reveal --bind /srv/new /opt
	[ "$(stack /opt)" = /srv/new ]
	[ "$(stack /opt "$SERVICE")" = /srv/new ]
}

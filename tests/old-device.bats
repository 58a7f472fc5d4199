#!/usr/bin/env bats
# Where systemd has a unit file for a mount, a reveal keeps the old version's loop device until systemd has read the table of
# mounts. The order is checked by the system calls that strace sees; nothing is waited for.

bats_require_minimum_version 1.5.0
load lib

setup() {
	SERVICES=()
	cd /
	versions 1 2
	for version in 1 2; do
		mksquashfs "/srv/v$version" "/srv/v$version.img" -quiet -no-progress >/dev/null
	done
	mkdir -p /run/systemd/{system,generator}
}

# v1: the first version is mounted at TARGET, in its own peer group; its loop device is $old.
v1() {
	needs_loop_devices
	mount -t squashfs -o loop,ro /srv/v1.img "$1"
	mount --make-private "$1"
	mount --make-shared "$1"
	old=$(findmnt --noheadings --output SOURCE --mountpoint "$1")
}

# calls COMMAND...: run it without its sleeps; $trace is what it did with the old device, a word each, $status its exit status.
calls() {
	status=0
	ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 strace -f -qq -o /srv/calls -e trace=openat,umount2,clock_nanosleep,close,unshare \
		-e signal=none -e inject=clock_nanosleep:retval=0 "$@" || status=$?
	# What a child unmounts in a copy of the namespace is a question only.
	trace=$(awk -v device="\"$old\"" '
		{ pid = $1; sub(/^[0-9]+ +/, "") }
		/^unshare/ { copied[pid] = 1 }
		index($0, "openat(AT_FDCWD, " device) && /O_NONBLOCK/ { fd = $NF; print "keep" }
		/^umount2/ && !copied[pid] { print "unmount"; gone = 1 }
		/^clock_nanosleep/ && fd && !slept { print "wait"; slept = 1 }
		gone && fd && index($0, "close(" fd ")") == 1 { print "release"; fd = "" }' /srv/calls | tr '\n' ' ')
}

@test "a reveal keeps the old loop device until systemd has read the table, and then frees it" {
	v1 /opt
	touch /run/systemd/generator/opt.mount
	mount --tuck -o ro /srv/v2.img /opt
	calls umount --reveal /opt
	[ "$trace" = "keep unmount wait release " ]
	[ "$(</opt/version)" = 2 ]
	run ! grep -q . <(losetup --noheadings --associated /srv/v1.img)
}

@test "the old loop device is kept for longer while process 1 is busy, but not for ever" {
	v1 /opt
	touch /run/systemd/generator/opt.mount
	for state in S R; do
		# The state is what stands behind the name, whatever that is.
		echo "1 (a name) $state 0 1 1 0" >/srv/stat
		mount --bind /srv/stat /proc/1/stat
		mount --tuck -o ro /srv/v2.img /opt
		calls umount --reveal /opt
		umount /proc/1/stat
		[ "$trace" = "keep unmount wait release " ]
		waits[${#waits[@]}]=$(grep -c clock_nanosleep /srv/calls)
		old=$(findmnt --noheadings --output SOURCE --mountpoint /opt)
	done
	echo "waits: ${waits[*]}"
	((waits[0] < 20 && waits[1] > 200))
}

@test "mount --tuck --reveal does so, too, at a path that systemd escapes, and with a unit of the administrator's" {
	mkdir -p '/mnt/.a b/c-d' /etc/systemd/system
	v1 '/mnt/.a b/c-d'
	touch '/etc/systemd/system/mnt-.a\x20b-c\x2dd.mount'
	calls mount --tuck --reveal -o ro /srv/v2.img '/mnt/.a b/c-d'
	[ "$trace" = "keep unmount wait release " ]
	run ! grep -q . <(losetup --noheadings --associated /srv/v1.img)
}

@test "without a unit file, without systemd and in a service nothing is kept and nothing waited for" {
	v1 /opt
	mount --tuck -o ro /srv/v2.img /opt
	calls umount --reveal /opt
	[ "$trace" = "unmount " ]
	umount /opt
	v1 /opt
	touch /run/systemd/generator/opt.mount
	service --propagation private
	mount --namespace "$SERVICE" --tuck -o ro /srv/v2.img /opt
	calls umount --namespace "$SERVICE" --reveal /opt
	[ "$trace" = "unmount " ]
	rmdir /run/systemd/system
	calls mount --tuck --reveal -o ro /srv/v2.img /opt
	[ "$trace" = "unmount " ]
}

@test "what is mounted of no device, and a refused reveal, is not waited for" {
	v1 /opt
	touch /run/systemd/generator/opt.mount
	calls umount --reveal /opt
	[ "$status" -eq 32 ]
	[[ $trace != *wait* ]]
	umount /opt
	mount --bind /srv/v1 /opt
	mount --make-private /opt
	mount --make-shared /opt
	calls mount --tuck --reveal /srv/v2 /opt
	[ "$trace" = "unmount " ]
}

#!/usr/bin/env bats
# umount --reveal --wait: returns when the old filesystem is gone, or names who holds it.

bats_require_minimum_version 1.5.0
load lib

setup() {
	SERVICES=()
	cd /
	versions 2
	command mount -t tmpfs old /opt
	mkdir /opt/sub
	echo 1 >/opt/version
	cp /usr/bin/sleep /opt/sleep
	mount --tuck /srv/v2 /opt
}

# hold COMMAND...: start a process that holds the old version; sets HOLDER.
hold() {
	"$@" 3>&- &
	HOLDER=$!
	SERVICES+=("$HOLDER")
	# Until the program runs, the shell that becomes it may not hold the same.
	until [[ $(readlink "/proc/$HOLDER/exe") == */sleep ]]; do sleep 0.01; done
}

# holds PID KIND PATH: check that the last run's output has that row.
holds() {
	grep -Eq "^ *$1 +sleep +$2 +$3\$" <<<"$output" || { echo "no $1 $2 $3 in: $output"; return 1; }
}

@test "umount --reveal --wait returns at once, with nothing printed, if nobody holds the old filesystem" {
	run umount --reveal --wait /opt
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ "$(</opt/version)" = 2 ]
}

@test "at the time-out --wait names who holds it, and how; the reveal stays done" {
	hold sleep 1000 7</opt/version
	file=$HOLDER
	hold sleep 1000 7</opt/sub
	directory=$HOLDER
	hold env --chdir=/opt/sub sleep 1000
	working=$HOLDER
	hold /opt/sleep 1000
	program=$HOLDER
	hold sleep 1000
	other=$HOLDER
	run --separate-stderr umount --reveal --wait=0 /opt
	[ "$status" -eq 64 ]
	[ "$stderr" = "umount: /opt: revealed, but the old filesystem is still in use" ]
	holds "$file" file /version
	holds "$directory" directory /sub
	holds "$working" directory /sub
	holds "$program" program /sleep
	[[ $output != *" $other "* && $output != *" map "* ]]
	[ "$(wc -l <<<"$output")" -eq 5 ]
	[ "$(</opt/version)" = 2 ]
}

@test "--wait returns when the last holder lets go" {
	hold sleep 1000 7</opt/version
	umount --reveal --wait /opt 3>&- &
	waiting=$!
	until [[ $(</opt/version) == 2 ]]; do sleep 0.01; done
	sleep 0.2
	kill -0 "$waiting"
	kill "$HOLDER"
	wait "$waiting"
}

@test "a signal ends the wait, and the reveal stays done" {
	hold sleep 1000 7</opt/version
	umount --reveal --wait /opt 3>&- &
	waiting=$!
	until [[ $(</opt/version) == 2 ]]; do sleep 0.01; done
	kill "$waiting"
	status=0
	wait "$waiting" || status=$?
	[ "$status" -eq 143 ]
	[ "$(stack /opt)" = /srv/v2 ]
}

@test "mount --tuck --reveal --wait waits, too" {
	versions 3
	hold sleep 1000 7</opt/version
	run mount --tuck --reveal --wait=0 /srv/v3 /opt
	[ "$status" -eq 64 ]
	holds "$HOLDER" file /version
	[ "$(</opt/version)" = 3 ]
	kill "$HOLDER"
	versions 4
	run mount --tuck --reveal --wait=60 /srv/v4 /opt
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "--wait names a namespace in which the old filesystem is still mounted" {
	service --propagation private
	run umount --reveal --wait=0 /opt
	[ "$status" -eq 64 ]
	holds "$SERVICE" mount /opt
	kill "$SERVICE"
}

@test "of a bind mount, --wait waits for the mounts alone: their filesystem stays" {
	versions 3 4
	mount --tuck --reveal /srv/v3 /opt
	mount --tuck /srv/v4 /opt
	hold sleep 1000 7</srv/v3/version 8</srv/v4/version
	umount --reveal --wait /opt
	versions 5
	mount --tuck /srv/v5 /opt
	hold sleep 1000 7</opt/version
	run umount --reveal --wait=0 /opt
	[ "$status" -eq 64 ]
	holds "$HOLDER" file "(/srv/v4)?/version"
	[ "$(grep -c sleep <<<"$output")" -eq 1 ]
}

@test "of a bind mount that nobody holds, --wait=0 returns at once, with nothing printed" {
	versions 3 4
	mount --tuck --reveal /srv/v3 /opt
	mount --tuck /srv/v4 /opt
	run umount --reveal --wait=0 /opt
	echo "$output"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "--wait does not wait for itself: its working directory may be in the old version" {
	run env --chdir=/opt/sub "$MOUNT_TUCK_BUILD/umount" --reveal --wait=60 /opt
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "with a loop device, --wait returns when the device is free" {
	needs_loop_devices
	versions 3
	mksquashfs /srv/v3 /srv/v3.squashfs -quiet -no-progress
	mount --tuck --reveal /srv/v3.squashfs /opt
	device=$(findmnt -no SOURCE /opt | tail -n 1)
	hold sleep 1000 7</opt/version
	run umount --reveal --wait=0 /opt
	echo "$output"
	[ "$status" -eq 64 ]
	holds "$HOLDER" file /version
	losetup "$device"
	kill "$HOLDER"
	mount --tuck --reveal /srv/v3.squashfs /opt
	device=$(findmnt -no SOURCE /opt | tail -n 1)
	used=$(losetup "$device")
	mount --tuck --reveal --wait=60 /srv/v2 /opt
	# Somebody else can have taken the device by now.
	[[ $(losetup "$device" 2>/dev/null) != "$used" ]]
}

@test "--wait alone, or with a wrong number, is refused" {
	unchanged umount --wait /opt
	[ "$status" -eq 1 ]
	says "--wait goes with --reveal"
	unchanged mount --tuck --wait /srv/v2 /opt
	[ "$status" -eq 1 ]
	says "--wait goes with --reveal"
	for wrong in "" x 1x -1 99999999999; do
		unchanged umount --reveal "--wait=$wrong" /opt
		[ "$status" -eq 1 ]
		says "--wait takes a number of seconds, not \"$wrong\""
	done
}

@test "a mount that a root was moved over in another namespace holds the old filesystem, also on kernels like 6.12" {
	local kernel kernels=("" 6.12) ready=/tmp/hidden.ready
	# Nothing can be preloaded before AddressSanitizer.
	[[ -z ${MOUNT_TUCK_SANITIZED:-} ]] || kernels=("")
	for kernel in "${kernels[@]}"; do
		rm -f "$ready"
		# shellcheck disable=SC2016 # expanded there
		unshare --mount --propagation private sh -c '
			mkdir -p /srv/new && mount --rbind / /srv/new && cd /srv/new && mount --move . / && exec chroot . sh -c "
				umount /opt && umount /opt && echo >$0 && exec sleep 1000"' "$ready" 3>&- &
		SERVICES+=($!)
		for ((i = 0; i < 500; i++)); do [[ ! -e $ready ]] || break; sleep 0.02; done
		[ -e "$ready" ]
		[[ -z $kernel ]] || export MOUNT_TUCK_TEST_KERNEL=$kernel LD_PRELOAD=$MOUNT_TUCK_BUILD/older-kernel.so
		run --separate-stderr umount --reveal --wait=0 /opt
		unset LD_PRELOAD MOUNT_TUCK_TEST_KERNEL
		[ "$status" -eq 64 ]
		[[ $output =~ [0-9]+\ +sleep\ +mount\ +/opt ]]
		kill "${SERVICES[-1]}"
		wait "${SERVICES[-1]}" || true
		umount /opt
		command mount -t tmpfs old /opt
		mount --tuck /srv/v2 /opt
	done
}

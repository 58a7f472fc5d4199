#!/usr/bin/env bats
# findmnt --tucked --wait: it returns when nobody has the old version on top any more, and not before.

load lib.bash
load watching.bash

@test "findmnt --tucked --wait ends when nothing is left, or with what is" {
	mount -t ramfs one /opt
	mount -t ramfs two /opt
	run findmnt --tucked --wait=0 -n -r
	[[ $status -eq 1 && $output == "/opt two one" ]]
	(sleep 0.5; umount /opt) 3>&- &
	run findmnt --tucked --wait=20 -t ramfs
	[[ $status -eq 0 && -z $output ]]
	run findmnt --tucked --wait -S nothing
	[[ $status -eq 0 ]]
}

KERNEL=()
# waits ARGUMENTS...: start findmnt --tucked --wait in the background, and wait until it waits.
waits() {
	"${KERNEL[@]}" findmnt --tucked --wait=60 "$@" >"$BATS_TEST_TMPDIR.out" 2>"$BATS_TEST_TMPDIR.err" 3>&- &
	WAITER=$!
	SERVICES+=("$WAITER")
	until_it_waits "$WAITER"
}

# is_still_waiting: also a moment later.
is_still_waiting() {
	sleep 0.3
	kill -0 "$WAITER"
}

# has_ended: it ends with "nothing left". In a pid namespace of its own, the status is that of an incomplete list.
has_ended() {
	local status=0
	wait "$WAITER" || status=$?
	[[ $status -eq 0 || ($status -eq 64 && $(tail -n 1 "$BATS_TEST_TMPDIR.err") == "$unfound") ]]
	[[ ! -s $BATS_TEST_TMPDIR.out ]]
}

# last_moves_on: wait for two services; one moves on, the other ends.
last_moves_on() {
	service --propagation private
	local one=$SERVICE
	service --propagation private
	local two=$SERVICE
	umount /opt
	KERNEL=("$@")
	waits --namespaces -S over
	is_still_waiting
	in_service "$one" umount /opt
	is_still_waiting
	kill "$two"
	has_ended
}

@test "findmnt --tucked --namespaces --wait ends when the last namespace has moved on, or is gone" {
	mount --make-rprivate /
	mount -t ramfs old /opt
	mount -t ramfs over /opt
	last_moves_on
}

@test "findmnt --tucked --namespaces --wait does so also where the kernel reports no events" {
	mount --make-rprivate /
	mount -t ramfs old /opt
	mount -t ramfs over /opt
	last_moves_on env MOUNT_TUCK_TEST_KERNEL=6.1 "LD_PRELOAD=$MOUNT_TUCK_BUILD/older-kernel.so" \
		"ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0"
}

@test "findmnt --tucked --namespaces --wait ends also if a namespace has fewer mounts than at first" {
	local directory
	mount --make-rprivate /
	mkdir /mnt/{one,two,three}
	for directory in /mnt/*; do mount -t ramfs other "$directory"; done
	mount -t ramfs old /opt
	mount -t ramfs over /opt
	service --propagation private
	umount /opt
	waits --namespaces -S over
	for directory in /mnt/*; do in_service "$SERVICE" umount "$directory"; done
	is_still_waiting
	in_service "$SERVICE" umount /opt
	has_ended
}

@test "findmnt --tucked --namespaces --wait goes on if a namespace has another root mount than at first" {
	mount --make-rprivate /
	mount -t ramfs old /opt
	mount -t ramfs over /opt
	service --propagation private
	umount /opt
	waits --namespaces -S over
	# As a container's runtime does it, before findmnt reads what the kernel has reported.
	kill -STOP "$WAITER"
	in_service "$SERVICE" sh -c 'mount --rbind / /mnt && cd /mnt && pivot_root . . && umount -l .'
	kill -CONT "$WAITER"
	is_still_waiting
	nsenter --target "$SERVICE" --mount --wd=/ umount /opt
	has_ended
}

@test "findmnt --tucked --namespaces --wait ends also if the last namespace is one that the kernel reports no events of" {
	mount --make-rprivate /
	unwatched
	mount -t ramfs old /opt
	mount -t ramfs over /opt
	KERNEL=(nsenter --user --mount --target "$SERVICE")
	waits --namespaces -S over
	is_still_waiting
	umount /opt
	run timeout 20 tail --pid="$WAITER" -f /dev/null
	[[ $status -eq 0 ]]
	wait "$WAITER" || status=$?
	[[ $status -eq 64 && ! -s $BATS_TEST_TMPDIR.out ]]
	[[ $(cat "$BATS_TEST_TMPDIR.err") == *"can't see the mount namespaces of"* ]]
}

@test "findmnt --tucked --namespaces --wait sees a namespace that came while it waits" {
	mount --make-rprivate /
	mount -t ramfs old /opt
	mount -t ramfs over /opt
	waits --namespaces -S over
	service --propagation private
	sleep 2
	umount /opt
	is_still_waiting
	in_service "$SERVICE" umount /opt
	has_ended
}

@test "findmnt --tucked --wait -T waits for all that lies beneath the path, also after a reveal" {
	mount --make-rprivate /
	local version
	for version in one two three; do mount -t ramfs "$version" /opt; done
	touch /opt/file
	waits -T /opt/file
	umount /opt
	is_still_waiting
	umount /opt
	has_ended
}

@test "findmnt --tucked --namespaces --wait -T of a file waits for those that have the old version on top" {
	mount --make-rprivate /
	mount -t ramfs old /opt
	mount -t ramfs over /opt
	mkdir /opt/bin
	touch /opt/bin/app
	service --propagation private
	waits --namespaces -T /opt/bin/app
	# From here on the file does not exist.
	umount /opt
	is_still_waiting
	in_service "$SERVICE" umount /opt
	has_ended
}

@test "findmnt --tucked --wait without a condition says that it waits, and for how many" {
	mount --make-rprivate /
	mount -t ramfs one /opt
	mount -t ramfs two /opt
	waits
	grep -q "waiting for 1 mount that has another one beneath it; -S waits for one source alone" "$BATS_TEST_TMPDIR.err"
	umount /opt
	has_ended
}

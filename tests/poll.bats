#!/usr/bin/env bats
# findmnt --poll: what it prints of changes, in one namespace and in all of them.

load lib.bash
load watching.bash

# start_poll ARGUMENTS...: start findmnt --poll, and wait until it prints what happens.
start_poll() {
	mkdir -p /srv/begin
	findmnt --poll -n -r "$@" >"$BATS_TEST_TMPDIR/printed" 2>"$BATS_TEST_TMPDIR/complaints" 3>&- &
	POLL=$!
	SERVICES+=("$POLL")
	# It listens before it waits.
	until_it_waits "$POLL"
}

# printed TEXT [-x]: wait until it has printed a line with TEXT; -x: a line that is TEXT.
printed() {
	local try
	for ((try = 0; try < 1500; try++)); do
		! grep -qF "${@:2}" -e "$1" "$BATS_TEST_TMPDIR/printed" || return 0
		sleep 0.02
	done
	echo "not printed: $1"
	cat "$BATS_TEST_TMPDIR/printed" "$BATS_TEST_TMPDIR/complaints"
	return 1
}

needs_events() {
	needs_kernel_feature mount-events
	needs_listmount
}

@test "findmnt --poll prints each of many random changes, and in the end what is there" {
	"$MOUNT_TUCK_SRC/tests/stress/changes" --builddir "$MOUNT_TUCK_BUILD"
}

@test "findmnt --poll tells that a mount came and went, also if it was gone before it could be read" {
	needs_events
	mount --make-private /
	start_poll -o ACTION,TARGET
	kill -STOP "$POLL"
	mount -t tmpfs brief /opt
	umount /opt
	mount -t tmpfs lasting /mnt
	kill -CONT "$POLL"
	printed "mount /mnt"
	cat "$BATS_TEST_TMPDIR/printed"
	[[ $(awk '{ print $1 }' "$BATS_TEST_TMPDIR/printed" | tr '\n' ' ') == "mount umount mount " ]]
}

@test "findmnt --poll tells a tuck from a mount, and a reveal from an unmount, also of the same source" {
	needs_kernel_feature beneath
	mount --make-private /
	for way in "" --kernel=mountinfo; do
		start_poll $way -o ACTION,TARGET,SOURCE
		mount -t tmpfs same /opt
		printed "mount /opt same"
		mount --tuck -t tmpfs same /opt
		printed "tuck /opt same"
		umount --reveal /opt
		printed "reveal /opt same"
		umount /opt
		printed "umount /opt same"
		[[ $(wc -l <"$BATS_TEST_TMPDIR/printed") -eq 4 ]]
		kill "$POLL"
	done
}

@test "findmnt --poll=tuck,reveal prints these alone, and --poll=mount,umount also prints these" {
	needs_kernel_feature beneath
	mount --make-private /
	for actions in tuck,reveal mount,umount; do
		start_poll --poll=$actions -o ACTION,SOURCE
		mount -t tmpfs one /opt
		mount -o remount,ro /opt
		mount --tuck -t tmpfs two /opt
		umount --reveal /opt
		umount /opt
		mount -t tmpfs end /opt
		mount --tuck -t tmpfs end /opt
		printed "tuck end"
		umount -R /opt
		kill "$POLL"
		if [[ $actions == tuck,reveal ]]; then
			diff <(printf '%s\n' "tuck two" "reveal one") <(head -n 2 "$BATS_TEST_TMPDIR/printed")
		else
			diff <(printf '%s\n' "mount one" "tuck two" "reveal one" "umount two") <(head -n 4 "$BATS_TEST_TMPDIR/printed")
		fi
	done
}

@test "findmnt --poll prints a change of propagation" {
	mount -t tmpfs one /opt
	mount --make-private /opt
	start_poll -o ACTION,TARGET,PROPAGATION
	mount --make-shared /opt
	printed "propagation /opt shared"
	mount --make-unbindable /opt
	printed "propagation /opt private,unbindable"
}

@test "findmnt --poll takes an operand for a source and for a mount point, and -R for all below" {
	mount --make-private /
	mkdir /tmp/elsewhere
	for arguments in "-T /opt" /opt "-R /opt" one "-R one" "-M /opt"; do
		# shellcheck disable=SC2086 # options are words
		start_poll $arguments -o ACTION,TARGET
		# A mount that is gone before it is read would match nothing.
		mount -t tmpfs two /tmp/elsewhere
		mount -t tmpfs one /opt
		printed "mount /opt"
		mkdir /opt/sub
		mount -t tmpfs two /opt/sub
		[[ $arguments != -R* ]] || printed "mount /opt/sub"
		umount /tmp/elsewhere
		umount /opt/sub
		umount /opt
		printed "umount /opt" -x
		kill "$POLL"
		if [[ $arguments == -R* ]]; then
			diff <(printf '%s\n' "mount /opt" "mount /opt/sub" "umount /opt/sub" "umount /opt") "$BATS_TEST_TMPDIR/printed"
		else
			diff <(printf '%s\n' "mount /opt" "umount /opt") "$BATS_TEST_TMPDIR/printed"
		fi
	done
}

@test "findmnt --poll --namespaces prints the changes of every namespace, and tells new ones" {
	needs_events
	mount --make-rprivate /
	service --propagation private
	local old=$SERVICE
	start_poll --namespaces -t ramfs,tmpfs,rootfs,overlay -o ACTION,TARGET,SOURCE,PID
	in_service "$old" mount -t ramfs in-service /opt
	printed "mount /opt in-service $old"
	mount -t ramfs in-host /mnt
	printed "mount /mnt in-host "
	service --propagation private
	printed "namespace / "
	in_service "$SERVICE" mount -t ramfs in-new /home
	printed "mount /home in-new $SERVICE"
	in_service "$old" umount /opt
	printed "umount /opt in-service $old"
	[[ $(grep -c "in-host" "$BATS_TEST_TMPDIR/printed") -eq 1 ]]
	kill "$SERVICE"
	printed "umount /home in-new $SERVICE"
}

@test "findmnt --poll --namespaces finds changes by reading where the kernel reports no events" {
	mount --make-rprivate /
	service --propagation private
	MOUNT_TUCK_TEST_KERNEL=6.1 LD_PRELOAD=$MOUNT_TUCK_BUILD/older-kernel.so \
		ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0 start_poll --namespaces -t ramfs -o ACTION,TARGET,SOURCE,PID
	in_service "$SERVICE" mount -t ramfs in-service /opt
	printed "mount /opt in-service $SERVICE"
	in_service "$SERVICE" umount /opt
	printed "umount /opt in-service $SERVICE"
}

@test "findmnt --poll reads the table anew where the kernel has lost events" {
	needs_events
	# Without privileges in the first user namespace, the queue has a limit.
	cat >/tmp/inside <<-'END'
		set -e
		mount --make-rprivate /
		mkdir -p /tmp/w
		mount -t tmpfs w /tmp/w
		mkdir /tmp/w/source
		findmnt --poll -n -r -o ACTION,TARGET,ID >/tmp/printed &
		poll=$!
		until grep -qs . /tmp/printed; do mount -t tmpfs begin /mnt; umount /mnt; sleep 0.05; done
		sleep 0.2
		kill -STOP $poll
		"$MOUNT_TUCK_BUILD/stress-changes" 17500 1 /tmp/w >/dev/null
		kill -CONT $poll
		mount -t tmpfs end /home
		until grep -q '^mount /home' /tmp/printed; do sleep 0.1; done
		umount /home
		until grep -q '^umount /home' /tmp/printed; do sleep 0.1; done
		awk '$1 == "umount" || $1 == "reveal" { delete at[$3]; next } { at[$3] = $2 } END { for (id in at) print at[id] }' /tmp/printed | grep '/tmp/w/d' | sort >/tmp/told
		awk '$5 ~ "^/tmp/w/d" { print $5 }' /proc/self/mountinfo | sort | diff - /tmp/told
		kill $poll
		wc -l </tmp/printed
	END
	run timeout 120 unshare --user --map-root-user --mount bash /tmp/inside
	echo "$output"
	[[ $status -eq 0 && $output -lt 17500 ]]
}

@test "findmnt --poll refuses what it can't print, and changes without a name" {
	run findmnt --poll=mount,unmount
	[[ $status -eq 1 && $output == *'not "unmount"'* ]]
}

@test "findmnt --poll --namespaces prints changes in a namespace that the kernel reports no events of, and no others" {
	mount --make-rprivate /
	unwatched
	nsenter --user --mount --target "$SERVICE" findmnt --poll --namespaces -n -r -o ACTION,TARGET,SOURCE,OLD-TARGET \
		>"$BATS_TEST_TMPDIR/printed" 2>"$BATS_TEST_TMPDIR/complaints" 3>&- &
	POLL=$!
	SERVICES+=("$POLL")
	until_it_waits "$POLL"
	mkdir /opt/moved
	mount -t tmpfs one /mnt
	printed "mount /mnt one"
	mount --move /mnt /opt/moved
	printed "move /opt/moved one /mnt"
	umount /opt/moved
	printed "umount /opt/moved one"
	# In its own namespace events tell.
	nsenter --user --mount --target "$SERVICE" mount -t tmpfs two /mnt
	printed "mount /mnt two"
	sleep 2
	cat "$BATS_TEST_TMPDIR/printed"
	[[ $(wc -l <"$BATS_TEST_TMPDIR/printed") -eq 4 ]]
}

#!/usr/bin/env bats
# findmnt --tucked --namespaces --everywhere: who shows the old version, also where no update reaches it.

bats_require_minimum_version 1.5.0
# Only in the machine's pid namespace the kernel lists all mount namespaces.
MACHINE_PIDS=yes
load lib

setup() {
	SERVICES=()
	cd /
	versions 2
	mkdir /data
	mount -t tmpfs old-version /opt
	mount --make-private /opt
	mount --make-shared /opt
}

teardown() {
	local pid
	for pid in "${SERVICES[@]}"; do kill "$pid" 2>/dev/null || true; done
}

@test "findmnt --everywhere lists, and waits for, the places that no update reaches" {
	service --propagation private
	in_service "$SERVICE" mount --bind /opt /data
	run -64 mount --tuck --reveal /srv/v2 /opt
	run -0 findmnt --tucked --namespaces --everywhere -rno PID,TARGET,TUCKED -S old-version
	[[ $output == "$SERVICE /opt "$'\n'"$SERVICE /data " ]]
	run -1 findmnt --tucked --namespaces -S old-version
	run -1 findmnt --tucked --namespaces --everywhere --wait=0 -rno TARGET -S old-version
	[[ $output == $'/opt\n/data' ]]
	findmnt --tucked --namespaces --everywhere --wait=20 -S old-version >/tmp/left 3>&- &
	waiting=$!
	in_service "$SERVICE" umount /data
	in_service "$SERVICE" umount /opt
	wait "$waiting"
	[[ ! -s /tmp/left ]]
}

@test "findmnt --everywhere has to be told what to look for" {
	for options in --tucked '--tucked --namespaces' '--namespaces -t tmpfs' '--tucked -t tmpfs'; do
		# shellcheck disable=SC2086 # several words
		run -1 findmnt $options --everywhere
		says "findmnt: --everywhere goes with --tucked --namespaces and -S, -t or another option that says what to look for"
	done
}

#!/usr/bin/env bats
# Which services still have the old version: findmnt --tucked --namespaces, and --wait, during an update.

# The list has all namespaces only if the kernel lets the caller list them.
MACHINE_PIDS=yes
load lib
bats_require_minimum_version 1.5.0

# An update whose services are not all alike: v1 at /opt, v2 beneath it.
setup() {
	SERVICES=()
	cd /
	needs_first_pid_namespace
	# The machine has other namespaces, too.
	v1=v1-$$ v2=v2-$$ own=own-$$
	command mount -t tmpfs "$v1" /opt
	mkdir /opt/child
	service --propagation slave
	READY=$SERVICE
	service --propagation slave
	ODD=$SERVICE
}

# old_versions [OPTION...]: print each mount point with v1 on top of another mount, with the process that findmnt names.
old_versions() {
	findmnt --tucked --namespaces -S "$v1" --raw --noheadings -o TARGET,SOURCE,TUCKED,PID,COMMAND "$@"
}

@test "while v2 is tucked, every namespace is listed with the process that stands for it" {
	mount --tuck -t tmpfs "$v2" /opt
	run -0 old_versions
	[[ ${#lines[@]} -eq 3 && ${lines[0]} == "/opt $v1 $v2 "*" bash" ]]
	[[ $output == *"/opt $v1 $v2 $READY sleep"* && $output == *"/opt $v1 $v2 $ODD sleep"* ]]
	umount --reveal /opt
	run -1 old_versions
	[[ -z $output ]]
}

@test "a service that keeps a child mount on its copy is listed, until it lets go of that" {
	in_service "$ODD" mount -t tmpfs kept /opt/child
	mount --tuck -t tmpfs "$v2" /opt
	unchanged umount --reveal /opt
	refused reveal-incomplete
	says "process $ODD"
	says "kept by /opt/child"
	run umount --reveal=force /opt
	[[ $status -eq 64 ]]
	says "$ODD"
	[[ $(stack /opt) == "$v2" && $(stack /opt "$READY") == "$v2" && $(stack /opt "$ODD") == "$v2"$'\n'"$v1" ]]
	run -0 old_versions
	[[ $output == "/opt $v1 $v2 $ODD sleep" ]]
	# The wait ends at its time limit.
	run -1 old_versions --wait=1
	[[ $output == "/opt $v1 $v2 $ODD sleep" ]]
	# The wait ends because the list is empty.
	(sleep 0.5; umount --namespace "$ODD" /opt/child; umount --namespace "$ODD" --reveal /opt) 3>&- &
	run -0 old_versions --wait=20
	[[ -z $output && $(stack /opt "$ODD") == "$v2" ]]
}

@test "a service with a mount of its own on top is not left behind: what it has stays on top, of v2" {
	in_service "$ODD" mount -t tmpfs "$own" /opt
	mount --tuck -t tmpfs "$v2" /opt
	[[ $(stack /opt "$ODD") == "$v2"$'\n'"$v1"$'\n'"$own" ]]
	# There v1 is not on top, so nothing has to be waited for there.
	run -0 old_versions
	[[ ${#lines[@]} -eq 2 && $output != *" $ODD "* ]]
	run -0 umount --reveal /opt
	[[ $(stack /opt) == "$v2" && $(stack /opt "$READY") == "$v2" && $(stack /opt "$ODD") == "$v2"$'\n'"$own" ]]
	run -0 --separate-stderr old_versions --wait=5
	[[ -z $output ]]
	# But another mount lies beneath there.
	run -0 findmnt --tucked --namespaces -S "$own" --raw --noheadings -o TARGET,SOURCE,TUCKED,PID
	[[ $output == "/opt $own $v2 $ODD" ]]
}

# as_user COMMAND...: as an unprivileged user, root in a user namespace of its own, with its own mounts.
as_user() {
	setpriv --reuid 1234 --regid 1234 --clear-groups --bounding-set -all --inh-caps -all -- \
		unshare --user --map-root-user --mount "$@"
}

@test "what can't be read is told of on standard error, and the status is 64, with --wait, too" {
	as_user true 2>/dev/null || skip "a user may not make user namespaces here"
	local option
	mount --tuck -t tmpfs "$v2" /opt
	for option in --raw --wait=1; do
		run -64 --separate-stderr as_user "$MOUNT_TUCK_BUILD/findmnt" --tucked --namespaces -S "$v1" \
			--noheadings "$option" -o TARGET,SOURCE,TUCKED
		# Its own namespace is printed.
		[[ $output == *"/opt "*"$v1"*"$v2"* ]]
		[[ $stderr =~ "can't see the mount namespaces of "[1-9][0-9]*" processes: permission denied" ]]
	done
}

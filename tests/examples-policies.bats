#!/usr/bin/env bats
# The four policies of mount_tuck(7): examples/update-forced, update-tried, update-cooperative and update-deadline.

# Who has the old version can be told for sure only where the kernel lets the caller walk over all namespaces.
MACHINE_PIDS=yes
load lib
bats_require_minimum_version 1.5.0

setup() {
	SERVICES=()
	cd /
	needs_first_pid_namespace
	examples=$MOUNT_TUCK_SRC/examples
	# "The target", since a path may have a blank.
	target="/srv/the target"
	mkdir "$target" /srv/v{1,2,3}
	for version in 1 2 3; do
		echo "v$version" >"/srv/v$version/version"
		mkdir "/srv/v$version/child"
	done
	echo base >"$target/version"
	mount --bind /srv/v1 "$target"
	service --propagation slave
	ONE=$SERVICE
	service --propagation slave
	OTHER=$SERVICE
}

# shows PID...: the versions that show, here and there.
shows() {
	local pid
	cat "$target/version"
	for pid; do in_service "$pid" cat "$target/version"; done
}

# one_each: nothing lies beneath anywhere.
one_each() {
	local pid
	for pid in self "$ONE" "$OTHER"; do [[ $(stack "$target" "$pid" | wc -l) -le 1 ]] || { stack "$target" "$pid"; return 1; }; done
	[[ $(grep -c 'the.040target' /proc/self/mountinfo) -eq 1 ]]
	[[ $(grep -c 'the.040target' "/proc/$ONE/mountinfo") -eq 1 && $(grep -c 'the.040target' "/proc/$OTHER/mountinfo") -eq 1 ]]
}

@test "forced: everybody has the new version at once, though a program is at work in the old one" {
	needs_loop_devices
	(cd "$target" && exec sleep 1000) 3>&- &
	SERVICES+=($!)
	run -0 "$examples/update-forced" -o ro /srv/v2 "$target"
	[[ $output == "$target: /srv/v2 shows wherever the old version did" ]]
	[[ $(shows "$ONE" "$OTHER") == $'v2\nv2\nv2' ]]
	one_each
	mksquashfs /srv/v3 /srv/v3.squashfs -quiet -no-progress
	run -0 "$examples/update-forced" -t squashfs -o nodev /srv/v3.squashfs "$target"
	[[ $(shows "$ONE" "$OTHER") == $'v3\nv3\nv3' ]]
	one_each
}

@test "forced: a service that could not follow is a refusal; with -f it is left, and named, with 64" {
	in_service "$ONE" mount -t tmpfs kept "$target/child"
	unchanged "$examples/update-forced" /srv/v2 "$target"
	refused reveal-incomplete
	run "$examples/update-forced" -f /srv/v2 "$target"
	[[ $status -eq 64 ]]
	says "$ONE"
	[[ $(shows "$ONE" "$OTHER") == $'v2\nv1\nv2' ]]
}

@test "tried: everybody has the new version if the test of it passes, and nobody if not" {
	# shellcheck disable=SC2016 # the command's
	unchanged "$examples/update-tried" 'grep v3 "$MOUNT_TUCK_TARGET/version"' /srv/v2 "$target"
	refused try-failed
	# shellcheck disable=SC2016 # the command's
	run -0 "$examples/update-tried" -o ro 'grep v2 "$MOUNT_TUCK_TARGET/version"' /srv/v2 "$target"
	[[ $output == $'v2\n'"$target: /srv/v2 has passed the test, and shows wherever the old version did" ]]
	[[ $(shows "$ONE" "$OTHER") == $'v2\nv2\nv2' ]]
	one_each
}

@test "tried: -w waits until the old version is not in use, and names who uses it" {
	"$examples/update-tried" -t tmpfs true new "$target"
	run -0 "$examples/update-tried" -w 60 true /srv/v3 "$target"
	"$examples/update-tried" -t tmpfs true new "$target"
	exec 7<"$target"
	run "$examples/update-tried" -w 0 true /srv/v3 "$target"
	exec 7<&-
	[[ $status -eq 64 ]]
	says "the old filesystem is still in use"
	says "$BASHPID bash directory /"
	[[ $(shows "$ONE" "$OTHER") == $'v3\nv3\nv3' ]]
}

@test "cooperative: a service has the old version until it takes the new one" {
	needs_kernel_feature beneath # --make-private under a shared parent
	run -0 "$examples/update-cooperative" offer /srv/v2 "$target"
	[[ $(shows "$ONE" "$OTHER") == $'v2\nv1\nv1' ]]
	run -0 "$examples/update-cooperative" list
	[[ $output == *" $ONE sleep"* && $output == *" $OTHER sleep"* ]]
	run -0 in_service "$ONE" "$examples/update-cooperative" take "$target"
	[[ $(shows "$ONE" "$OTHER") == $'v2\nv2\nv1' ]]
	run -0 "$examples/update-cooperative" list
	[[ $output != *" $ONE sleep"* && $output == *" $OTHER sleep"* ]]
	run -0 in_service "$ONE" "$examples/update-cooperative" take "$target"
	[[ $output == *"nothing new" ]]
	# The other one is late: it goes through both to the newest.
	run -0 "$examples/update-cooperative" offer /srv/v3 "$target"
	run -0 in_service "$OTHER" "$examples/update-cooperative" take "$target"
	[[ $(shows "$ONE" "$OTHER") == $'v3\nv2\nv3' ]]
	run -0 in_service "$ONE" "$examples/update-cooperative" take "$target"
	[[ $(shows "$ONE" "$OTHER") == $'v3\nv3\nv3' ]]
}

@test "cooperative: over a mount that is no version nothing is offered, since a service would come to that in the end" {
	needs_kernel_feature beneath # --make-private under a shared parent
	mount --bind /srv/v2 "$target"
	unchanged "$examples/update-cooperative" offer /srv/v3 "$target"
	[[ $status -eq 32 ]]
	says "$target: something lies beneath the version that shows"
}

@test "deadline: who has not taken it by then gets it from outside" {
	needs_kernel_feature beneath # --make-private under a shared parent
	in_service "$OTHER" mount -t tmpfs kept "$target/child" # force takes that, too
	(sleep 1; in_service "$ONE" "$examples/update-cooperative" take "$target") 3>&- &
	run -0 "$examples/update-deadline" -w 3 /srv/v2 "$target"
	[[ $output == "update-deadline: $target: process $OTHER has not taken it; it is done from here"* ]]
	[[ $output != *"process $ONE "* ]]
	[[ $(shows "$ONE" "$OTHER") == $'v2\nv2\nv2' ]]
	one_each
}

@test "deadline: it ends as soon as everybody has taken it" {
	needs_kernel_feature beneath # --make-private under a shared parent
	(sleep 1; for pid in "$ONE" "$OTHER"; do umount --namespace "$pid" --reveal "$target"; done) 3>&- &
	SECONDS=0
	run -0 "$examples/update-deadline" -w 60 /srv/v2 "$target"
	[[ -z $output ]]
	((SECONDS < 30))
	[[ $(shows "$ONE" "$OTHER") == $'v2\nv2\nv2' ]]
	one_each
}

@test "deadline: seconds with a zero before them are decimal, too" {
	needs_kernel_feature beneath # --make-private under a shared parent
	(sleep 1; for pid in "$ONE" "$OTHER"; do umount --namespace "$pid" --reveal "$target"; done) 3>&- &
	run -0 "$examples/update-deadline" -w 089 /srv/v2 "$target"
	[[ -z $output ]]
	[[ $(shows "$ONE" "$OTHER") == $'v2\nv2\nv2' ]]
	one_each
}

# offered VERSION [PID...]: offer it, and take it in these services.
offered() {
	local pid
	"$examples/update-cooperative" offer "/srv/v$1" "$target"
	for pid in "${@:2}"; do in_service "$pid" "$examples/update-cooperative" take "$target"; done
}

@test "deadline: services that have missed versions before are brought to the newest, too" {
	needs_kernel_feature beneath # --make-private under a shared parent
	offered 2 "$OTHER"
	run -0 "$examples/update-deadline" -w 0 /srv/v3 "$target"
	says "update-deadline: $target: process $ONE has not taken it; it is done from here"
	[[ $(shows "$ONE" "$OTHER") == $'v3\nv3\nv3' ]]
	one_each
}

@test "forced: services that have missed versions before are brought to the newest, too, and never see the base" {
	needs_kernel_feature beneath # --make-private under a shared parent
	offered 2 "$OTHER"
	offered 3
	[[ $(shows "$ONE" "$OTHER") == $'v3\nv1\nv2' ]]
	in_service "$ONE" bash -c 'until [[ -e /srv/end ]]; do echo "$(<"$0/version")"; done' "$target" >/srv/seen 3>&- &
	SERVICES+=($!)
	mkdir /srv/v4
	echo v4 >/srv/v4/version
	run -0 "$examples/update-forced" /srv/v4 "$target"
	[[ ${lines[-1]} == "$target: /srv/v4 shows wherever the old version did" ]]
	[[ $(shows "$ONE" "$OTHER") == $'v4\nv4\nv4' ]]
	one_each
	until grep -q v4 /srv/seen; do sleep 0.1; done
	touch /srv/end
	run ! grep -v '^v[1-4]$' /srv/seen
}

@test "deadline and forced: what is no version is left alone on top of the newest, and named, with 64" {
	needs_kernel_feature beneath # --make-private under a shared parent
	in_service "$ONE" mount -t tmpfs mask "$target"
	run -64 "$examples/update-deadline" -w 0 /srv/v2 "$target"
	[[ ${lines[-2]} == "update-deadline: something else is on top of the new version here (process, path):" ]]
	[[ ${lines[-1]} == "$ONE $target" ]]
	run -64 "$examples/update-forced" /srv/v3 "$target"
	says "update-forced: something else is on top of the new version here (process, path): $ONE $target"
	[[ $output != *"shows wherever"* ]]
	[[ $(shows "$OTHER") == $'v3\nv3' && ! -e /proc/$ONE/root$target/version ]]
}

@test "cooperative: take-for-all takes it for all daemons but those that are named, by their service or program" {
	needs_kernel_feature beneath # --make-private under a shared parent
	offered 2
	offered 3
	run -0 "$examples/update-cooperative" list "$target"
	[[ $output == *" $ONE sleep"* && $output == *" $OTHER sleep"* ]]
	# Both are called so.
	run -0 "$examples/update-cooperative" take-for-all -b sleep "$target"
	[[ -z $output && $(shows "$ONE" "$OTHER") == $'v3\nv1\nv1' ]]
	echo "0::/system.slice/app@1.service" >/srv/cgroup
	mount --bind /srv/cgroup "/proc/$ONE/cgroup"
	run -0 "$examples/update-cooperative" take-for-all -b other.service -b app@1 "$target"
	[[ $output == "update-cooperative: $target: process $OTHER has not taken it; it is done from here" ]]
	[[ $(shows "$ONE" "$OTHER") == $'v3\nv1\nv3' ]]
	run -0 "$examples/update-cooperative" take-for-all "$target"
	[[ $(shows "$ONE" "$OTHER") == $'v3\nv3\nv3' ]]
	one_each
	run -1 "$examples/update-cooperative" take-for-all
	run -1 "$examples/update-rest" /srv/nothing
}

@test "rest: a findmnt that fails is told of, with 64" {
	mkdir /srv/bin
	printf '#!/bin/sh\ncase $1 in --tucked) kill -SEGV $$ ;; esac\nexec "%s" "$@"\n' "$MOUNT_TUCK_BUILD/findmnt" >/srv/bin/findmnt
	chmod +x /srv/bin/findmnt
	run env PATH="/srv/bin:$PATH" "$examples/update-rest" "$target"
	echo "$output"
	[[ $status -eq 64 && $output == *"update-rest: findmnt failed, status 139"* ]]
}

@test "rest: it lists who does not show the newest, with 64" {
	needs_kernel_feature beneath # --make-private under a shared parent
	offered 2 "$OTHER"
	run -64 "$examples/update-rest" -l "$target"
	[[ $output == "$ONE $target" ]]
	in_service "$ONE" "$examples/update-cooperative" take "$target"
	run -0 "$examples/update-rest" -l "$target"
	[[ -z $output ]]
}

# keep_without_process: ONE's namespace, which no process is in any more, by descriptor 8: nobody to name, and no way there.
keep_without_process() {
	exec 8<"/proc/$ONE/ns/mnt"
	kill "$ONE"
	wait "$ONE" 2>/dev/null || true
}

@test "deadline: who is left, and what can't be seen, is told of, with 64" {
	needs_kernel_feature beneath # --make-private under a shared parent
	keep_without_process
	run "$examples/update-deadline" -w 0 /srv/v2 "$target"
	[[ $status -eq 64 && $output == *"the old version is still on top here"* ]]
	[[ $(shows "$OTHER") == $'v2\nv2' ]]
	[[ $(nsenter --mount=/proc/self/fd/8 cat "$target/version") == v1 ]]
}

@test "deadline: standard error may be a file that has been written to" {
	needs_kernel_feature beneath # --make-private under a shared parent
	keep_without_process
	run bash -c 'exec 2>/srv/log; echo "before it" >&2; "$@"' - "$examples/update-deadline" -w 0 /srv/v2 "$target"
	[[ $status -eq 64 && $(head -n 1 /srv/log) == "before it" ]] || { cat /srv/log; false; }
	[[ $(tail -n 2 /srv/log) == "update-deadline: the old version is still on top here (process, path):
- $target" ]]
}

@test "deadline: standard error may be a socket, as a service has the journal" {
	needs_kernel_feature beneath # --make-private under a shared parent
	keep_without_process
	# shellcheck disable=SC2016 # perl's
	run perl -MSocket -e '$^F = 1000; socketpair my $kept, my $end, AF_UNIX, SOCK_STREAM, 0 or die;
		open STDERR, ">&", $end or die; exec @ARGV' "$examples/update-deadline" -w 0 /srv/v2 "$target"
	[[ $status -eq 64 ]]
}

@test "each says how it is used, and what mount refuses, with mount's status" {
	local script
	for script in update-forced update-deadline "update-cooperative offer"; do
		# shellcheck disable=SC2086 # words
		{
			run -1 "$examples/"$script /srv/v2
			[[ ${lines[0]} == "usage: "* ]]
			run -1 "$examples/"$script -x /srv/v2 "$target"
			unchanged "$examples/"$script /srv/v2 /mnt
			refused target-mounted
		}
	done
	run -1 "$examples/update-cooperative"
	run -1 "$examples/update-cooperative" take
	run -1 "$examples/update-deadline" -w soon /srv/v2 "$target"
}

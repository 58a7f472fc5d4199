#!/usr/bin/env bats
# Failures that are no rule's refusals: because of the command line, /proc, /run or the output.

load lib
bats_require_minimum_version 1.5.0

setup() {
	SERVICES=()
	cd /
	mount -t tmpfs old /opt
	mkdir -p /srv/new /run/mount
	: >/run/mount/utab
}

# same_mounts STATUS COMMAND...: check that COMMAND ends so and the table of mounts is as before.
same_mounts() {
	local wanted=$1
	shift
	unchanged "$@"
	[[ $status -eq $wanted ]] || { echo "status $status, wanted $wanted: $output"; return 1; }
}

# not_to_be_locked: give utab a line of /opt, and make its lock impossible to take.
not_to_be_locked() {
	echo "SRC=old TARGET=/opt ROOT=/ OPTS=x-old" >/run/mount/utab
	rm -f /run/mount/utab.lock
	mkdir /run/mount/utab.lock
}

@test "mount --tuck takes one propagation flag, and refuses two" {
	same_mounts 1 mount --tuck --bind --make-shared --make-unbindable /srv/new /opt
	says "only one propagation flag can be given with --tuck"
}

@test "a namespace that is none is told by its name, by mount --tuck, umount --reveal and findmnt" {
	same_mounts 2 umount --reveal --namespace /srv/new /opt
	says "/srv/new"
	same_mounts 2 mount --tuck --namespace /etc/passwd --bind /srv/new /opt
	says "/etc/passwd"
}

@test "umount --reveal of what is not there, or not mounted, says that, and does not advise to tuck" {
	same_mounts 32 umount --reveal /nowhere
	refused target-mounted
	says "/nowhere: cannot reveal here [target-mounted]: it does not exist."
	same_mounts 32 umount --reveal /srv/new
	says "/srv/new: cannot reveal here [target-mounted]: nothing is mounted there."
	same_mounts 32 umount --reveal ""
	refused target-mounted
	same_mounts 32 mount --tuck /srv/new ""
	refused target-mounted
	[[ $output != *"without --tuck"* ]]
}

@test "what is tucked stays though its options can't be noted, and the status is what libmount has for that" {
	mount -t tmpfs -o ro run /run/mount
	run mount --tuck -o x-noted -t tmpfs new /opt
	umount /run/mount
	[[ $(stack /opt) == new$'\n'old ]]
	if has_libmount 2.39; then
		# If a directory can't be written, programs keep no notes there.
		[[ $status -eq 0 ]]
	else
		[[ $status -eq 16 ]]
		says "tucked, but its options could not be noted in /run/mount/utab"
	fi
}

@test "what is revealed shows though utab can't be brought up to date, and that is status 16" {
	mount --tuck -o x-noted -t tmpfs new /opt
	not_to_be_locked
	run umount --reveal /opt
	[[ $status -eq 16 && $(stack /opt) == new ]]
	says "revealed, but /run/mount/utab could not be brought up to date"
}

@test "mount --tuck --reveal does both, and ends with 16, where utab can't be brought up to date" {
	not_to_be_locked
	run mount --tuck --reveal --bind /srv/new /opt
	[[ $status -eq 16 && $(stack /opt) == /srv/new ]]
	says "tucked, but its options could not be noted in /run/mount/utab"
	says "revealed, but /run/mount/utab could not be brought up to date"
}

@test "findmnt --propagation=receivers needs a target, one that is there, and not the root directory" {
	same_mounts 1 findmnt --propagation=receivers
	says "--propagation=receivers needs a target"
	same_mounts 1 findmnt --propagation=receivers /nowhere
	says "/nowhere: No such file or directory"
	same_mounts 1 findmnt --propagation=receivers /
	says "/: nothing can be tucked at the root directory"
}

@test "output that can't be written is told, and fails" {
	local command
	for command in "mount" "mount --help" "umount --help" "mount --tuck --fake --verbose --bind /srv/new /opt"; do
		# shellcheck disable=SC2086 # a command's words
		run sh -c "$command >/dev/full"
		[[ $status -ne 0 ]] || { echo "$command: $status"; return 1; }
		says "write error"
	done
	[[ $(stack /opt) == old ]]
}

@test "an update does not wait for a user who holds utab's lock, and says that its options are not noted" {
	mkdir /srv/other
	mount --tuck --reveal -o x-first /srv/new /opt
	[[ $(</run/mount/utab) == *x-first* ]]
	# shellcheck disable=SC2016 # expanded there
	setpriv --reuid=65534 --regid=65534 --clear-groups flock /run/mount/utab.lock sh -c 'echo >/tmp/locked; exec sleep 1000' 3>&- &
	SERVICES+=($!)
	for ((i = 0; i < 500; i++)); do [[ ! -e /tmp/locked ]] || break; sleep 0.02; done
	run timeout 60 mount --tuck --reveal -o x-second /srv/other /opt
	[ "$status" -eq 16 ]
	says "/opt: tucked, but its options could not be noted in /run/mount/utab"
	says "/opt: revealed, but /run/mount/utab could not be brought up to date"
	[ "$(stack /opt)" = /srv/other ]
	[[ $(</run/mount/utab) == *x-first* ]]
}

@test "a reveal tells that utab is not up to date where a security module refuses the lock" {
	mkdir /srv/other
	mount --tuck --reveal -o x-first /srv/new /opt
	mount --tuck /srv/other /opt
	no_leak_check
	run strace -f -qq -o /dev/null -e inject=flock:error=EACCES umount --reveal /opt
	[ "$status" -eq 16 ]
	says "/opt: revealed, but /run/mount/utab could not be brought up to date"
	[ "$(stack /opt)" = /srv/other ]
	[[ $(</run/mount/utab) == *x-first* ]]
}

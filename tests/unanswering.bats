#!/usr/bin/env bats
# A mount whose server is dead, hangs, is slow or fails: it is replaced like any other, because nothing asks it. A new version
# like that is not revealed.

bats_require_minimum_version 1.5.0
load lib

# Deep enough that mount-state, which looks for directories, does not get to it.
deep=/srv/a/b/c/d

setup() {
	SERVICES=()
	SERVERS=()
	[[ -c /dev/fuse ]] || skip "this machine has no /dev/fuse"
	cd /
	mkdir -p $deep/{at,new} /srv/v2
	echo 2 >/srv/v2/version
	mount --bind $deep/at $deep/at
	mount --make-private $deep/at
	mount --make-shared $deep/at
}

teardown() {
	local pid
	for pid in "${SERVERS[@]}"; do
		kill -CONT "$pid" || true
		kill -KILL "$pid" || true
	done 2>/dev/null
	for pid in "${SERVICES[@]}"; do kill "$pid" 2>/dev/null || true; done
}

# serve HOW DIRECTORY TEXT: mount a filesystem there; sets SERVER to its server's pid.
serve() {
	SERVER=$(fuse-server "$@" 3>&-)
	SERVERS+=("$SERVER")
}

# fail_by HOW: let SERVER do that from now on. What is late or fails by itself does so from its start.
fail_by() {
	case $1 in
	killed)
		kill -KILL "$SERVER"
		while kill -0 "$SERVER" 2>/dev/null && ! grep -q '^State:.Z' "/proc/$SERVER/status"; do sleep 0.05; done
		;;
	stopped)
		kill -STOP "$SERVER"
		until grep -q '^State:.T' "/proc/$SERVER/status"; do sleep 0.05; done
		;;
	esac
}

# served_by STATE: the first argument of fuse-server for a server that will be in that state.
served_by() {
	case $1 in
	late) echo 2 ;;
	eio) echo eio ;;
	*) echo well ;;
	esac
}

# in_time STATUS COMMAND...: run COMMAND, which ends by itself, with that status.
in_time() {
	local wanted=$1
	shift
	run timeout -k 1 30 "$@"
	[[ $status -eq $wanted ]] || { echo "$*: status $status, wanted $wanted: $output"; return 1; }
}

# version [PID]: print the version that shows at the target, here or in that service.
version() {
	timeout -k 1 10 nsenter --mount="/proc/${1:-self}/ns/mnt" --wd=/ cat $deep/at/version
}

@test "a mount whose server is killed, stopped, late or failing is found, planned, tucked beneath and replaced, here and in a service" {
	local state
	for state in killed stopped late eio; do
		serve "$(served_by $state)" $deep/at one
		service --propagation slave
		fail_by $state
		in_time 0 findmnt -n -o FSTYPE $deep/at
		[[ $output == *fuse.test ]]
		in_time 0 findmnt -n -o FSTYPE -M $deep/at/
		[[ $output == *fuse.test ]]
		in_time 0 findmnt -n -o FSTYPE -T $deep/at
		[[ $output == *fuse.test ]]
		in_time 0 findmnt --propagation=receivers $deep/at/
		in_time 0 mount --tuck --reveal --fake --verbose /srv/v2 $deep/at/
		in_time 0 env LIBMNTTUCK_ATTACH=propagation mount --tuck --fake /srv/v2 $deep/at/
		in_time 0 mount --tuck /srv/v2 $deep/at/
		in_time 0 findmnt -n --tucked -M $deep/at
		in_time 0 umount --reveal --fake --verbose $deep/at/
		in_time 0 umount --reveal $deep/at/
		[[ $(version) == 2 && $(version "$SERVICE") == 2 ]]
		umount $deep/at
		serve "$(served_by $state)" $deep/at one
		fail_by $state
		in_time 0 mount --tuck --reveal /srv/v2 $deep/at
		[[ $(version) == 2 && $(stack $deep/at) == $'/srv/a/b/c/d/at\n/srv/v2' ]]
		umount $deep/at
	done
}

@test "--namespace replaces such a mount in a container" {
	local state
	for state in killed stopped late eio; do
		serve "$(served_by $state)" $deep/at one
		service --propagation private
		umount $deep/at
		fail_by $state
		in_time 0 mount --namespace "$SERVICE" --tuck --reveal --fake --verbose /srv/v2 $deep/at
		in_time 0 mount --namespace "$SERVICE" --tuck --source-namespace=caller /srv/v2 $deep/at
		in_time 0 findmnt --task "$SERVICE" -n -M $deep/at
		in_time 0 umount --namespace "$SERVICE" --reveal $deep/at
		[[ $(version "$SERVICE") == 2 ]]
	done
}

# An image for a directory, and a mount with an option that is noted in utab.
@test "such a mount is replaced by an image and by a new filesystem, too" {
	needs_loop_devices
	mksquashfs /srv/v2 /srv/2.squashfs -quiet -no-progress
	serve well $deep/at one
	fail_by stopped
	in_time 0 mount --tuck /srv/2.squashfs $deep/at/
	in_time 0 mount --tuck -t tmpfs -o x-noted new $deep/at/
	grep -q x-noted /run/mount/utab
	in_time 0 umount --reveal $deep/at/
	in_time 0 umount --reveal $deep/at/
	[[ $(stack $deep/at) == $'/srv/a/b/c/d/at\n/dev/loop'* && $(version) == 2 ]]
	umount $deep/at
	[[ ! -s /run/mount/utab ]]
}

# Print the system calls that name the target by its path or by a descriptor of it, and may ask its filesystem. The allowed
# ones do not: they look up its mount, read or change the tree of mounts, or close the descriptor. fstatfs(2) is allowed where the
# answer is that of the new version, a tmpfs, which is at the path in a copy of the namespace.
questions() {
	ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 timeout -k 1 30 strace -f -y -qq -e signal=none -o /srv/calls "$@" >/srv/output 2>&1 || {
		echo "$*: status $?"
		cat /srv/output
	}
	grep -E "[\"<]$deep/at/?[\">]" /srv/calls >/srv/about || { echo "$*: the target is in no system call"; return 0; }
	# Even with O_PATH a lookup that begins in the target asks whether the caller may search it.
	grep -E "openat\([0-9]+<$deep/at>, " /srv/about
	grep -vE '^[0-9]+ +fstatfs\(.*f_type=TMPFS_MAGIC' /srv/about |
		grep -vE '^[0-9]+ +(execve|close|dup|fcntl|readlink|readlinkat|write|open_tree|move_mount|mount_setattr|mount|umount2|statmount|listmount)\(' |
		grep -vE '^[0-9]+ +openat\(.*O_PATH' | grep -vE '^[0-9]+ +statx\(.*AT_STATX_DONT_SYNC' || true
}

@test "no system call that takes the target's path or a descriptor of it asks its filesystem" {
	local command asked
	command -v strace >/dev/null || skip "strace is missing"
	serve well $deep/at one
	[[ $(questions stat $deep/at) == *stat* ]]
	service --propagation slave
	while read -ra command; do
		asked=$(questions "${command[@]}")
		[[ -z $asked ]] || { echo "${command[*]}: $asked"; return 1; }
	done <<-EOF
		findmnt $deep/at
		findmnt $deep/at/
		findmnt -M $deep/at/
		findmnt -T $deep/at
		findmnt --propagation $deep/at
		findmnt --propagation=receivers $deep/at/
		mount --tuck --reveal --fake --verbose /srv/v2 $deep/at/
		env LIBMNTTUCK_ATTACH=propagation mount --tuck --verbose /srv/v2 $deep/at/
		mount --tuck --verbose /srv/v2 $deep/at/
		mount --tuck -t tmpfs -o x-noted new $deep/at
		mount --tuck -t tmpfs -o X-mount.other=1 new $deep/at
		findmnt --tucked -M $deep/at/
		umount --reveal --fake --verbose $deep/at/
		umount --reveal --verbose $deep/at/
	EOF
}

# beneath HOW: a version that is served that way, beneath the one at the target that works.
beneath() {
	serve "$1" $deep/new two
	in_time 0 mount --tuck --bind $deep/new $deep/at
	umount -l $deep/new
}

@test "umount --reveal does not show a version that is dead, hangs or fails, unless it is forced to" {
	local state force
	mount -t tmpfs top $deep/at
	echo 1 >$deep/at/version
	service --propagation slave
	for state in killed stopped eio; do
		beneath "$(served_by $state)"
		fail_by $state
		unchanged umount --reveal --fake --verbose $deep/at
		refused reveal-answers
		unchanged umount --reveal $deep/at
		refused reveal-answers
		case $state in
		killed) says "the mount beneath does not answer: Transport endpoint is not connected" ;;
		stopped) says "the mount beneath has not answered for two seconds" ;;
		eio) says "the mount beneath does not answer: Input/output error" ;;
		esac
		says "Tuck a version that answers"
		force=$(remedy)
		[[ $(version) == 1 && $(version "$SERVICE") == 1 ]]
		# The remedy.
		in_time 0 mount --tuck /srv/v2 $deep/at
		in_time 0 umount --reveal $deep/at
		[[ $(version) == 2 && $(version "$SERVICE") == 2 ]]
		in_time 0 bash -c "$force"
		[[ $(stack $deep/at) == $'/srv/a/b/c/d/at\ntwo' ]]
		umount -l $deep/at
		mount -t tmpfs top $deep/at
		echo 1 >$deep/at/version
	done
}

@test "mount --tuck --reveal does not tuck a version that is dead, hangs or fails, unless it is forced to" {
	local state
	mount -t tmpfs top $deep/at
	for state in killed stopped eio; do
		serve "$(served_by $state)" $deep/new two
		fail_by $state
		unchanged mount --tuck --reveal --fake --bind $deep/new $deep/at
		refused reveal-answers
		unchanged mount --tuck --reveal --bind $deep/new $deep/at
		refused reveal-answers
		says "the new version"
		in_time 0 bash -c "$(remedy)"
		[[ $(stack $deep/at) == $'/srv/a/b/c/d/at\ntwo' ]]
		umount -l $deep/at
		umount -l $deep/new
		mount -t tmpfs top $deep/at
	done
}

@test "a version whose server answers is revealed" {
	mount -t tmpfs top $deep/at
	beneath well
	in_time 0 umount --reveal $deep/at
	[[ $(version) == two ]]
}

@test "SIGINT and SIGTERM end a wait for a source that does not answer, and nothing has changed" {
	local signal arguments program status
	mount -t tmpfs top $deep/at
	serve well $deep/new two
	fail_by stopped
	before=$(mount_table)
	for signal in INT TERM; do
		for arguments in "--bind $deep/new/version" "-o loop $deep/new/version" "--reveal $deep/new/version"; do
			# bash lets its background jobs ignore SIGINT.
			# shellcheck disable=SC2086
			env --default-signal=INT mount --tuck $arguments $deep/at 3>&- &
			program=$!
			# Where the kernel does not tell what it waits for, five seconds are enough.
			for _ in {1..100}; do
				[[ $(<"/proc/$program/wchan") != *request_wait_answer* ]] || break
				sleep 0.05
			done
			kill -"$signal" $program
			(sleep 10; kill -KILL $program 2>/dev/null) 3>&- &
			status=0
			wait $program || status=$?
			kill $! 2>/dev/null || true
			[[ $status -eq $((128 + $(kill -l $signal))) ]] || { echo "$arguments: $signal: status $status"; return 1; }
			[[ $(mount_table) == "$before" ]]
		done
	done
}

#!/usr/bin/env bats
# Root's --namespace at a container that has put a file there which its reader would wait for: a FIFO, or a FUSE
# filesystem whose server has been stopped. No command waits for what was there when the command looked; if it is put there
# later, SIGTERM and SIGINT end the wait.

load lib

setup() {
	SERVICES=()
	cd /
	mkdir -p /mnt/a /srv/v1 /srv/fifos
	mkfifo /srv/fifos/fifo
}

# container: a new one; what is mounted in it can't be unmounted by a program that reads its /proc.
container() {
	no_leak_check
	service --propagation private
	CONTAINER=$SERVICE
	in_service "$CONTAINER" mount -t tmpfs old /opt
}

# commands: print the command lines that go into the container, one on each line.
commands() {
	local words
	for words in "mount %s -t tmpfs a /mnt/a" "mount %s /mnt/a" "mount %s --all" "mount %s" "mount %s -o remount,ro /opt" \
		"mount %s --make-private /opt" "mount %s --tuck --bind /srv/v1 /opt" "mount %s --tuck -t tmpfs -o x-note new /opt" \
		"mount %s --tuck /opt" "mount %s --tuck --source-namespace=caller --bind /srv/v1 /opt" "umount %s /opt" "umount %s old" \
		"umount %s --recursive /opt" "umount %s --all-targets /opt" "umount %s --all --types nosuch" "umount %s --reveal /opt"; do
		# shellcheck disable=SC2059 # a format
		printf "$words\n" "--namespace $CONTAINER"
	done
}

# no_wait TEXT: check that each command is refused with that text, and has done nothing.
no_wait() {
	local words count=0
	while read -r words; do
		# shellcheck disable=SC2086
		unchanged timeout --signal KILL 20 $words </dev/null
		[[ $status -eq 2 ]] || { echo "status $status of $words: $output"; return 1; }
		says "/proc/$CONTAINER/ns/mnt: $1" || { echo "$words"; return 1; }
		count=$((count + 1))
	done < <(commands)
	((count == 16))
}

@test "a FIFO where a file of the container's would be read makes no command wait" {
	local file
	for file in /etc/fstab /run/mount/utab /run/mount/utab.lock; do
		container
		mkdir -p "${file%/*}"
		[[ -e $file ]] || touch "$file"
		in_service "$CONTAINER" mount --bind /srv/fifos/fifo "$file"
		no_wait "$file in this mount namespace is not a regular file, and could make its reader wait for ever"
	done
}

@test "a /proc of the container's own making makes no command wait" {
	local file
	for file in self/ns/mnt self/mountinfo filesystems; do
		container
		rm -rf /srv/proc
		mkdir -p "/srv/proc/$file"
		rmdir "/srv/proc/$file"
		mkfifo "/srv/proc/$file"
		in_service "$CONTAINER" mount --bind /srv/proc /proc
		no_wait "the /proc of this mount namespace is another filesystem, which could make its reader wait for ever"
	done
	container
	in_service "$CONTAINER" mount --bind /srv/fifos/fifo /proc/filesystems
	no_wait "/proc/filesystems in this mount namespace is not a regular file, and could make its reader wait for ever"
}

@test "a FUSE filesystem on the container's /proc, whose server has stopped, makes no command wait" {
	[[ -c /dev/fuse ]] || skip "this machine has no /dev/fuse"
	container
	server=$(in_service "$CONTAINER" fuse-server well /proc text 3>&-)
	SERVICES+=("$server")
	kill -STOP "$server"
	SERVICES=("$CONTAINER")
	no_wait "the /proc of this mount namespace is another filesystem, which could make its reader wait for ever"
	kill -CONT "$server"
	kill "$server"
}

# fifo PLACE, fuse PLACE: print the commands that put such a file, or a filesystem whose server has stopped, into the container.
fifo() {
	local source=/srv/fifos/fifo
	[[ $1 != /proc ]] || source=/srv/fifos/proc
	echo "nsenter --mount=/proc/$CONTAINER/ns/mnt /usr/bin/mount --bind $source $1"
}
fuse() {
	echo "server=\$(nsenter --mount=/proc/$CONTAINER/ns/mnt fuse-server well $1 text) && kill -STOP \$server && echo \$server >/srv/server"
	echo "until grep -q '^State:.T' /proc/\$server/status; do :; done"
}

lock() { echo "flock --no-fork $1 sleep 1000 & echo \$! >/srv/server; while flock --nonblock $1 true; do :; done"; }

# is_waiting: whether a process of this test waits for the other end of a FIFO, for the answer of a FUSE server, or for a lock.
is_waiting() { cat /proc/[1-9]*/task/*/wchan 2>/dev/null | grep -aqE 'fifo|wait_for_partner|fuse|request_wait_answer|lock_inode_wait|flock'; }

# has_ended PID: whether the process, a child of this shell, has ended.
has_ended() { [[ ! -e /proc/$1/stat || $(cat "/proc/$1/stat" 2>/dev/null) == *") Z "* ]]; }

# settles PID: wait until that process has ended, with status 0, or some process waits.
settles() {
	local i
	for ((i = 0; i < 400; i++)); do
		! has_ended "$1" || return 0
		! is_waiting || return 1
		sleep 0.05
	done
	echo "it neither ends nor waits"
	return 2
}

# nobody_waits: whether no process waits any more. The children of a program end after it.
nobody_waits() {
	local i
	for ((i = 0; i < 200; i++)); do is_waiting || return 0; sleep 0.05; done
	return 1
}

# ended_by SIGNAL WHEN PUT WORDS...: run a command at the container, and the commands PUT before it, or ("later") when it has
# looked at the container's files. If it waits then, send it SIGNAL. Check that it ends. Sets WAITED to yes if the signal has
# ended it; some waits have a limit.
ended_by() {
	local signal=$1 when=$2 put=$3 tracer=() process program i result=0
	shift 3
	WAITED=
	[[ $when == first ]] || tracer=(at-call --as-root --past wait4 --during "$put" --)
	[[ $when == later ]] || sh -c "$put" 3>&-
	# A shell without job control lets its background processes ignore SIGINT.
	env --default-signal=INT "${tracer[@]}" "$@" </dev/null >/srv/output 2>&1 3>&- &
	process=$!
	settles $process || result=$?
	if ((result == 1)); then
		program=$process
		[[ $when == first ]] || program=$(pgrep -P $process -x 'u?mount') || true
		kill "-$signal" "$program" 2>/dev/null || true
		for ((i = 0; i < 200; i++)); do ! has_ended $process || break; sleep 0.05; done
	fi
	if has_ended $process && nobody_waits; then
		result=0
		wait $process || result=$?
		# 8: the program has told that it was interrupted.
		[[ $result -ne 8 && $result -ne $((128 + $(kill -l "$signal"))) ]] || WAITED=yes
		return 0
	fi
	echo "SIG$signal does not end it ($when): $*: $(cat /srv/output)"
	pgrep -P $process | xargs -r kill -KILL $process 2>/dev/null || true
	return 1
}

# each_ends WHEN KIND:PLACE...: check all commands, with SIGTERM, and those that it has ended with SIGINT, too. Sets HAVE_WAITED to how
# many were ended.
each_ends() {
	local when=$1 place signal count i words bad=0
	shift
	HAVE_WAITED=0
	for place; do
		for ((i = 0; i < 16; i++)); do
			for signal in TERM INT; do
				container
				mapfile -t words < <(commands)
				# shellcheck disable=SC2086 # a list of words
				ended_by $signal "$when" "$("${place%%:*}" "${place#*:}")" ${words[i]} || { echo "$place"; bad=1; }
				[[ ! -e /srv/server ]] || kill -KILL "$(</srv/server)"
				rm -f /srv/server
				kill "$CONTAINER"
				wait "$CONTAINER" 2>/dev/null || true
				[[ -n $WAITED ]] || break
				HAVE_WAITED=$((HAVE_WAITED + 1))
			done
		done
	done
	SERVICES=()
	return $bad
}

# needs_wchan: skip the test where the kernel does not tell what a process waits for.
needs_wchan() {
	local reader result=0
	read -r _ </srv/fifos/fifo 3>&- &
	reader=$!
	settles $reader || result=$?
	kill $reader
	((result == 1)) || skip "this kernel does not tell what a process waits for"
	mkdir -p /run/mount /srv/fifos/proc/self/ns
	touch /run/mount/utab /run/mount/utab.lock
	mkfifo /srv/fifos/proc/{filesystems,self/{mountinfo,ns/mnt}}
}

@test "a file that has become a FIFO since it was looked at: SIGTERM and SIGINT end each wait" {
	needs_wchan
	each_ends later fifo:/proc fifo:/etc/fstab fifo:/run/mount/utab fifo:/run/mount/utab.lock
	echo "$HAVE_WAITED have waited"
	((HAVE_WAITED >= 10))
}

@test "a FUSE filesystem whose server has stopped, on a directory of the files, at first or later: SIGTERM and SIGINT end each wait" {
	[[ -c /dev/fuse ]] || skip "this machine has no /dev/fuse"
	needs_wchan
	each_ends first fuse:/etc fuse:/run/mount
	echo "$HAVE_WAITED have waited"
	((HAVE_WAITED == 64))
	each_ends later fuse:/proc fuse:/etc fuse:/run/mount
	echo "$HAVE_WAITED have waited"
	((HAVE_WAITED >= 10))
}

@test "a lock on the container's utab that is never released: SIGTERM and SIGINT end each wait" {
	needs_wchan
	each_ends first lock:/run/mount/utab.lock
	echo "$HAVE_WAITED have waited"
	((HAVE_WAITED >= 4))
}

@test "a container without /proc is as good as any, and so is one with a proc filesystem of its own" {
	container
	in_service "$CONTAINER" umount -l /proc
	mount --namespace "$CONTAINER" --tuck --bind /srv/v1 /opt
	umount --namespace "$CONTAINER" --reveal /opt
	[[ $(mount_table "$CONTAINER") == *"/srv/v1 /opt "* ]]
	in_service "$CONTAINER" mount -t proc proc /proc
	mount --namespace "$CONTAINER" -t tmpfs a /mnt/a
	[[ $(mount_table "$CONTAINER") == *" /mnt/a "* ]]
}

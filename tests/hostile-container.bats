#!/usr/bin/env bats
# Root's --namespace at a container that has put a file there which its reader would wait for: a FIFO, or a FUSE
# filesystem whose server has been stopped. Each command is killed after some seconds, and must not have to be.

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

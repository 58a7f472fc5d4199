#!/usr/bin/env bats
# mount --tuck of FUSE, and of other filesystems with a helper: the server sees what the caller sees, keeps nothing busy, and
# ends with its last mount.

bats_require_minimum_version 1.5.0
load lib.bash
load sources.bash

# /opt has a top mount to replace. Servers of this test are scripts in /srv/bin.
# shellcheck disable=SC2034 # for teardown() of sources.bash
setup() {
	SERVICES=()
	LOOPS=()
	images=$BATS_TEST_TMPDIR
	cp -a "$BATS_FILE_TMPDIR"/tree-* /srv/
	cp "$BATS_FILE_TMPDIR"/v* "$images/"
	command mount -t tmpfs top /opt
	mkdir /srv/bin /srv/disks /srv/disks/1 /srv/disks/2
	PATH=/srv/bin:$PATH
	cd /srv || return
}

# server_script NAME: make the script on standard input a server's program.
server_script() {
	{ echo '#!/bin/sh'; cat; } >"/srv/bin/$1"
	chmod +x "/srv/bin/$1"
}

# server NAME: print the process id of this test's process of that name that still runs.
server() {
	local pid
	for pid in $(pgrep -x "$1"); do
		! ends "$pid" || continue
		! grep -qzx "MOUNT_TUCK_IN_ROOT=$MOUNT_TUCK_IN_ROOT" "/proc/$pid/environ" || echo "$pid"
	done 2>/dev/null
}

no_server() {
	[[ -z $(server "$1") ]]
}

namespace_of() {
	readlink "/proc/$1/ns/mnt"
}

in_own_namespace() {
	[[ -n $(server "$1") && $(namespace_of "$(server "$1")") == "$(namespace_of self)" ]]
}

# disk NUMBER: mount a new filesystem with the file NUMBER at /srv/disks/NUMBER.
disk() {
	command mount -t tmpfs "disk-$1" "/srv/disks/$1"
	echo "$1" >"/srv/disks/$1/$1"
}

# pool FILE...: check that the directory with the disks shows these files, as /opt shows them.
pool() {
	[[ $(cd /opt && echo */*) == "$*" ]]
}

# has_disk SERVER NUMBER: whether that disk is mounted in the server's namespace.
has_disk() {
	grep -q " /srv/disks/$2 " "/proc/$(server "$1")/mountinfo"
}

# The filesystem of a plain mount and of a tucked one, as the kernel shows it.
same_as_plain() {
	local plain tucked show=(findmnt --noheadings --output "SOURCE,FSTYPE,OPTIONS" --mountpoint)
	mkdir -p /srv/plain
	command mount "$@" /srv/plain
	plain=$("${show[@]}" /srv/plain)
	umount /srv/plain
	run -0 mount --tuck --reveal "$@" /opt
	tucked=$("${show[@]}" /opt)
	[[ $tucked == "$plain" ]] || { printf '%s\n' "$plain" "$tucked"; return 1; }
}

# ---- a server that takes /dev/fd/N ----

@test "a server on libfuse 3 lives in the caller's namespace, and ends with its last mount" {
	local parent
	for parent in shared private; do
		command mount "--make-$parent" /
		run -0 mount --tuck -t fuse.squashfuse "$images/v2.squashfs" /opt
		in_own_namespace squashfuse
		umount /opt
		[[ $(</opt/version) == 2 ]]
		umount /opt
		eventually no_server squashfuse
		command mount -t tmpfs top /opt
	done
}

@test "the program can be named in the source" {
	run -0 mount --tuck --reveal -t fuse "squashfuse#$images/v2.squashfs" /opt
	in_own_namespace squashfuse
	[[ $(</opt/version) == 2 && $(findmnt -n -o FSTYPE -M /opt) == fuse.squashfuse ]]
}

@test "its mount has the source, the type and the options of a plain mount" {
	same_as_plain -t fuse.squashfuse "$images/v2.squashfs"
	in_own_namespace squashfuse
	umount /opt
	command mount -t tmpfs top /opt
	same_as_plain -t fuse.squashfuse -o ro,nosuid,noatime,allow_other,default_permissions "$images/v2.squashfs"
	in_own_namespace squashfuse
}

@test "the kernel gets its options, the server all but those of mount, and utab its own" {
	run -0 mount --tuck --reveal -t fuse.squashfuse \
		-o x-note,nofail,allow_other,default_permissions,uid=12 "$images/v2.squashfs" /opt
	in_own_namespace squashfuse
	[[ $(mount_table) == *" rw,user_id=0,group_id=0,default_permissions,allow_other"* ]]
	[[ $(stat -c %u /opt/version) == 12 ]]
	[[ $(tr '\0' ' ' <"/proc/$(server squashfuse)/cmdline") == \
		"squashfuse $images/v2.squashfs /dev/fd/"*" -o rw,allow_other,default_permissions,uid=12,dev,suid " ]]
	[[ $(grep -c "TARGET=/opt " /run/mount/utab) -eq 1 && $(</run/mount/utab) == *x-note* && $(</run/mount/utab) != *uid=* ]]
}

@test "an option of the helper is left to the helper" {
	run -0 mount --tuck --reveal -t fuse.squashfuse -o fsname=named "$images/v2.squashfs" /opt
	[[ $(findmnt -n -o SOURCE -M /opt) == named && $(</opt/version) == 2 ]]
	umount /opt
	eventually no_server squashfuse
}

@test "with a mount.fuse.SUBTYPE the server is started by it" {
	mount_helper fuse.squashfuse <<-'END'
		echo "$0" >/srv/said
		exec squashfuse "$1" "$2"
	END
	run -0 mount --tuck --reveal -t fuse.squashfuse "$images/v2.squashfs" /opt
	[[ $(</srv/said) == /sbin/mount.fuse.squashfuse && $(</opt/version) == 2 ]]
}

@test "an image that the server rejects is an error in the server's words, once, and leaves nothing" {
	echo "not an image" >/srv/image
	unchanged mount --tuck -t fuse.squashfuse /srv/image /opt
	[[ $status -ne 0 && $(grep -c "doesn't look like a squashfs image" <<<"$output") -eq 1 ]]
	no_server squashfuse
	run -127 mount --tuck -t fuse.not-there /srv/image /opt
	[[ $(grep -c "not-there: not found" <<<"$output") -eq 1 ]]
}

@test "a program that ends without an error and serves nothing is an error" {
	server_script serves-nothing <<<'exit 0'
	unchanged mount --tuck -t fuse.serves-nothing none /opt
	[[ $status -eq 32 && $output == *"nothing is mounted"* ]]
}

@test "what a server says while it starts is printed" {
	server_script talking <<<'echo "starts" >&2; exec squashfuse "$@"'
	run -0 mount --tuck --reveal -t fuse.talking "$images/v2.squashfs" /opt
	[[ $output == starts && $(</opt/version) == 2 ]]
	in_own_namespace squashfuse
}

@test "SIGTERM of a server leaves a mount that can be replaced" {
	run -0 mount --tuck --reveal -t fuse.squashfuse "$images/v2.squashfs" /opt
	kill "$(server squashfuse)"
	eventually no_server squashfuse
	[[ $(stack /opt) == squashfuse ]]
	umount /opt
	[[ -z $(stack /opt) ]]
}

# ---- a server that does not ----

@test "a server on libfuse 2 never mounts on /dev/fuse, and is started by its helper" {
	command -v bindfs >/dev/null || skip "bindfs is missing"
	disk 1
	# Without the names of options in it, /dev/fd/N is tried.
	server_script pool <<<'exec bindfs "$@"'
	run -0 mount --tuck --reveal -t fuse.pool /srv/disks /opt
	[[ -z $output && -c /dev/fuse && -z $(stack /dev/fuse) ]]
	pool 1/1
	umount /opt
	eventually no_server bindfs
}

@test "a server that lets all users in by itself still does" {
	server_script open <<<'exec squashfuse -o allow_other "$@"'
	same_as_plain -t fuse.open "$images/v2.squashfs"
	[[ $(setpriv --reuid 65534 --clear-groups cat /opt/version) == 2 ]]
}

@test "a pool shows the disks that come and go later, and keeps none busy" {
	command -v bindfs >/dev/null || skip "bindfs is missing"
	local round
	disk 1
	run -0 mount --tuck --reveal -t fuse.bindfs /srv/disks /opt
	pool 1/1
	for round in 1 2 3; do
		disk 2
		eventually pool 1/1 2/2
		umount /srv/disks/1
		run -1 has_disk bindfs 1
		eventually pool 2/2
		disk 1
		echo "$round" >/opt/1/written
		[[ $(</srv/disks/1/written) == "$round" ]]
		rm /opt/1/written
		umount /srv/disks/2
		run -1 has_disk bindfs 2
	done
	umount /opt
	eventually no_server bindfs
}

@test "a pool that replaces a pool ends it, and the third one the second" {
	command -v bindfs >/dev/null || skip "bindfs is missing"
	local round first
	for round in 1 2 3; do
		first=$(server bindfs)
		run -0 mount --tuck --reveal -t fuse.bindfs /srv/disks /opt
		[[ -z $first ]] || eventually ends "$first"
		[[ $(server bindfs | wc -l) -eq 1 && $(stack /opt | wc -l) -eq 1 ]]
	done
	umount /opt
	eventually no_server bindfs
}

@test "a helper is run from each directory in which the linked libmount looks for one" {
	local directories directory
	mount_helper none </dev/null
	ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 strace -f -o /tmp/strace -e trace=%file mount -t absent x /opt || :
	mapfile -t directories < <(sed -nE 's/.*"([^"]*)\/mount\.absent".*/\1/p' /tmp/strace | sort -u)
	((${#directories[@]} > 0))
	for directory in "${directories[@]}"; do
		# The kernel knows the type, too, so that a helper which is not found is not missed.
		mkdir -p "$directory"
		printf '#!/bin/sh\nexit 77\n' >"$directory/mount.tmpfs"
		chmod +x "$directory/mount.tmpfs"
		unchanged mount --tuck -t tmpfs x /opt
		[[ $status -eq 77 ]] || { echo "$directory: status $status: $output"; return 1; }
		rm "$directory/mount.tmpfs"
	done
}

@test "a directory below /run that others make while a helper works stays" {
	local ends
	# shellcheck disable=SC2016 # the helper's
	for ends in "exit 3" 'exec mount -i -n --bind "$1" "$2"'; do
		rm -rf /run/mount
		mount_helper makes <<-END
			mkdir /run/mount
			$ends
		END
		run mount -n --tuck --reveal -t makes /srv/tree-2 /opt
		[[ $status -eq 0 || $status -eq 3 ]]
		[[ -d /run/mount ]]
	done
}

@test "a helper of any kind mounts on an empty directory, or an empty file" {
	mount_helper looks <<-'END'
		[ -d "$2" ] && ls -A "$2" >/srv/seen || wc -c <"$2" >/srv/seen
		mount -i -n --bind "$1" "$2"
	END
	echo top >/opt/version
	run -0 mount --tuck --reveal -t looks /srv/tree-2 /opt
	[[ -z $(</srv/seen) && $(</opt/version) == 2 ]]
	echo old >/srv/file
	command mount --bind /srv/file /srv/file
	command mount --make-private /srv/file
	command mount --make-shared /srv/file
	run -0 mount --tuck --reveal -t looks /srv/tree-2/version /srv/file
	[[ $(</srv/seen) == 0 && $(</srv/file) == 2 ]]
}

@test "a helper mounts on an empty directory, or an empty file, before Linux 6.15, too" {
	older() {
		MOUNT_TUCK_TEST_KERNEL=6.12 LD_PRELOAD=$MOUNT_TUCK_BUILD/older-kernel.so \
			ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0 "$@"
	}
	mount_helper looks <<-'END'
		[ -d "$2" ] && ls -A "$2" >/srv/seen || wc -c <"$2" >/srv/seen
		grep -c cover /proc/self/mountinfo >/srv/covers
		mount -i -n --bind "$1" "$2"
	END
	echo top >/opt/version
	run -0 older mount --tuck --reveal -t looks /srv/tree-2 /opt
	[[ -z $(</srv/seen) && $(</opt/version) == 2 ]]
	echo old >/srv/file
	command mount --bind /srv/file /srv/file
	command mount --make-private /srv/file
	command mount --make-shared /srv/file
	run -0 older mount --tuck --reveal -t looks /srv/tree-2/version /srv/file
	[[ $(</srv/seen) == 0 && $(</srv/file) == 2 && $(</srv/covers) == 1 ]]
}

@test "a helper's server sees what is mounted and unmounted later, but not the new mount" {
	mount_helper serves <<-'END'
		setsid tail -f /dev/null </dev/null >/dev/null 2>&1 &
		mount -i -n -t tmpfs serves "$2"
	END
	disk 1
	run -0 mount --tuck --reveal -t serves new /opt
	[[ $(namespace_of "$(server tail)") != "$(namespace_of self)" ]]
	has_disk tail 1
	disk 2
	umount /srv/disks/1
	has_disk tail 2
	run -1 has_disk tail 1
	[[ $(stack /opt) == serves && -z $(stack /opt "$(server tail)") ]]
	kill "$(server tail)"
}

@test "a helper's server ends though a private mount replaces its own" {
	needs_kernel_feature beneath # beneath a top under a shared parent a mount can only be shared
	command -v bindfs >/dev/null || skip "bindfs is missing"
	run -0 mount --tuck --reveal -t fuse.bindfs /srv/disks /opt
	[[ -z $(stack /opt "$(server bindfs)") ]]
	run -0 mount --tuck --make-private /srv/tree-2 /opt
	run -0 umount --reveal /opt
	eventually no_server bindfs
	[[ $(</opt/version) == 2 ]]
}

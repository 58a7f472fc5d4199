# For the tests of the kinds of sources of mount --tuck: images of version 1 and 2, a top mount, and functions.

setup_file() {
	local version
	for version in 1 2; do
		mkdir -p "$BATS_FILE_TMPDIR/tree-$version/sub"
		echo "$version" >"$BATS_FILE_TMPDIR/tree-$version/version"
		echo "sub $version" >"$BATS_FILE_TMPDIR/tree-$version/sub/version"
		mksquashfs "$BATS_FILE_TMPDIR/tree-$version" "$BATS_FILE_TMPDIR/v$version.squashfs" -quiet -no-progress >/dev/null
	done
	mkfs.erofs --quiet "$BATS_FILE_TMPDIR/v2.erofs" "$BATS_FILE_TMPDIR/tree-2" >/dev/null 2>&1
	truncate -s 2M "$BATS_FILE_TMPDIR/v2.ext4"
	mkfs.ext4 -q -L "tuck-$$" -d "$BATS_FILE_TMPDIR/tree-2" "$BATS_FILE_TMPDIR/v2.ext4"
}

# Each test has /opt mounted, a tmpfs "top", and images of its own.
setup() {
	SERVICES=()
	LOOPS=()
	cp -a "$BATS_FILE_TMPDIR"/tree-* /srv/
	cp "$BATS_FILE_TMPDIR"/v* "$BATS_TEST_TMPDIR"/
	images=$BATS_TEST_TMPDIR
	command mount -t tmpfs -o mode=0751 top /opt
	echo top >/opt/version
	cd /srv
}

teardown() {
	local pid device
	for pid in "${SERVICES[@]}"; do kill "$pid" 2>/dev/null || true; done
	cd /
	while umount -l /opt 2>/dev/null; do :; done
	for device in "${LOOPS[@]}"; do losetup -d "$device" 2>/dev/null || true; done
}

# Print mountinfo's line of the mount at $2 whose source, or root of a bind mount, is $1; without its parent, which changes.
line_of() {
	mount_table "${3:-self}" | awk -v name="$1" -v path="${2:-/opt}" '
		{ for (i = 7; $i != "-"; i++); called = $4 == "/" ? $(i + 2) : $4 }
		$5 == path && called == name { $2 = ""; print }'
}

# The top mount at /opt: its mountinfo line, and its root's inode with mode, owner and content.
top() {
	line_of top
	stat -c '%i %a %u:%g %Z' /opt
	cat /opt/version
}

# tuck ARGUMENT...: mount --tuck succeeds, says nothing, and leaves the top mount as it was.
tuck() {
	local before
	before=$(top)
	run mount --tuck "$@"
	[[ $status -eq 0 && -z $output ]] || { echo "status $status: $output"; return 1; }
	[[ $(top) == "$before" ]] || { diff <(echo "$before") <(top); return 1; }
}

# beneath COMMAND...: run COMMAND in a namespace in which the top mount of /opt is unmounted.
beneath() {
	unshare --mount --propagation private sh -c 'umount -l /opt && exec "$@"' - "$@"
}

# lies NAME...: check that these mounts are stacked at /opt, from the bottom to the top.
lies() {
	[[ $(stack /opt) == "$(printf '%s\n' "$@")" ]] || { stack /opt; return 1; }
}

# Check that the new mount is shared and that no other mount of this namespace is in its peer group.
has_own_group() {
	local group
	group=$(line_of "$1" | grep -o ' shared:[0-9]*')
	[[ -n $group && $(mount_table | grep -c "$group ") -eq 1 && $(line_of "$1") != *master:* ]]
}

loop() {
	device=$(losetup --find --show "$@")
	LOOPS+=("$device")
}

loops_of() {
	losetup --list --noheadings --output NAME,BACK-FILE | grep -cF "$1" || true
}

# eventually COMMAND...: check that COMMAND succeeds within two seconds.
eventually() {
	local try
	for try in {1..100}; do
		"$@" && return
		sleep 0.02
	done
	echo "still not: $*"
	return 1
}

# ends PID: check that the process has ended, whether or not its parent has waited for it.
ends() {
	[[ ! -e /proc/$1 || $(cat "/proc/$1/stat" 2>/dev/null) == *") Z "* ]]
}

# Print the process ids of the squashfuse daemons that serve this test's images.
daemons() {
	local pid
	for pid in $(pgrep -x squashfuse); do
		ends "$pid" || tr '\0' ' ' <"/proc/$pid/cmdline" | grep -F "$images" || true
	done
}

no_daemon() {
	[[ -z $(daemons) ]]
}

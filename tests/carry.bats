#!/usr/bin/env bats
# mount --tuck --carry: the new version has clones of the mounts on the top mount before anybody sees it, or nothing changes and
# the reason is printed.

bats_require_minimum_version 1.5.0
load lib

setup() {
	SERVICES=()
	cd /
	versions 1 2
	mount --bind /srv/v1 /opt
	mount --make-private /opt
	mount --make-shared /opt
	mkdir /opt/leaf /srv/v2/leaf
	mount -t tmpfs kept /opt/sub
	mkdir "/opt/sub/a b"
	mount -t tmpfs inner "/opt/sub/a b"
	echo kept >"/opt/sub/a b/file"
	mkdir "/opt/sub/a b/deep"
	mount -t tmpfs deep "/opt/sub/a b/deep"
	mount -t tmpfs leaf /opt/leaf
}

# older COMMAND...: run COMMAND on a kernel that clones nothing from a detached mount, as before Linux 6.15.
older() {
	MOUNT_TUCK_TEST_KERNEL=6.12 LD_PRELOAD=$MOUNT_TUCK_BUILD/older-kernel.so "$@"
}

# carried VERSION PID...: check that each process sees that version with the mounts of setup, once, and nothing else at /opt.
carried() {
	local version=$1 pid
	shift
	for pid; do
		echo "in $pid:"
		mount_table "$pid" | grep ' /opt'
		[[ $(in_service "$pid" cat /opt/version "/opt/sub/a b/file") == "$version"$'\nkept' ]] || return 1
		[[ $(mount_table "$pid" | cut -d ' ' -f 5 | grep '^/opt' | sort | paste -sd ' ') == '/opt /opt/leaf /opt/sub /opt/sub/a\040b /opt/sub/a\040b/deep' ]] || return 1
	done
}

# groups: print the peer groups of the mounts on which nothing is mounted.
groups() {
	peer_group '/opt/sub/a\\040b/deep'
	peer_group /opt/leaf
}

@test "mount --tuck --reveal --carry keeps the mounts on the top, here and in services, on every kernel" {
	before=$(groups)
	[[ $(wc -w <<<"$before") == 2 ]]
	for propagation in slave shared; do service --propagation "$propagation"; done
	run -0 mount --tuck --reveal --carry /srv/v2 /opt
	[[ -z $output ]]
	carried 2 self "${SERVICES[@]}"
	[[ $(groups) == "$before" ]]
	run -0 older mount --tuck --reveal --carry /srv/v1 /opt
	[[ -z $output ]]
	carried 1 self "${SERVICES[@]}"
	[[ $(groups) == "$before" ]]
}

@test "mount --tuck --carry takes an image, with a helper and without, and a filesystem without a device" {
	needs_loop_devices
	mksquashfs /srv/v2 /tmp/image -quiet -no-progress >/dev/null
	for way in env older; do
		"$way" mount --tuck --reveal --carry /tmp/image /opt
		carried 2 self
		"$way" mount --tuck --reveal --carry -t overlay -o lowerdir=/srv/v1:/srv/v2 over /opt
		carried 1 self
		"$way" mount --tuck --reveal --carry -o X-mount.subdir=/ /tmp/image /opt
		carried 2 self
	done
}

@test "carry-place refuses what the new version has no place for, and lists all of it" {
	versions 3
	mkdir /srv/v3/leaf
	ln -s /tmp /srv/v3/link
	mkdir /opt/link
	mount -t tmpfs link /opt/link
	mkdir /srv/v2/link
	rmdir /srv/v2/sub
	echo file >/srv/v2/sub
	rmdir /srv/v2/leaf
	for way in env older; do
		unchanged "$way" mount --tuck --reveal --carry /srv/v2 /opt
		refused carry-place
		says "mount: /opt: cannot tuck /srv/v2 here [carry-place]: it has no place for what is mounted on the top mount:"
		says "/opt/sub (it is not a directory)"
		says "/opt/leaf (it is missing)"
		unchanged "$way" mount --tuck --carry /srv/v3 /opt
		refused carry-place
		says "/opt/link (a symbolic link is on the path)."
	done
}

@test "carry-bindable refuses a mount that can't be cloned, and its remedy works" {
	mount --make-unbindable "/opt/sub/a b"
	unchanged mount --tuck --reveal --carry /srv/v2 /opt
	refused carry-bindable
	says "mount: /opt: cannot tuck here [carry-bindable]: mounts on the top mount can't be cloned: /opt/sub/a b (it is unbindable)."
	[[ $(remedy) == "       mount --make-private '/opt/sub/a b'" ]]
	follow_remedy
	mount -t tmpfs cover /opt/leaf
	unchanged mount --tuck --reveal --carry /srv/v2 /opt
	refused carry-bindable
	says "can't be cloned: /opt/leaf (another mount covers it). Unmount or reveal first what covers them"
	umount /opt/leaf
	run -0 mount --tuck --reveal --carry /srv/v2 /opt
	carried 2 self
}

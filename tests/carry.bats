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
	# Nothing can be preloaded before AddressSanitizer.
	[[ -z ${MOUNT_TUCK_SANITIZED:-} ]] || { "$@"; return; }
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
	[[ $(remedy) == "mount --make-private '/opt/sub/a b'" ]]
	follow_remedy
	mount -t tmpfs cover /opt/leaf
	unchanged mount --tuck --reveal --carry /srv/v2 /opt
	refused carry-bindable
	says "can't be cloned: /opt/leaf (another mount covers it). Unmount or reveal first what covers them"
	umount /opt/leaf
	run -0 mount --tuck --reveal --carry /srv/v2 /opt
	carried 2 self
}

@test "umount --reveal --carry carries the mounts over to what lies beneath, and leaves nothing else beneath" {
	before=$(groups)
	for propagation in slave shared; do service --propagation "$propagation"; done
	mount --tuck -o x-beneath /srv/v2 /opt
	unchanged umount --reveal /opt
	refused reveal-children
	unchanged umount --reveal --carry --fake /opt
	[[ $status -eq 0 ]]
	run -0 umount --reveal --carry /opt
	[[ -z $output ]]
	carried 2 self "${SERVICES[@]}"
	[[ $(groups) == "$before" ]]
	[[ $(grep 'TARGET=/opt ' /run/mount/utab) == *ROOT=/srv/v2*OPTS=x-beneath ]]
	unchanged umount --reveal --carry /opt
	refused reveal-beneath
}

@test "umount --reveal --carry works under a private parent, where nothing travels" {
	needs_kernel_feature beneath
	mount --make-private /
	mount --make-rprivate /opt
	mount --tuck /srv/v1 /opt
	run -0 umount --reveal --carry /opt
	carried 1 self
}

@test "umount --reveal --carry leaves nothing beneath, also if somebody holds the old version" {
	local holder
	mount --tuck /srv/v2 /opt
	sleep 1000 7</opt/version 3>&- &
	holder=$!
	SERVICES+=("$holder")
	until [[ $(readlink "/proc/$holder/exe") == */sleep ]]; do sleep 0.01; done
	run umount --reveal --carry --wait=0 /opt
	echo "$output"
	[ "$status" -eq 64 ]
	[ "$(stack /opt)" = /srv/v2 ]
	mountpoint -q /opt/sub
	[ "$(mount_table | grep -c ' /opt ')" -eq 1 ]
}

@test "umount --reveal --carry is refused where what lies beneath has no place" {
	rmdir /srv/v2/leaf
	mount --tuck /srv/v2 /opt
	unchanged umount --reveal --carry /opt
	refused carry-place
	says "/opt/leaf (it is missing)."
}

@test "what the new version has mounted there already counts as carried if it is the same, and is refused if not" {
	mkdir -p /srv/v2/sub
	mount --bind /opt/leaf /srv/v2/leaf
	mount -t tmpfs other /srv/v2/sub
	unchanged mount --tuck --reveal --carry --rbind /srv/v2 /opt
	refused carry-place
	says "it has no place for what is mounted on the top mount: /opt/sub (something else is mounted there)."
	umount /srv/v2/sub
	run -0 mount --tuck --reveal --carry --rbind /srv/v2 /opt
	carried 2 self
}

@test "mount --tuck --carry does not follow a symbolic link of the new version out of it" {
	mkdir -p /tmp/away/leaf
	rm -r /srv/v2/sub /srv/v2/leaf
	ln -s /tmp/away /srv/v2/sub
	ln -s ../../tmp/away/leaf /srv/v2/leaf
	for way in env older; do
		unchanged "$way" mount --tuck --carry /srv/v2 /opt
		refused carry-place
		says "/opt/leaf (a symbolic link is on the path)"
	done
}

@test "mount --tuck --carry refuses a mount that is moved, and its remedy works" {
	mount --make-private /
	mkdir /srv/moved
	mount -t tmpfs moved /srv/moved
	mount --make-private /srv/moved
	mkdir /srv/moved/{sub,leaf}
	echo moved >/srv/moved/version
	unchanged mount --tuck --carry --move /srv/moved /opt
	refused carry-place
	[[ $(remedy) == "mount --tuck --carry --rbind /srv/moved /opt" ]]
	follow_remedy
	umount --reveal /opt
	carried moved self
}

@test "mount --tuck --carry works in another namespace, with a source from here, too" {
	service --propagation private
	run -0 mount --namespace "$SERVICE" --tuck --reveal --carry --source-namespace=caller /srv/v2 /opt
	carried 2 "$SERVICE"
	carried 1 self
	run -0 mount --namespace "$SERVICE" --tuck --reveal --carry /srv/v1 /opt
	carried 1 "$SERVICE"
}

@test "a carried mount keeps its line in utab, and mount --tuck --carry alone can be revealed later" {
	mkdir /opt/noted /srv/v2/noted
	mount -t tmpfs -o x-kept noted /opt/noted
	mount --tuck --carry /srv/v2 /opt
	[[ $(</opt/version) == 1 ]]
	umount --reveal /opt
	[[ $(</opt/version) == 2 && $(</opt/sub/a\ b/file) == kept ]]
	mount --tuck --reveal --carry /srv/v1 /opt
	[[ $(grep 'TARGET=/opt/noted ' /run/mount/utab) == *OPTS=x-kept ]]
}

@test "mount --tuck --carry by propagation has the same mounts, and under a private parent slaves of their groups" {
	LIBMNTTUCK_ATTACH=propagation mount --tuck --reveal --carry /srv/v2 /opt
	carried 2 self
	mount --make-private /
	mkdir /mnt/peer
	mount --bind /opt/leaf /mnt/peer
	LIBMNTTUCK_ATTACH=propagation mount --tuck --reveal --carry /srv/v1 /opt
	carried 1 self
	grep -E ' /opt/leaf .* master:' /proc/self/mountinfo
}

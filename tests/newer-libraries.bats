#!/usr/bin/env bats
# Options that libmount 2.39 and later bring: alone, and with --tuck. tools/check-distros has such a libmount.

load lib.bash

setup() {
	SERVICES=()
	needs_loop_devices
	mkdir -p /srv/data
	echo data >/srv/data/file
	truncate -s 2M "$BATS_TEST_TMPDIR/image"
	mkfs.ext4 -q "$BATS_TEST_TMPDIR/image"
	DEVICE=$(losetup --find --show "$BATS_TEST_TMPDIR/image")
	mount -t tmpfs top /opt
	cd /
}

teardown() {
	local pid
	for pid in "${SERVICES[@]}"; do kill "$pid" 2>/dev/null || true; done
	while umount -l /opt 2>/dev/null; do :; done
	umount -l /mnt 2>/dev/null || true
	losetup -d "$DEVICE" || true
}

# owner FILE: who it belongs to, as that mount shows it.
owner() { stat -c %u:%g "$1"; }

@test "--onlyonce mounts once, and not where the source is mounted already" {
	needs_libmount 2.39
	mount --onlyonce "$DEVICE" /mnt
	unchanged mount --onlyonce "$DEVICE" /mnt
	[[ $status -eq 32 && $output == *"already mounted"* ]]
	mount --onlyonce "$DEVICE" /srv
	umount /srv
}

@test "--tuck does not go with --onlyonce, and says so" {
	needs_libmount 2.39
	unchanged mount --tuck --onlyonce "$DEVICE" /opt
	[[ $status -eq 1 ]]
	[[ $output == "mount: --tuck goes beneath what is mounted: it doesn't go with --onlyonce" ]]
}

@test "--exclusive gets a filesystem for itself, or fails" {
	needs_libmount 2.42
	mount --exclusive "$DEVICE" /mnt
	unchanged mount --exclusive "$DEVICE" /srv
	[[ $status -eq 32 ]]
}

@test "--tuck --exclusive goes beneath with a filesystem for itself, or fails and changes nothing" {
	needs_libmount 2.42
	mount "$DEVICE" /mnt
	unchanged mount --tuck --exclusive "$DEVICE" /opt
	[[ $status -eq 32 ]]
	unchanged mount --tuck --exclusive -t ext4 "$DEVICE" /opt
	[[ $status -eq 32 ]]
	umount /mnt
	mount --tuck --exclusive -t ext4 "$DEVICE" /opt
	[[ $(stack /opt) == "$DEVICE"$'\n'top ]]
}

@test "--map-users and --map-groups show a bind's files as others', also beneath" {
	needs_libmount 2.39
	mount --map-users 0:1000:1 --map-groups 0:2000:1 --bind /srv/data /mnt
	[[ $(owner /mnt/file) == 1000:2000 && $(owner /srv/data/file) == 0:0 ]]
	mount --tuck --map-users 0:1000:1 --map-groups 0:2000:1 --bind /srv/data /opt
	[[ $(stack /opt) == /srv/data$'\n'top ]]
	umount /opt
	[[ $(owner /opt/file) == 1000:2000 ]]
}

@test "--map-users takes the map of a process's user namespace, also beneath" {
	needs_libmount 2.39
	unshare --user --map-users 0:1000:1 --map-groups 0:3000:1 sleep 1000 3>&- &
	SERVICES+=($!)
	until grep -q 3000 "/proc/$!/gid_map"; do sleep 0.05; done
	mount --map-users "/proc/$!/ns/user" --bind /srv/data /mnt
	[[ $(owner /mnt/file) == 1000:3000 ]]
	mount --tuck --map-users "/proc/$!/ns/user" --bind /srv/data /opt
	umount /opt
	[[ $(owner /opt/file) == 1000:3000 ]]
}

@test "X-mount.idmap maps the owners of a bind and of a filesystem that goes beneath" {
	needs_libmount 2.39
	mount --tuck -o X-mount.idmap=b:0:1000:1 "$DEVICE" /opt
	mount --tuck --bind -o X-mount.idmap=b:0:4000:1 /srv/data /opt
	[[ $(stack /opt) == "$DEVICE"$'\n'/srv/data$'\n'top ]]
	umount /opt
	[[ $(owner /opt/file) == 4000:4000 ]]
	umount /opt
	[[ $(owner /opt/lost+found) == 1000:1000 ]]
}

@test "a map that the kernel does not take fails, and nothing goes beneath" {
	needs_libmount 2.39
	unchanged mount --tuck --bind -o X-mount.idmap=b:0:1000:0 /srv/data /opt
	[[ $status -eq 32 || $status -eq 1 ]]
}

@test "X-mount.owner, .group and .mode are the new root's, beneath and not of the top" {
	needs_libmount 2.39
	mount --tuck -t tmpfs -o X-mount.owner=3,X-mount.group=4,X-mount.mode=0700 new /opt
	[[ $(stat -c '%u:%g %a' /opt) == "0:0 1777" ]]
	umount /opt
	[[ $(stat -c '%u:%g %a' /opt) == "3:4 700" ]]
}

@test "X-mount.subdir shows a directory of a filesystem, also beneath, and with an owner's map" {
	needs_libmount 2.39
	mount "$DEVICE" /mnt
	mkdir /mnt/sub
	echo sub >/mnt/sub/file
	umount /mnt
	mount --tuck -o X-mount.subdir=sub "$DEVICE" /opt
	[[ $(stack /opt) == /sub$'\n'top ]]
	mount --tuck -o X-mount.subdir=sub,X-mount.idmap=b:0:1000:1 "$DEVICE" /opt
	[[ $(stack /opt) == /sub$'\n'/sub$'\n'top ]]
	umount /opt
	[[ $(owner /opt/file) == 1000:1000 && $(</opt/file) == sub ]]
}

@test "mount shows the kernel's own words for an option that a filesystem does not know, and so does --tuck" {
	needs_libmount 2.41
	unchanged mount -t tmpfs -o bogus new /mnt
	[[ $status -eq 32 && $output == *"Unknown parameter 'bogus'"* ]]
	unchanged mount --tuck -t tmpfs -o bogus new /opt
	[[ $status -eq 32 && $output == *"Unknown parameter 'bogus'"* ]]
}

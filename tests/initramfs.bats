#!/usr/bin/env bats
# initramfs/tuck-boot, with /srv/root for the root filesystem that an initramfs has mounted, and files for the kernel's command
# line and log. With an initramfs: tests/system/initramfs.

load lib
bats_require_minimum_version 1.5.0

setup() {
	SERVICES=()
	cd /
	mkdir -p /srv/root/{usr,mnt,srv}
	versions 1 2
	cp -r /srv/v2 /srv/root/srv/v2
	mount --bind /srv/v1 /srv/root/usr
	touch /tmp/cmdline /tmp/kmsg
	mount --bind /tmp/cmdline /proc/cmdline
	mount --bind /tmp/kmsg /dev/kmsg
	sed "s,@mount@,$MOUNT_TUCK_BUILD/mount,g" "$MOUNT_TUCK_SRC/initramfs/tuck-boot.in" >/tmp/tuck-boot
}

# boot WORD...: run it with these words on the kernel's command line.
boot() {
	echo "root=/dev/vda $* quiet" >/tmp/cmdline
	sh /tmp/tuck-boot /srv/root
}

@test "tuck-boot replaces what is mounted by what the command line names, with its options, and notes nothing in utab" {
	run -0 boot mount_tuck=/usr:/srv/v2:bind,nosuid
	echo "$output"
	[ -z "$output" ]
	[ "$(</srv/root/usr/version)" = 2 ]
	[ "$(stack /srv/root/usr)" = /srv/root/srv/v2 ]
	[[ $(findmnt -no VFS-OPTIONS /srv/root/usr) == *nosuid* ]]
	[ "$(</tmp/kmsg)" = "<5>mount-tuck: /usr: /srv/v2 is mounted" ]
	[ ! -s /run/mount/utab ]
}

@test "tuck-boot mounts an image of the root filesystem read-only, a device and a tag as they are named" {
	needs_loop_devices
	mksquashfs /srv/v2 /srv/root/srv/v2.squashfs -quiet >/dev/null
	run -0 boot mount_tuck=/usr:/srv/v2.squashfs
	[ "$(</srv/root/usr/version)" = 2 ]
	[[ $(findmnt -no VFS-OPTIONS /srv/root/usr) == ro* ]]
	[ "$(stack /srv/root/usr | wc -l)" -eq 1 ]
	run -0 boot mount_tuck=/usr:/dev/none mount_tuck=/mnt:LABEL=none
	[ "$(grep -c '<3>mount-tuck: /usr: /dev/none is not mounted: .*/dev/none' /tmp/kmsg)" -eq 1 ]
	[ "$(grep -c '<3>mount-tuck: /mnt: LABEL=none is not mounted: .*LABEL=none' /tmp/kmsg)" -eq 1 ]
	[ "$(</srv/root/usr/version)" = 2 ]
}

@test "tuck-boot takes a path with an equals sign for the path of an image, and no tag" {
	needs_loop_devices
	mkdir /srv/root/srv/disk=2
	mksquashfs /srv/v2 /srv/root/srv/disk=2/usr=2.squashfs -quiet >/dev/null
	run -0 boot mount_tuck=/usr:/srv/disk=2/usr=2.squashfs
	cat /tmp/kmsg
	[ "$(</srv/root/usr/version)" = 2 ]
	# A device's path is one of the initramfs.
	run -0 boot mount_tuck=/usr:/dev/disk=none
	[[ $(</tmp/kmsg) == *"<3>mount-tuck: /usr: /dev/disk=none is not mounted: "* && $(</tmp/kmsg) != *"/srv/root/dev"* ]]
}

@test "tuck-boot simply mounts where nothing is mounted" {
	run -0 boot mount_tuck=/mnt:/srv/v2:bind
	[ "$(stack /srv/root/mnt)" = /srv/root/srv/v2 ]
	[ "$(stack /srv/root/usr)" = /srv/v1 ]
}

@test "tuck-boot leaves what was mounted where it fails, says why, and goes on with the next word" {
	before=$(stack /srv/root/usr)
	run -0 boot mount_tuck=/usr:/srv/none:bind mount_tuck=usr:/srv/v2 mount_tuck= mount_tuck=/mnt:/srv/v2:bind
	[ "$(stack /srv/root/usr)" = "$before" ]
	[ "$(stack /srv/root/mnt)" = /srv/root/srv/v2 ]
	grep -q '^<3>mount-tuck: /usr: /srv/none is not mounted: .*/srv/root/srv/none' /tmp/kmsg
	grep -qx '<3>mount-tuck: mount_tuck=usr:/srv/v2 is not mount_tuck=TARGET:SOURCE\[:OPTIONS\]' /tmp/kmsg
}

@test "tuck-boot does nothing without a word for it, and takes no word for a pattern" {
	before=$(mount_table)
	run -0 boot mount_tuck_not=/usr:/srv/v2 'mount_tuck=/u*:/srv/v2:bind'
	[ "$(mount_table)" = "$before" ]
	[ "$(grep -c "^<3>" /tmp/kmsg)" -eq 1 ]
	[[ $(</tmp/kmsg) == *"/u*: /srv/v2 is not mounted"* ]]
}

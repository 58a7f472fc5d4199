#!/usr/bin/env bats
# The recipes of mount_tuck(7), and the README's quick start, as they are printed.

bats_require_minimum_version 1.5.0
load lib

setup() {
	SERVICES=()
	cd /srv
	mount --make-shared /
	local version
	for version in 1 2; do
		mkdir -p "/srv/$version/bin"
		echo "$version" >"/srv/$version/version"
		# Version 2 does not work.
		printf '#!/bin/sh\nexit %s\n' $((version - 1)) >"/srv/$version/bin/app"
		chmod +x "/srv/$version/bin/app"
	done
}

# images: app-1.squashfs and app-2.squashfs.
images() {
	needs_loop_devices
	for version in 1 2; do mksquashfs "/srv/$version" "/srv/app-$version.squashfs" -quiet -no-progress; done
}

# recipe HEADING [N]: the lines of the Nth example (1) below that heading.
recipe() {
	sed -n "/^\.Ss $1\$/,/^\.S[hs] /p" "$MOUNT_TUCK_SRC/man/mount_tuck.7" | sed '1d; $d' |
		awk -v wanted="${2:-1}" '/^\.Bd/ { block++; next } /^\.Ed/ { inside = 0 } block == wanted && !/^\.Ed/ && !done { inside = 1 } inside; /^\.Ed/ && block == wanted { done = 1 }'
}

@test "rollback: a version that does not work gives way to the one before" {
	images
	mount app-1.squashfs /opt
	service --propagation slave
	[[ $(recipe "Going back to the version before" | wc -l) -eq 2 ]]
	bash -ec "$(recipe "Going back to the version before")"
	[[ $(</opt/version) == 1 && $(in_service "$SERVICE" cat /opt/version) == 1 ]]
	[[ $(findmnt --raw --noheadings -o SOURCE /opt | wc -l) -eq 1 ]]
	sed -i 's/exit 1/exit 0/' /srv/2/bin/app
	rm app-2.squashfs
	mksquashfs /srv/2 /srv/app-2.squashfs -quiet -no-progress
	bash -ec "$(recipe "Going back to the version before")"
	[[ $(</opt/version) == 2 && $(in_service "$SERVICE" cat /opt/version) == 2 ]]
}

@test "a configuration file is replaced, here and in a service" {
	local first second
	first=$(recipe "One configuration file" | head -n 1)
	second=$(recipe "One configuration file" | tail -n 1)
	mount -t tmpfs etc /etc
	mkdir /etc/app
	echo one >/etc/app/conf-1
	echo two >/etc/app/conf-2
	touch /etc/app.conf
	bash -ec "$first"
	[[ $(</etc/app.conf) == one ]]
	service --propagation slave
	bash -ec "$second"
	[[ $(</etc/app.conf) == two && $(in_service "$SERVICE" cat /etc/app.conf) == two ]]
}

@test "an entry of fstab: the new image in the place of the old one, and the mount point" {
	images
	recipe "An entry of fstab" >/etc/fstab
	cp app-1.squashfs app.squashfs
	mount /opt
	service --propagation slave
	bash -ec "$(recipe "An entry of fstab" 2)"
	[[ $(</opt/version) == 2 && $(in_service "$SERVICE" cat /opt/version) == 2 ]]
	[[ $(findmnt --raw --noheadings -o OPTIONS /opt) == *nodev* ]]
}

@test "units of systemd: systemd takes the drop-in as it is" {
	command -v systemd-analyze >/dev/null || skip "systemd-analyze is missing"
	mkdir -p /srv/units/tuck@opt.service.d
	sed "s,@mount@,$MOUNT_TUCK_BUILD/mount," "$MOUNT_TUCK_SRC/systemd/tuck@.service.in" >/srv/units/tuck@.service
	recipe "Units of systemd" >/srv/units/tuck@opt.service.d/override.conf
	[[ $(wc -l </srv/units/tuck@opt.service.d/override.conf) -eq 3 ]]
	SYSTEMD_UNIT_PATH=/srv/units: run -0 systemd-analyze verify --man=no /srv/units/tuck@opt.service
	[[ -z $output ]]
}

@test "README's quick start replaces a version" {
	local commands
	images
	# Its first line builds and installs.
	commands=$(sed -n '/^## Quick start/,/^## /p' "$MOUNT_TUCK_SRC/README.md" | grep '^    ')
	[[ $(wc -l <<<"$commands") -eq 5 ]]
	mkdir /srv/bin
	for program in mount umount findmnt; do ln -s "$MOUNT_TUCK_BUILD/$program" "/srv/bin/tuck-$program"; done
	service --propagation slave
	export PATH=/srv/bin:$PATH
	run bash -ec "$(sed '1d; $d' <<<"$commands")"
	[[ $status -eq 0 && $output == *VERDICT*SHOWS* ]]
	[[ $(</opt/version) == 2 && $(in_service "$SERVICE" cat /opt/version) == 2 ]]
	# The last line lists who is left.
	run bash -c "$(tail -n 1 <<<"$commands") 2>/dev/null"
	[[ $status -ne 127 && $output != *"/opt "* ]]
}

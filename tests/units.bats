#!/usr/bin/env bats
# systemd/: what the installed units say, and the command of tuck@.service without systemd (with it: tests/system/tuck-unit).

load lib
bats_require_minimum_version 1.5.0

setup() {
	SERVICES=()
	unit=$MOUNT_TUCK_BUILD/systemd/tuck@.service
	[[ -e $unit ]] || skip "no units are built: pkg-config knows no systemd"
	for version in 1 2; do
		mkdir "/srv/v$version"
		echo "$version" >"/srv/v$version/version"
	done
	mkdir /srv/current
	echo '/srv/current /opt none bind 0 0' >/etc/fstab
}

# start PATH: what the unit's ExecStart= does, with this build's mount where it is going to be installed.
start() {
	local words
	words=$(sed -n 's/^ExecStart=//p' "$unit" | sed "s, /[^ ]*/mount , $MOUNT_TUCK_BUILD/mount ,g; s, %f$, $1,")
	[[ $words == *" $1" && $words == *"$MOUNT_TUCK_BUILD/mount"* ]]
	eval "$words"
}

@test "tuck@.service mounts what fstab says where nothing is mounted" {
	mount --bind /srv/v1 /srv/current
	run -0 start /opt
	[[ $(cat /opt/version) == 1 ]]
}

@test "tuck@.service replaces what is mounted by what fstab says, and leaves nothing beneath" {
	mount --bind /srv/v1 /opt
	mount --make-private /opt
	mount --make-shared /opt
	service --propagation slave
	mount --bind /srv/v2 /srv/current
	run -0 start /opt
	[[ $(stack /opt) == /srv/v2 ]]
	[[ $(in_service "$SERVICE" cat /opt/version) == 2 ]]
}

@test "tuck@.service fails as mount does, and the old version stays" {
	mount --bind /srv/v1 /opt
	before=$(mount_table)
	rmdir /srv/current
	run -32 start /opt
	[[ $output == *"/srv/current"* ]]
	[[ $(mount_table) == "$before" ]]
}

@test "tuck@.service gives what it runs no mount namespace of its own" {
	run -1 grep -E '^(Private|Protect|DynamicUser|.*Paths=|.*Directory=|MountFlags|RootImage|MountAPIVFS)' "$unit"
}

@test "the installed units name the installed mount, and systemd finds nothing wrong with them" {
	command -v systemd-analyze >/dev/null || skip "systemd-analyze is missing"
	mkdir /srv/units
	sed "s, /[^ ]*/mount , $MOUNT_TUCK_BUILD/mount ,g" "$unit" >/srv/units/tuck@.service
	cp "$MOUNT_TUCK_SRC/systemd/tuck@.path" /srv/units/
	run -0 systemd-analyze verify --man=no /srv/units/tuck@opt.service /srv/units/tuck@opt.path
	[[ -z $output ]]
}

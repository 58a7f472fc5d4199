#!/usr/bin/env bats
# Flags (ro, nosuid, nodev, noexec) that a service's copy of the old version has of its own, as a service manager sets them: the
# plan tells them, and a reveal sets them on the new version, too.

bats_require_minimum_version 1.5.0
load lib

setup() {
	SERVICES=()
	cd /
	versions 1 2
	mount --bind /srv/v1 /opt
	mount --make-private /opt
	mount --make-shared /opt
}

# flags PATH [PID]: those of the mount that shows there, a word each.
flags() {
	in_service "${2:-self}" env PATH=/usr/bin:/bin findmnt --noheadings --output VFS-OPTIONS --target "$1" |
		tr , '\n' | grep -xE 'ro|nosuid|nodev|noexec' | tr '\n' ' '
}

# strict: a service in which /opt is read-only and has no programs, as ProtectSystem=strict and NoExecPaths= make it.
strict() {
	service --propagation "${1:-slave}"
	in_service "$SERVICE" mount -o remount,bind,ro,noexec,nosuid /opt
	[ "$(flags /opt "$SERVICE")" = "ro nosuid noexec " ]
}

@test "mount --tuck --reveal keeps the flags that /opt has in a service alone, and sets none elsewhere" {
	strict
	service --propagation slave
	run mount --tuck --reveal /srv/v2 /opt
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ "$(flags /opt "${SERVICES[0]}")" = "ro nosuid noexec " ]
	[ "$(in_service "${SERVICES[0]}" cat /opt/version)" = 2 ]
	[ -z "$(flags /opt "${SERVICES[1]}")" ]
	[ -z "$(flags /opt)" ]
	touch /opt/here
	run ! in_service "${SERVICES[0]}" touch /opt/there
	# And the next time.
	mount --tuck --reveal /srv/v1 /opt
	[ "$(flags /opt "${SERVICES[0]}")" = "ro nosuid noexec " ]
	[ -z "$(flags /opt)" ]
}

@test "umount --reveal keeps them, too, where the service is a peer" {
	strict shared
	mount --tuck /srv/v2 /opt
	umount --reveal /opt
	[ "$(flags /opt "$SERVICE")" = "ro nosuid noexec " ]
}

@test "what the host set is not the service's: a version without it loses it everywhere" {
	mount -o remount,bind,nosuid /opt
	service --propagation slave
	in_service "$SERVICE" mount -o remount,bind,nosuid,ro /opt
	mount --tuck --reveal /srv/v2 /opt
	[ "$(flags /opt "$SERVICE")" = "ro " ]
	[ -z "$(flags /opt)" ]
}

@test "the plan tells which flags a place has of its own, and the same is printed after the fact" {
	strict
	ns=$(stat -Lc %i "/proc/$SERVICE/ns/mnt")
	wanted="In mount namespace $ns, /opt has flags of its own, which the reveal sets on the new version, too: ro,nosuid,noexec"
	unchanged mount --tuck --reveal --fake --verbose /srv/v2 /opt
	says "$wanted"
	# A version that has them needs none set.
	unchanged mount --tuck --reveal --fake --verbose -o ro,noexec /srv/v2 /opt
	says "too: nosuid"
	mount --tuck -o nosuid /srv/v2 /opt
	unchanged umount --reveal --fake --verbose /opt
	says "too: ro,noexec"
	run umount --reveal --verbose /opt
	[ "$status" -eq 0 ]
	says "too: ro,noexec"
	[ "$(flags /opt "$SERVICE")" = "ro nosuid noexec " ]
}

@test "where the service stays on the old version, nothing is set and nothing told" {
	strict
	in_service "$SERVICE" mount --bind /srv/v1/sub /opt/sub
	run mount --tuck --reveal=force --verbose /srv/v2 /opt
	[ "$status" -eq 64 ]
	[[ $output != *"flags of its own"* ]]
	[ "$(flags /opt)" = "" ]
}

# setattr COMMAND...: how often it calls mount_setattr(2).
setattr() {
	ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 strace -f -qq -e signal=none -o /srv/calls -e trace=mount_setattr "$@"
	grep -c 'mount_setattr(' /srv/calls
}

@test "a program that writes already keeps ro away, not the other flags; the service is named, with status 64" {
	strict
	mount --tuck /srv/v2 /opt
	before=$(setattr umount --reveal --fake /opt) || true
	# The kernel's answer while a file is open for writing, which happens too quickly for a test.
	run env ASAN_OPTIONS="${ASAN_OPTIONS:-}":detect_leaks=0 strace -f -qq -o /dev/null \
		-e "inject=mount_setattr:error=EBUSY:when=$((before + 1))" umount --reveal /opt
	[ "$status" -eq 64 ]
	says "revealed, but flags that were set there alone could not be set on the new version at /opt in the mount namespace of process $SERVICE (sleep) (ro,nosuid,noexec: Device or resource busy)"
	[ "$(flags /opt "$SERVICE")" = "nosuid noexec " ]
	[ "$(in_service "$SERVICE" cat /opt/version)" = 2 ]
}

#!/usr/bin/env bats
# Whom a reveal changes, and how: services and containers that have changed their own mounts are neither in the way for no
# reason, nor do they lose what they have mounted, nor are they left on the old version without being told.

bats_require_minimum_version 1.5.0
load lib

setup() {
	SERVICES=()
	cd /
	versions 1 2 3
	mount --make-shared /
}

# first_version: mount it, in a peer group of its own.
first_version() {
	mount --bind /srv/v1 /opt
	mount --make-private /opt
	mount --make-shared /opt
}

# seen PID: the version that the process sees.
seen() {
	cat "/proc/$1/root/opt/version" 2>/dev/null || echo none
}

@test "a root that was moved over the namespace's own is no obstacle: the old version goes in both" {
	mkdir /unit-root
	prepared slave "mount --rbind / /unit-root; cd /unit-root; mount --move . /; run='chroot .'"
	first_version
	[ "$(seen "$SERVICE")" = 1 ]
	run mount --tuck --reveal --fake --verbose /srv/v2 /opt
	[ "$status" -eq 0 ]
	run mount --tuck --reveal /srv/v2 /opt
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ "$(</opt/version)" = 2 ]
	[ "$(seen "$SERVICE")" = 2 ]
	mount --tuck /srv/v3 /opt
	umount --reveal /opt
	[ "$(seen "$SERVICE")" = 3 ]
}

@test "a service that bound the target on itself before the first mount gets the new version, as a peer and as a slave" {
	prepared slave "mount --make-rshared /; mount --bind /opt /opt"
	peer=$SERVICE
	prepared slave "mount --bind /opt /opt"
	slave=$SERVICE
	first_version
	[ "$(seen "$peer") $(seen "$slave")" = "1 1" ]
	run mount --tuck --reveal /srv/v2 /opt
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ "$(seen "$peer") $(seen "$slave")" = "2 2" ]
	mount --tuck /srv/v3 /opt
	umount --reveal /opt
	[ "$(seen "$peer") $(seen "$slave")" = "3 3" ]
}

@test "reveal-propagates refuses to take what a service has mounted instead of the target, and its remedy works" {
	first_version
	prepared slave "umount /opt; mount -t tmpfs hidden /opt"
	[ "$(seen "$SERVICE")" = none ]
	unchanged mount --tuck --reveal --fake /srv/v2 /opt
	refused reveal-propagates
	for force in "" =force; do
		unchanged mount --tuck --reveal$force /srv/v2 /opt
		refused reveal-propagates
		says "also take what is mounted instead of the old version at /opt in the mount namespace of process $SERVICE"
	done
	[ "$(seen "$SERVICE")" = none ]
	follow_remedy
	mount --tuck --reveal /srv/v2 /opt
	[ "$(</opt/version) $(seen "$SERVICE")" = "2 none" ]
	# Once is enough: now a copy of the old version lies beneath the cover.
	mount --tuck --reveal /srv/v3 /opt
	[ "$(</opt/version) $(seen "$SERVICE")" = "3 none" ]
}

# stays COMMANDS...: what the service's commands have put instead of the old version, with a mount on it, stays there.
stays() {
	first_version
	prepared slave "$*; mkdir /opt/own; mount -t tmpfs inside /opt/own"
	run mount --tuck --reveal /srv/v2 /opt
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ "$(</opt/version) $(seen "$SERVICE")" = "2 none" ]
	in_service "$SERVICE" mountpoint -q /opt/own
}

@test "a cover that a service has put over its copy stays, and is no obstacle" {
	stays "mount -t tmpfs hidden /opt"
}

@test "a mask with mounts of its own on it stays, and is no obstacle" {
	stays "umount /opt; mount -t tmpfs hidden /opt"
}

@test "reveal-incomplete refuses where a service has bound the old version on its own copy, and its remedy works" {
	first_version
	prepared slave "mount --bind /opt /opt; mount --make-private /opt"
	unchanged mount --tuck --reveal /srv/v2 /opt
	refused reveal-incomplete
	says "the old version would stay at /opt in the mount namespace of process $SERVICE (sleep) (kept by /opt)"
	run follow_remedy
	[ "$status" -eq 64 ]
	says "following: mount --tuck --reveal=force /srv/v2 /opt"
	says "the old version stays at /opt in the mount namespace of process $SERVICE (sleep)"
	[ "$(</opt/version) $(seen "$SERVICE")" = "2 1" ]
}

@test "reveal-incomplete names all services that keep the old version, and all mounts that keep it" {
	mkdir -p /srv/v1/other /srv/v1/dir/deep
	first_version
	prepared slave "mount -t tmpfs own /opt/sub"
	first=$SERVICE
	prepared slave "mount -t tmpfs own /opt/sub; mount -t tmpfs own /opt/other; mount -t tmpfs own /opt/dir/deep"
	unchanged mount --tuck --reveal /srv/v2 /opt
	refused reveal-incomplete
	says "/opt in the mount namespace of process $first (sleep) (kept by /opt/sub), /opt in"
	says "process $SERVICE (sleep) (kept by /opt/sub, /opt/other, /opt/dir/deep)"
	run follow_remedy
	[ "$status" -eq 64 ]
	[ "$(</opt/version) $(seen "$first") $(seen "$SERVICE")" = "2 1 1" ]
}

@test "a container that bound the old version itself is planned, named with 64, and the command that is told works" {
	first_version
	mkdir /root-of
	prepared slave "mount -t tmpfs r /root-of; mkdir /root-of/data; mount --bind /opt /root-of/data; mount --make-slave /root-of/data"
	run mount --tuck --reveal --fake --verbose /srv/v2 /opt
	[ "$status" -eq 0 ]
	[[ $output =~ /root-of/data\ +-\ +\(stays\) ]]
	run --separate-stderr mount --tuck --reveal /srv/v2 /opt
	[ "$status" -eq 64 ]
	[ -z "$output" ]
	output=$stderr
	echo "$output"
	says "the old version stays at /root-of/data in the mount namespace of process $SERVICE (sleep), where nothing is passed on to"
	says "mount --namespace $SERVICE --source-namespace=caller --tuck --reveal /opt /root-of/data"
	[ "$(in_service "$SERVICE" cat /root-of/data/version)" = 1 ]
	follow_remedy
	[ "$(in_service "$SERVICE" cat /root-of/data/version)" = 2 ]
	[ "$(seen "$SERVICE")" = 2 ]
}

@test "findmnt --propagation=receivers lists a container that bound the old version itself as one that stays" {
	first_version
	mkdir /root-of
	prepared slave "mount -t tmpfs r /root-of; mkdir /root-of/data; mount --bind /opt /root-of/data; mount --make-slave /root-of/data"
	# 64: in a pid namespace the kernel does not list the namespaces without a process.
	run --separate-stderr findmnt --propagation=receivers --namespaces -n -r -o TARGET,ACTION,PID /opt
	echo "$output"
	[[ $status -eq 0 || $status -eq 64 ]]
	[ "$(sed "s/ $SERVICE\$/ there/; s/ [0-9]*\$/ here/" <<<"$output" | sort)" = $'/opt tuck here\n/opt tuck there\n/root-of/data stays there' ]
}

@test "--namespace works where the other namespace has a /proc of its own, which does not know the caller" {
	local kernel kernels=("" 6.12 6.1)
	# Nothing can be preloaded before AddressSanitizer.
	[[ -z ${MOUNT_TUCK_SANITIZED:-} ]] || kernels=("")
	no_leak_check
	first_version
	unshare --mount --pid --fork --mount-proc --propagation slave sh -c "echo >/tmp/up; exec sleep 1000" 3>&- &
	SERVICES+=($!)
	for ((i = 0; i < 100; i++)); do [[ ! -e /tmp/up ]] || break; sleep 0.1; done
	SERVICE=$(cat "/proc/$!/task/$!/children")
	SERVICE=${SERVICE% }
	SERVICES+=("$SERVICE")
	inode=$(stat -Lc %i "/proc/$SERVICE/ns/mnt")
	for kernel in "${kernels[@]}"; do
		export MOUNT_TUCK_TEST_KERNEL=$kernel
		[[ -z $kernel ]] || export LD_PRELOAD=$MOUNT_TUCK_BUILD/older-kernel.so
		run mount --namespace "$SERVICE" --source-namespace=caller --tuck --reveal --fake --verbose /srv/v2 /opt
		echo "$kernel: $output"
		[ "$status" -eq 0 ]
		[[ $output =~ $inode\ +/opt\ +.*/srv/v2 ]]
		run findmnt -N "$SERVICE" --propagation=receivers -n -r -o TARGET,ACTION /opt
		[ "$output" = "/opt tuck" ]
		run mount --namespace "$SERVICE" --source-namespace=caller --tuck /srv/v2 /opt
		[ "$status" -eq 0 ]
		[ -z "$output" ]
		run umount --namespace "$SERVICE" --reveal /opt
		[ "$status" -eq 0 ]
		[ -z "$output" ]
		[ "$(</opt/version) $(seen "$SERVICE")" = "1 2" ]
	done
}

@test "where the old version is shown in the caller's own namespace, too, the plan lists it, with status 0" {
	first_version
	mkdir /other
	mount --bind /srv/v1 /other
	mount --make-private /other
	unchanged mount --tuck --reveal --fake --verbose /srv/v2 /opt
	[[ $status -eq 0 && $output == *"/other"* ]]
	run mount --tuck --reveal /srv/v2 /opt
	[[ $status -eq 0 && -z $output && $(</other/version) == 1 ]]
}

@test "a service's copy of the mount that the old version was bound from is not left behind" {
	mkdir -p /srv/from
	mount -t tmpfs from /srv/from
	mount --make-private /srv/from
	echo 1 >/srv/from/version
	mount --bind /srv/from /opt
	mount --make-private /opt
	mount --make-shared /opt
	service --propagation slave
	run mount --tuck --reveal /srv/v2 /opt
	[[ $status -eq 0 && -z $output && $(seen "$SERVICE") == 2 ]]
}

@test "a container in a less privileged user namespace is never a reason to refuse, and is named" {
	first_version
	unshare --user --map-root-user true 2>/dev/null || skip "user namespaces can't be made here"
	prepared slave "mount -t tmpfs own /opt/sub" # keeps the test honest: this one is a reason
	unchanged mount --tuck --reveal /srv/v2 /opt
	refused reveal-incomplete
	kill "$SERVICE"
	SERVICES=()
	mkfifo /tmp/up
	unshare --user --map-root-user --mount --propagation slave sh -ec "mount -t tmpfs own /opt/sub; echo >/tmp/up; exec sleep 1000" 3>&- &
	SERVICE=$!
	read -r _ </tmp/up
	run mount --tuck --reveal /srv/v2 /opt
	echo "$output"
	[ "$status" -eq 64 ]
	says "the old version stays at /opt in the mount namespace of process $SERVICE (sleep)"
	[ "$(</opt/version) $(seen "$SERVICE")" = "2 1" ]
}

# user_namespace COMMANDS: run COMMANDS as nobody in a user namespace and a mount namespace of its own, whose mounts are slaves;
# sets SERVICE to a process that stays there.
user_namespace() {
	setpriv --reuid=65534 --regid=65534 --clear-groups unshare --user --map-root-user true 2>/dev/null ||
		skip "user namespaces can't be made here"
	rm -f /tmp/up
	mkfifo -m 666 /tmp/up
	chmod 1777 /tmp
	setpriv --reuid=65534 --regid=65534 --clear-groups unshare --user --map-root-user --mount --propagation slave \
		sh -ec "$1; echo >/tmp/up; exec sleep 1000" 3>&- &
	SERVICE=$!
	SERVICES+=("$SERVICE")
	read -r _ </tmp/up
}

@test "an ordinary user with a mount on the old version keeps neither tuck nor reveal from being done, and is named" {
	first_version
	user_namespace "mount -t tmpfs own /opt/sub"
	mount --tuck /srv/v2 /opt
	run umount --reveal /opt
	echo "$output"
	[ "$status" -eq 64 ]
	says "the old version stays at /opt in the mount namespace of process $SERVICE (sleep)"
	[ "$(</opt/version)" = 2 ]
}

@test "an ordinary user with a cover of the target keeps neither tuck nor reveal from being done" {
	first_version
	user_namespace "mount -t tmpfs own /opt"
	mount --tuck /srv/v2 /opt
	run umount --reveal /opt
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(</opt/version)" = 2 ]
}

@test "an ordinary user where a tuck would land on top does not keep it from being done, and is named" {
	user_namespace "mkdir /tmp/bound; mount --bind /opt /tmp/bound"
	mount --bind /srv/v1 /opt
	mount --make-private /opt
	mount --make-shared /opt
	nsenter --user --mount --target "$SERVICE" umount /tmp/bound
	run mount --tuck --fake --verbose /srv/v2 /opt
	echo "$output"
	[ "$status" -eq 0 ]
	says "in the mount namespace of process $SERVICE (sleep) it also lands on top of /tmp/bound"
	run mount --tuck /srv/v2 /opt
	echo "$output"
	[ "$status" -eq 0 ]
	run umount --reveal /opt
	echo "$output"
	[ "$(</opt/version)" = 2 ]
	[ "$status" -eq 0 ]
}

@test "a container in a less privileged user namespace that masks the target is named, and no reason to refuse" {
	unshare --user --map-root-user true 2>/dev/null || skip "user namespaces can't be made here"
	first_version
	mkfifo /tmp/up
	unshare --user --map-root-user --mount --propagation slave sh -ec "echo >/tmp/up; exec sleep 1000" 3>&- &
	SERVICE=$!
	read -r _ </tmp/up
	# What comes to a container after its start is not locked there.
	mount --tuck --reveal /srv/v2 /opt
	nsenter --user --mount --target "$SERVICE" sh -ec "umount /opt; mount -t tmpfs hidden /opt"
	[ "$(seen "$SERVICE")" = none ]
	run mount --tuck --reveal /srv/v3 /opt
	echo "$output"
	[ "$status" -eq 0 ]
	says "what is mounted instead of the old version is unmounted, too, at /opt in the mount namespace of process $SERVICE (sleep)"
	[ "$(</opt/version)" = 3 ]
}

@test "mounts that the new version has at the same path are not lost" {
	first_version
	mount -t tmpfs disk /opt/sub
	echo precious >/opt/sub/record
	mkdir /stage
	mount -t tmpfs stage /stage
	mount --make-private /stage
	mkdir /stage/v2
	mount --bind /srv/v2 /stage/v2
	# Another filesystem is not the same.
	mount -t tmpfs other /stage/v2/sub
	unchanged mount --tuck --reveal --rbind /stage/v2 /opt
	refused reveal-children
	umount /stage/v2/sub
	mount --bind /opt/sub /stage/v2/sub
	run mount --tuck --reveal --rbind /stage/v2 /opt
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ "$(</opt/version) $(</opt/sub/record)" = "2 precious" ]
}

@test "what is lost elsewhere, too, is named, in the plan and after" {
	mkdir -p /data/dev/pts /chroot/dev /new/pts
	mount -t tmpfs dev /data/dev
	mkdir /data/dev/pts
	mount -t tmpfs pts /data/dev/pts
	mount --rbind /data/dev /chroot/dev
	unchanged mount --tuck --reveal --fake /new /chroot/dev
	refused reveal-children
	says "would be lost: /chroot/dev/pts, /data/dev/pts."
	run mount --tuck --reveal=force --fake --verbose /new /chroot/dev
	[ "$status" -eq 0 ]
	says "/data/dev/pts"
	run mount --tuck --reveal=force /new /chroot/dev
	[ "$status" -eq 0 ]
	says "are lost: /chroot/dev/pts, /data/dev/pts"
	run ! mountpoint -q /data/dev/pts
}

@test "--namespace: the commands of a remedy name the namespace, and work as they are printed" {
	prepared private "mount --make-shared /; mount --bind /opt /opt; mkdir -p /srv/container/data"
	unchanged mount --namespace "$SERVICE" --source-namespace=caller --tuck /srv/v2 /opt
	refused parent-propagates
	says "mount --namespace $SERVICE --make-private /opt && mount --namespace $SERVICE --make-shared /opt"
	follow_remedy
	mount --namespace "$SERVICE" --source-namespace=caller --tuck /srv/v2 /opt
	umount --namespace "$SERVICE" --reveal /opt
	[ "$(seen "$SERVICE")" = 2 ]
	unchanged umount --namespace "$SERVICE" --reveal /opt
	refused reveal-beneath
	says "umount --namespace $SERVICE /opt"
	[ ! -e /opt/version ]
}

@test "--namespace: the first mount in a container can come from the caller" {
	prepared private "mkdir -p /srv/data; mount -t tmpfs hidden /srv/v1"
	unchanged mount --namespace "$SERVICE" --source-namespace=caller --tuck /srv/v1 /srv/data
	refused target-mounted
	follow_remedy
	[ "$(in_service "$SERVICE" cat /srv/data/version)" = 1 ]
	[ ! -e /srv/data/version ]
}

@test "--namespace: target-locked from the host names the namespace" {
	unshare --user --map-root-user true 2>/dev/null || skip "user namespaces can't be made here"
	first_version
	mkfifo /tmp/up
	unshare --user --map-root-user --mount --propagation slave sh -ec "echo >/tmp/up; exec sleep 1000" 3>&- &
	SERVICE=$!
	SERVICES+=("$SERVICE")
	read -r _ </tmp/up
	unchanged mount --namespace "$SERVICE" --source-namespace=caller --tuck /srv/v2 /opt
	refused target-locked
	says "mount --namespace $SERVICE --rbind /opt /opt"
	follow_remedy
	mount --namespace "$SERVICE" --source-namespace=caller --tuck --reveal /srv/v2 /opt
	[ "$(</opt/version) $(seen "$SERVICE")" = "1 2" ]
}

@test "reveal-incomplete names the systemd services that are to be restarted, and does not undo their protection" {
	first_version
	prepared slave "mount -t tmpfs own /opt/sub"
	first=$SERVICE
	prepared slave "mount -t tmpfs own /opt/sub"
	echo "0::/system.slice/db@1.service/worker" >/tmp/first
	echo "0::/system.slice/web.service" >/tmp/second
	mount --bind /tmp/first "/proc/$first/cgroup"
	mount --bind /tmp/second "/proc/$SERVICE/cgroup"
	unchanged mount --tuck --reveal /srv/v2 /opt
	refused reveal-incomplete
	says "process $first (sleep), db@1.service (kept by /opt/sub)"
	says "process $SERVICE (sleep), web.service (kept by /opt/sub)"
	[[ $output != *umount* ]]
	# They are followed as they are printed. A restarted service has the new version below its own mounts.
	mkdir /tmp/bin
	printf '#!/bin/sh\necho "restarts: $*"\n' >/tmp/bin/systemctl
	chmod +x /tmp/bin/systemctl
	[ "$(remedy | wc -l)" -eq 2 ]
	[[ $(remedy) =~ "systemctl restart "(db@1.service web.service|web.service db@1.service)$ ]]
	PATH=/tmp/bin:$PATH run bash -c "$(remedy)"
	says "restarts: restart"
	[ "$(</opt/version) $(seen "$first") $(seen "$SERVICE")" = "2 1 1" ]
	# A session, or a process that no unit has started.
	echo "0::/user.slice/user-0.slice/session-1.scope" >/tmp/first
	echo "0::/" >/tmp/second
	prepared slave "mount -t tmpfs own /opt/sub"
	unchanged mount --tuck --reveal /srv/v3 /opt
	refused reveal-incomplete
	[ "$(remedy)" = "mount --tuck --reveal=force /srv/v3 /opt" ]
}

@test "a namespace of which the kernel lists a part, as to a root directory in an initramfs, is read in another way" {
	needs_kernel_feature namespace-walk
	first_version
	prepared slave "mount -t tmpfs own /opt/sub"
	export MOUNT_TUCK_TEST_KERNEL=initramfs
	LD_PRELOAD=$MOUNT_TUCK_BUILD/older-kernel.so ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0 \
		unchanged mount --tuck --reveal /srv/v2 /opt
	refused reveal-incomplete
}

@test "reveal-incomplete names no unit that is not the system manager's, and no user's manager" {
	first_version
	prepared slave "mount -t tmpfs own /opt/sub"
	for group in /user.slice/user-1000.slice/user@1000.service/app.slice/app.scope \
		/machine.slice/machine-c1.scope/payload/system.slice/nginx.service \
		/machine.slice/libpod-1.scope/container/system.slice/nginx.service; do
		echo "0::$group" >/tmp/group
		mount --bind /tmp/group "/proc/$SERVICE/cgroup"
		unchanged mount --tuck --reveal /srv/v2 /opt
		refused reveal-incomplete
		[[ $output != *systemctl* && $output != *.service* ]]
		umount "/proc/$SERVICE/cgroup"
	done
	# A container's manager that is a service of the system's.
	echo "0::/machine.slice/systemd-nspawn@c1.service/payload/system.slice/nginx.service" >/tmp/group
	mount --bind /tmp/group "/proc/$SERVICE/cgroup"
	unchanged mount --tuck --reveal /srv/v2 /opt
	says "process $SERVICE (sleep), systemd-nspawn@c1.service (kept by /opt/sub)"
}

@test "a service that reveals for itself does not call the host left behind" {
	first_version
	prepared slave "mount --make-rshared /"
	mount --tuck /srv/v2 /opt
	run in_service "$SERVICE" umount --reveal /opt
	echo "$output"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ "$(</opt/version) $(seen "$SERVICE")" = "1 2" ]
}

@test "a copy of the old version that a mount of its own keeps is no obstacle where the new version is the same directory" {
	first_version
	prepared slave "mount -t tmpfs own /opt/sub"
	mount --tuck --bind /srv/v1 /opt
	run umount --reveal /opt
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ "$(seen "$SERVICE")" = 1 ]
	# Another version is refused, and nothing changes.
	mount --tuck --bind /srv/v2 /opt
	unchanged umount --reveal /opt
	refused reveal-incomplete
	says "the old version would stay at /opt in the mount namespace of process $SERVICE"
}

# left_behind COMMANDS: a service in which these commands were run is left on version 1 by a forced update to version 2.
left_behind() {
	first_version
	prepared slave "$*"
	run mount --tuck --reveal=force /srv/v2 /opt
	[ "$status" -eq 64 ]
	[ "$(</opt/version) $(seen "$SERVICE")" = "2 1" ]
}

# told_again VERSION [ARGUMENT...]: a later update to that version, which the arguments mount (else /srv/vVERSION), tells of the
# service that still shows version 1, and ends with 64.
told_again() {
	local arguments=("${@:2}")
	[ $# -gt 1 ] || arguments=("/srv/v$1")
	run mount --tuck --reveal --fake --verbose "${arguments[@]}" /opt
	[ "$status" -eq 0 ]
	run --separate-stderr mount --tuck --reveal "${arguments[@]}" /opt
	[ "$status" -eq 64 ]
	[ -z "$output" ]
	output=$stderr
	echo "$output"
	says "an earlier version, or a mount of its own, stays at /opt in the mount namespace of process $SERVICE (sleep)"
	[ "$(</opt/version) $(seen "$SERVICE")" = "$1 1" ]
}

@test "a service that a forced update has left on an old version is told by every later update, and the command that is told works" {
	left_behind "mount -t tmpfs own /opt/sub"
	told_again 3
	mkdir /srv/v4
	echo 4 >/srv/v4/version
	told_again 4
	follow_remedy
	[ "$(</opt/version) $(seen "$SERVICE")" = "4 4" ]
	# Back to the version that it shows: then it is not left.
	mkdir /srv/v5
	run mount --tuck --reveal /srv/v5 /opt
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "a service that has bound the old version on its copy, and was left on that, is told by every later update" {
	left_behind "mount --bind /opt /opt; mount --make-private /opt"
	told_again 3
	follow_remedy
	[ "$(</opt/version) $(seen "$SERVICE")" = "3 3" ]
}

@test "a systemd service that was left behind is to be restarted, as every later update tells" {
	left_behind "mount -t tmpfs own /opt/sub"
	echo "0::/system.slice/web.service" >/tmp/group
	mount --bind /tmp/group "/proc/$SERVICE/cgroup"
	told_again 3
	[ "$(remedy)" = "systemctl restart web.service" ]
	# Together with a service that this update leaves on the old version.
	earlier=$SERVICE
	prepared slave "mount -t tmpfs own /opt/sub"
	mkdir /srv/v4
	run mount --tuck --reveal=force /srv/v4 /opt
	[ "$status" -eq 64 ]
	says "revealed, but the old version stays at /opt in the mount namespace of process $SERVICE (sleep)"
	says "An earlier version, or a mount of its own, stays at /opt in the mount namespace of process $earlier (sleep)"
	[ "$(remedy)" = "systemctl restart web.service" ]
}

@test "images: a service that was left on an earlier one is told by every later update" {
	local version
	needs_loop_devices
	for version in 1 2 3; do mksquashfs "/srv/v$version" "/srv/v$version.squashfs" -quiet >/dev/null; done
	mount /srv/v1.squashfs /opt
	mount --make-private /opt
	mount --make-shared /opt
	prepared slave "mount -t tmpfs own /opt/sub"
	run mount --tuck --reveal=force /srv/v2.squashfs /opt
	[ "$status" -eq 64 ]
	told_again 3 /srv/v3.squashfs
	# Somebody else's image over the target is its own, as long as no update has come beneath it.
	kill "$SERVICE"
	# Its loop device is free when its namespace has gone.
	for _ in {1..200}; do [[ $(losetup --associated /srv/v1.squashfs) ]] || break; sleep 0.05; done
	prepared slave "/usr/bin/mount /srv/v1.squashfs /opt"
	run mount --tuck --reveal /srv/v2.squashfs /opt
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "overlays: a service that was left on an earlier one is told by every later update" {
	first_version
	mkdir /srv/more
	umount /opt
	mount -t overlay -o lowerdir=/srv/v1:/srv/more v1 /opt
	mount --make-private /opt
	mount --make-shared /opt
	prepared slave "mount -t tmpfs own /opt/sub"
	run mount --tuck --reveal=force -t overlay -o lowerdir=/srv/v2:/srv/more v2 /opt
	[ "$status" -eq 64 ]
	told_again 3 -t overlay -o lowerdir=/srv/v3:/srv/more v3
}

@test "a filesystem that a service hides the target by is not told, however many updates come beneath it" {
	local version
	mkdir /srv/v4
	first_version
	prepared slave "mount -t tmpfs hidden /opt; mkdir /opt/own; mount -t tmpfs inside /opt/own"
	for version in 2 3 4; do
		run mount --tuck --reveal "/srv/v$version" /opt
		[ "$status" -eq 0 ]
		[ -z "$output" ]
	done
	in_service "$SERVICE" mountpoint -q /opt/own
}

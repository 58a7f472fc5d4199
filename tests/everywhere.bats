#!/usr/bin/env bats
# mount --tuck --reveal --everywhere: the new version also where the reveal does not reach.

bats_require_minimum_version 1.5.0
load lib

setup() {
	SERVICES=()
	cd /
	versions 1 2 3
	mkdir /data
	mount --bind /srv/v1 /opt
	mount --make-private /opt
	mount --make-shared /opt
}

teardown() {
	local pid
	for pid in "${SERVICES[@]}"; do kill "$pid" 2>/dev/null || true; done
}

# container [PATH]: a private mount namespace, in which /opt is also bound at PATH.
container() {
	service --propagation private
	[[ ! ${1:-} ]] || in_service "$SERVICE" mount --bind /opt "$1"
}

# version PATH [PID]: print the version that shows there.
version() {
	if [[ ${2:-} ]]; then in_service "$2" cat "$1/version"; else cat "$1/version"; fi
}

replace() {
	mount --tuck --reveal --everywhere "$@"
}

@test "--everywhere replaces what private namespaces show and have bound, and no stack gets deeper" {
	container /data
	one=$SERVICE
	container
	other=$SERVICE
	run -0 --separate-stderr replace /srv/v2 /opt
	[[ -z $output && -z $stderr ]]
	[[ $(stack /opt) == /srv/v2 ]]
	for pid in "$one" "$other"; do
		[[ $(stack /opt "$pid") == /srv/v2 && $(version /opt "$pid") == 2 ]]
	done
	[[ $(stack /data "$one") == /srv/v2 && $(version /data "$one") == 2 ]]
	# And by the next update.
	run -0 replace /srv/v3 /opt
	[[ $(stack /opt) == /srv/v3 && $(stack /opt "$other") == /srv/v3 && $(stack /data "$one") == /srv/v3 ]]
}

@test "--everywhere: without it these places stay" {
	container /data
	run mount --tuck --reveal /srv/v2 /opt
	[[ $(version /opt "$SERVICE") == 1 && $(version /data "$SERVICE") == 1 ]]
}

@test "--everywhere: --verbose tells each place" {
	container /data
	number=$(stat -Lc %i "/proc/$SERVICE/ns/mnt")
	run -0 replace --verbose /srv/v2 /opt
	says "mount: replaced at /data in mount namespace $number of process $SERVICE (sleep)."
	says "mount: replaced at /opt in mount namespace $number of process $SERVICE (sleep)."
}

@test "--everywhere: the plan lists the places, and --fake changes nothing" {
	container /data
	number=$(stat -Lc %i "/proc/$SERVICE/ns/mnt")
	unchanged replace --fake --verbose /srv/v2 /opt
	[[ $status -eq 0 ]]
	for path in /data /opt; do
		[[ $(tr -s ' ' <<<"$output") == *"$number $path "*"[/srv/v1] "*"[/srv/v1] /srv/v2"* ]] || { echo "$output"; return 1; }
	done
	[[ $output != *stays* ]]
}

@test "--everywhere: a place with mounts on it is told, and stays as it was" {
	container /data
	in_service "$SERVICE" mount -t tmpfs own /data/sub
	before=$(in_service "$SERVICE" findmnt -rno ID,TARGET --submounts /data)
	run --separate-stderr replace /srv/v2 /opt
	[[ $status -eq 64 ]]
	[[ $stderr == "mount: /opt: the old version stays at /data in mount namespace "*" of process $SERVICE (sleep): [reveal-children] "*": /data/sub" ]]
	[[ $(in_service "$SERVICE" findmnt -rno ID,TARGET --submounts /data) == "$before" ]]
	[[ $(version /opt "$SERVICE") == 2 && $(version /opt) == 2 ]]
}

@test "--everywhere: force loses those mounts" {
	container /data
	in_service "$SERVICE" mount -t tmpfs own /data/sub
	run -0 mount --tuck --reveal=force --everywhere /srv/v2 /opt
	[[ $(stack /data "$SERVICE") == /srv/v2 ]]
}

@test "--everywhere: a service that mounts of its own keep on the old version is no reason to refuse" {
	service --propagation slave
	in_service "$SERVICE" mount -t tmpfs own /opt/sub
	run --separate-stderr replace /srv/v2 /opt
	[[ $status -eq 64 && $stderr == *"the old version stays at /opt in mount namespace"*"[reveal-children]"* ]]
	[[ $(version /opt) == 2 && $(stack /opt "$SERVICE") == $'/srv/v2\n/srv/v1' ]]
}

@test "--everywhere: where the new version lies beneath already, it is only revealed" {
	# A cover of its own, and what an interrupted run leaves.
	service --propagation slave
	covered=$SERVICE
	in_service "$covered" mount --bind /opt /opt
	in_service "$covered" mount --make-private /opt
	container
	mount -N "$SERVICE" --source-namespace=caller --tuck /srv/v2 /opt
	run -0 replace /srv/v2 /opt
	[[ $(stack /opt "$covered") == /srv/v2 && $(stack /opt "$SERVICE") == /srv/v2 ]]
}

@test "--everywhere: flags of a place's own are on the new version" {
	container /data
	in_service "$SERVICE" mount -o remount,bind,ro,nosuid /data
	run -0 replace /srv/v2 /opt
	[[ $(in_service "$SERVICE" findmnt -no VFS-OPTIONS /data) == ro,nosuid,* ]]
	[[ $(in_service "$SERVICE" findmnt -no VFS-OPTIONS /opt) == rw,* ]]
}

@test "--everywhere leaves the mount that the old version was bound from, and its copies" {
	mkdir -p /srv/image
	mount -t tmpfs image /srv/image
	echo image >/srv/image/version
	mount --tuck --reveal --bind /srv/image /opt
	mkdir /srv/root
	mount --bind /opt /srv/root
	container /data
	unchanged replace --fake --verbose /srv/v2 /opt
	[[ $(tr -s ' ' <<<"$output") == *" /srv/image - (stays) image"* ]]
	run -0 replace /srv/v2 /opt
	[[ $(stack /srv/image) == image && $(stack /srv/image "$SERVICE") == image ]]
	[[ $(stack /opt) == /srv/v2 && $(stack /srv/root) == /srv/v2 ]]
	[[ $(stack /data "$SERVICE") == /srv/v2 && $(stack /srv/root "$SERVICE") == /srv/v2 ]]
}

@test "--everywhere: what is mounted over the old version in a place stays" {
	container /data
	in_service "$SERVICE" mount -t tmpfs over /data
	run -0 replace /srv/v2 /opt
	[[ $(stack /data "$SERVICE") == $'/srv/v1\nover' ]]
}

@test "--everywhere: what received from the old version receives from the new one" {
	service --propagation slave
	in_service "$SERVICE" mount --bind /opt /data
	mkdir /srv/root
	mount --bind /opt /srv/root
	run -0 replace /srv/v2 /opt
	[[ $(stack /data "$SERVICE") == /srv/v2 && $(stack /srv/root) == /srv/v2 && $(stack /srv/root "$SERVICE") == /srv/v2 ]]
	mount -t tmpfs passed /opt/sub
	[[ $(stack /data/sub "$SERVICE") == passed && $(stack /srv/root/sub) == passed ]]
	umount /opt/sub
	in_service "$SERVICE" mount -t tmpfs own /data/sub
	[[ ! $(stack /opt/sub) ]]
}

@test "--replace --everywhere: what received from the old version receives from the new one" {
	service --propagation slave
	in_service "$SERVICE" mount --bind /opt /data
	run -0 mount --replace --everywhere /srv/v2 /opt
	[[ $(stack /data "$SERVICE") == /srv/v2 ]]
	mount -t tmpfs passed /opt/sub
	[[ $(stack /data/sub "$SERVICE") == passed ]]
	umount /opt/sub
	in_service "$SERVICE" mount -t tmpfs own /data/sub
	[[ ! $(stack /opt/sub) ]]
}

@test "--everywhere: after an interruption before the reveal the same command does the rest" {
	container /data
	mount --tuck /srv/v2 /opt
	mount -N "$SERVICE" --source-namespace=caller --tuck --reveal /srv/v2 /data
	[[ $(version /opt) == 1 && $(version /data "$SERVICE") == 2 && $(version /opt "$SERVICE") == 1 ]]
	run -0 replace /srv/v2 /opt
	[[ $(version /opt) == 2 && $(stack /data "$SERVICE") == /srv/v2 && $(stack /opt "$SERVICE") == /srv/v2 ]]
}

@test "--everywhere goes with --tuck --reveal alone" {
	for options in --tuck '' --reveal; do
		# shellcheck disable=SC2086 # no option, or one
		unchanged mount $options --everywhere /srv/v2 /opt
		[[ $status -eq 1 ]]
	done
	unchanged mount --tuck --everywhere /srv/v2 /opt
	says "mount: --everywhere goes with --tuck --reveal, or --replace"
}

@test "--everywhere: a refusal at the target changes no place" {
	container /data
	mount -t tmpfs own /opt/sub
	unchanged replace /srv/v2 /opt
	refused reveal-children
}

@test "--everywhere --carry: a place keeps its own mounts, on the new version" {
	container /data
	in_service "$SERVICE" mount -t tmpfs own /data/sub
	private=$SERVICE
	service --propagation slave
	in_service "$SERVICE" mount -t tmpfs own /opt/sub
	for next in 2 3; do
		run -0 --separate-stderr replace --carry "/srv/v$next" /opt
		[[ -z $stderr && $(version /opt) == "$next" ]]
		[[ $(version /data "$private") == "$next" && $(stack /data/sub "$private") == own && $(stack /data "$private") == "/srv/v$next" ]]
		[[ $(version /opt "$SERVICE") == "$next" && $(stack /opt/sub "$SERVICE") == own ]]
		[[ $(stack /opt "$SERVICE") == "/srv/v$next"$'\n'"/srv/v$next" ]]
		[[ ! $(stack /opt/sub) ]]
	done
}

@test "--everywhere: mount --replace does the same, and mounts of the target's own are no place's" {
	container /data
	mount -t tmpfs host /opt/sub
	run -0 --separate-stderr mount --replace --everywhere /srv/v2 /opt
	[[ -z $stderr && $(version /opt) == 2 && $(stack /opt/sub) == host ]]
	[[ $(stack /data "$SERVICE") == /srv/v2 && $(stack /opt "$SERVICE") == /srv/v2 ]]
	[[ ! $(stack /data/sub "$SERVICE")$(stack /opt/sub "$SERVICE") ]]
}

@test "--everywhere: a dead FUSE mount is replaced in a hundred private containers, and no stack is deeper" {
	[[ -c /dev/fuse ]] || skip "this machine has no /dev/fuse"
	mkdir /srv/served
	server=$(fuse-server well /srv/served served 3>&-)
	for _ in {1..100}; do container; done
	kill -KILL "$server"
	run -0 --separate-stderr replace --bind /srv/v2 /srv/served
	[[ -z $stderr && $(version /srv/served) == 2 ]]
	for pid in "${SERVICES[@]}"; do
		[[ $(stack /srv/served "$pid") == /srv/v2 && $(version /srv/served "$pid") == 2 ]]
	done
}

@test "--everywhere: a mount that is locked in a user's container is told, and stays as it was" {
	container
	service --user --map-root-user --propagation private
	run -64 --separate-stderr replace /srv/v2 /opt
	[[ -z $output && $stderr == "mount: /opt: the old version stays at /opt in mount namespace "*" of process $SERVICE (sleep): [target-locked] "* ]]
	[[ $(version /opt) == 2 && $(stack /opt "$SERVICE") == /srv/v1 && $(version /opt "${SERVICES[0]}") == 2 ]]
}

@test "--everywhere: a place below a filesystem that hangs is told, and keeps no other place waiting" {
	[[ -c /dev/fuse ]] || skip "this machine has no /dev/fuse"
	touch /srv/target
	mkdir /srv/served
	mount --bind /srv/v1/version /srv/target
	container
	hanging=$SERVICE
	server=$(in_service "$hanging" fuse-server well /srv/served served 3>&-)
	in_service "$hanging" mount --bind /srv/v1/version /srv/served/version
	container
	kill -STOP "$server"
	run -64 --separate-stderr timeout 60 mount --tuck --reveal --everywhere /srv/v2/version /srv/target
	kill -CONT "$server"
	kill "$server"
	[[ -z $output && $stderr == *"the old version stays at /srv/served/version in mount namespace "*" of process $hanging (sleep): "* ]]
	[[ $(cat /srv/target) == 2 && $(in_service "$hanging" cat /srv/target) == 2 && $(in_service "$SERVICE" cat /srv/target) == 2 ]]
}

@test "--everywhere: a place that maps the owners of files is told, and stays as it was" {
	container
	unshare --user sleep 1000 3>&- &
	SERVICES+=($!)
	for _ in {1..200}; do [[ /proc/$!/ns/user -ef /proc/self/ns/user ]] || break; sleep 0.05; done
	echo "0 1000 1" | tee "/proc/$!/uid_map" "/proc/$!/gid_map"
	in_service "$SERVICE" umount /opt
	in_service "$SERVICE" bind-idmapped "/proc/$!/ns/user" /srv/v1 /opt || skip "this kernel can't map the owners of a tmpfs's files"
	run -64 --separate-stderr replace /srv/v2 /opt
	[[ -z $output && $stderr == *"the old version stays at /opt in mount namespace "*" of process $SERVICE (sleep): "*"idmapped"* ]]
	[[ $(version /opt) == 2 && $(version /opt "$SERVICE") == 1 ]]
}

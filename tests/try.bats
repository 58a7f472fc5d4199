#!/usr/bin/env bats
# mount --tuck --try: a command tries the new version where only it sees that, and decides whether it is tucked.

bats_require_minimum_version 1.5.0
load lib

setup() {
	SERVICES=()
	cd /
	versions 1 2
	mount --bind /srv/v1 /opt
	mount --make-private /opt
	mount --make-shared /opt
	mksquashfs /srv/v2 /srv/v2.squashfs -quiet -no-progress
	echo /run/ready >/srv/v2/sub/path
}

# each_kind COMMAND...: run COMMAND for each kind of source, whose arguments are in SOURCE.
each_kind() {
	local kind
	for kind in bind rbind moved tmpfs image; do
		case $kind in
		bind) SOURCE=(/srv/v2) ;;
		rbind) SOURCE=(--rbind /srv/v2) ;;
		moved)
			# Nothing can be moved away from a shared mount.
			mount -t tmpfs parent /mnt
			mount --make-private /mnt
			mkdir /mnt/moved
			mount -t tmpfs moved /mnt/moved
			cp -r /srv/v2/* /mnt/moved
			SOURCE=(--move /mnt/moved)
			;;
		tmpfs) SOURCE=(-t tmpfs new) ;;
		image) has_loop_devices || continue; SOURCE=(/srv/v2.squashfs) ;;
		esac
		echo "with ${SOURCE[*]}"
		"$@"
	done
}

tried_and_refused() {
	# shellcheck disable=SC2016 # the command's
	unchanged mount --tuck --reveal --try='
		echo "target $MOUNT_TUCK_TARGET"
		! grep -qx 1 "$MOUNT_TUCK_TARGET/version" || exit 99
		echo trouble >&2
		exit 3' "${SOURCE[@]}" /opt
	refused try-failed
	says "target /opt"
	says "trouble"
	says "mount: /opt: cannot tuck here [try-failed]: the command of --try ended with status 3."
}

@test "mount --tuck --try: if the command fails, nothing has changed, and its status is told" {
	service --propagation slave
	each_kind tried_and_refused
}

tried_and_tucked() {
	run mount --tuck --reveal -o ro --try='test "$(cat /opt/version 2>/dev/null)" != 1 && ! touch /opt/x 2>/dev/null && stat -c %d /opt' "${SOURCE[@]}" /opt
	echo "$output"
	[ "$status" -eq 0 ]
	# It is the filesystem that was tried.
	[ "$output" = "$(stat -c %d /opt)" ]
	[ "$(grep -c ' /opt ' /proc/self/mountinfo)" -eq 1 ]
	run ! touch /opt/x
	mount --tuck --reveal /srv/v1 /opt
}

@test "mount --tuck --try: if the command succeeds, what it has seen is tucked, with its options" {
	each_kind tried_and_tucked
}

@test "nobody else sees the new version while it is tried" {
	service --propagation slave
	mkfifo /run/trying /run/go
	mount --tuck --reveal --try='cat /opt/version; echo >/run/trying; read -r go </run/go' /srv/v2 /opt >/run/seen 3>&- &
	tucking=$!
	read -r _ </run/trying
	[ "$(stack /opt)" = /srv/v1 ]
	[ "$(in_service "$SERVICE" cat /opt/version)" = 1 ]
	echo >/run/go
	wait "$tucking"
	[ "$(</run/seen)" = 2 ]
	[ "$(stack /opt)" = /srv/v2 ]
	[ "$(in_service "$SERVICE" cat /opt/version)" = 2 ]
}

@test "what the command mounts and starts is gone afterwards" {
	run mount --tuck --try='
		mount -t tmpfs there /mnt
		mount -t tmpfs there /opt/sub
		setsid sh -c "sleep 1000 & echo \$! >/run/left; exec sleep 1000" >/dev/null 2>&1 3>&- &
		until test -s /run/left; do :; done' /srv/v2 /opt
	[ "$status" -eq 0 ]
	run ! kill -0 "$(</run/left)"
	run ! grep there /proc/self/mountinfo
	unchanged mount --tuck --try='mount --bind /srv/v1 /opt/sub; exit 1' /srv/v2 /opt
	refused try-failed
}

@test "SIGINT ends the command, and nothing has changed" {
	for source in /srv/v2 /srv/v2.squashfs; do
		[[ $source != *.squashfs ]] || has_loop_devices || continue
		rm -f /run/trying
		before=$(state)
		# A shell starts commands in the background with SIGINT ignored.
		env --default-signal=INT mount --tuck --reveal --try='echo $$ >/run/trying; exec sleep 1000' "$source" /opt 2>/run/said 3>&- &
		tucking=$!
		until [[ -s /run/trying ]]; do sleep 0.01; done
		kill -INT "$tucking"
		status=0
		wait "$tucking" || status=$?
		[ "$status" -eq 8 ]
		[ "$(</run/said)" = "mount: interrupted" ]
		run ! kill -0 "$(</run/trying)"
		# The kernel frees a loop device a moment later.
		for _ in {1..50}; do [[ $(state) != "$before" ]] || break; sleep 0.1; done
		[ "$(state)" = "$before" ]
	done
}

@test "SIGKILL of mount ends the command, too" {
	mount --tuck --try='echo $$ >/run/trying; exec sleep 1000' /srv/v2 /opt 3>&- &
	tucking=$!
	until [[ -s /run/trying ]]; do sleep 0.01; done
	kill -KILL "$tucking"
	wait "$tucking" || true
	for _ in {1..100}; do kill -0 "$(</run/trying)" 2>/dev/null || break; sleep 0.1; done
	run ! kill -0 "$(</run/trying)"
	[ "$(stack /opt)" = /srv/v1 ]
}

@test "a command that a signal ends is a failure" {
	unchanged mount --tuck --try='kill -TERM $$' /srv/v2 /opt
	refused try-failed
	says "the command of --try was ended by signal 15 (Terminated)."
}

@test "what the rules refuse is not tried" {
	unchanged mount --tuck --try='touch /run/tried' /srv/v2/version /opt
	refused source-kind
	unchanged mount --tuck --reveal --try='touch /run/tried' -t tmpfs new /srv
	refused target-mounted
	unchanged mount --tuck --fake --try='touch /run/tried' /srv/v2 /opt
	[ "$status" -eq 0 ]
	[ ! -e /run/tried ]
}

@test "with --namespace the command runs in that namespace" {
	service --propagation private
	run mount --namespace "$SERVICE" --source-namespace=caller --tuck --reveal --try='cat /opt/version' /srv/v2 /opt
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$output" = 2 ]
	[ "$(in_service "$SERVICE" cat /opt/version)" = 2 ]
	[ "$(</opt/version)" = 1 ]
}

@test "mount --replace --try tries what replaces a version, and mounts no first version untried" {
	unchanged mount --replace --try='exit 3' /srv/v2 /opt
	refused try-failed
	mount --replace --try='grep -q 2 /opt/version' /srv/v2 /opt
	[ "$(stack /opt)" = /srv/v2 ]
	unchanged mount --replace --try=true /srv/v2 /mnt
	[ "$status" -eq 32 ]
	says "/mnt: nothing is mounted there to be replaced"
}

@test "a carried mount is there while the version is tried, and afterwards" {
	mount -t tmpfs carried /opt/sub
	mount --tuck --carry --try='grep -q " /opt/sub .* carried " /proc/self/mountinfo && stat -fc %T /opt/sub && grep -q 2 /opt/version' /srv/v2 /opt
	[ "$(stack /opt)" = $'/srv/v2\n/srv/v1' ]
	[ "$(grep -c ' carried ' /proc/self/mountinfo)" -eq 2 ]
}

@test "a mount that is carried to what was tried stays in its peer group, whatever the source is" {
	local source
	mkdir /srv/data
	mount -t tmpfs data /srv/data
	mkdir /srv/data/inner
	mount --bind /srv/data /opt/sub
	for source in "-t overlay -o lowerdir=/srv/v2:/srv/v1 new" /srv/v2; do
		# shellcheck disable=SC2086 # options are words
		mount --replace --try=true $source /opt
		[ "$(peer_group /opt/sub)" = "$(peer_group /srv/data)" ]
		mount -t tmpfs passed /srv/data/inner
		mountpoint -q /opt/sub/inner
		umount /srv/data/inner
	done
}

@test "--try without --tuck is refused" {
	unchanged mount --try=true /srv/v2 /mnt
	[ "$status" -eq 1 ]
	says "--try goes with --tuck"
}

#!/usr/bin/env bats
# An automount (autofs), as systemd makes it: a mount that mounts something over itself when a path in it is looked up. It is
# the end of a stack, and not a version. These automounts have no daemon: what triggers them waits forever.

bats_require_minimum_version 1.5.0
load lib

setup() {
	SERVICES=()
	cd /
	grep -q autofs /proc/filesystems || skip "the kernel has no autofs"
	for version in 1 2; do
		mkdir "/srv/v$version"
		echo "$version" >"/srv/v$version/version"
	done
	mount --make-shared /
}

# automount PATH: one there. The daemon is the program that holds the other end of the pipe; it never reads. Processes of this
# process group do not trigger it.
automount() {
	local pipe=/tmp/pipe.$BASHPID
	mkfifo "$pipe"
	# shellcheck disable=SC2217 # it only holds the pipe
	sleep 1000 <"$pipe" 3>&- &
	SERVICES+=($!)
	exec 9>"$pipe"
	/usr/bin/mount -t autofs -o fd=9,minproto=5,maxproto=5,direct auto "$1" 3>&-
	exec 9>&-
}

# other_group COMMAND...: run it in a process group of its own, as everybody else's are. It must not trigger the automount.
other_group() {
	timeout --foreground 20 setsid --wait "$@"
}

@test "an automount and the filesystem that it has mounted are no stack: findmnt --tucked lists what is tucked between them" {
	automount /opt
	mount --bind /srv/v1 /opt
	for where in "" /opt; do
		# shellcheck disable=SC2086 # nothing, or a path
		run -1 findmnt --tucked --raw --noheadings $where
		[[ -z $output ]]
	done
	run -0 findmnt --tucked --wait=0 /opt
	mount --tuck /srv/v2 /opt
	run -0 findmnt --tucked --raw --noheadings -o TARGET,FSROOT
	[[ $output == "/opt /srv/v1" ]]
	run -0 umount --reveal /opt
	[[ $(</opt/version) == 2 ]]
	run -1 findmnt --tucked
}

@test "reveal-beneath refuses where only an automount lies beneath the top, also by force" {
	automount /opt
	mount --bind /srv/v1 /opt
	for force in "" =force; do
		unchanged umount --reveal$force /opt
		refused reveal-beneath
		says "only an automount lies beneath the top mount"
	done
	[[ $(remedy) == "umount /opt" ]]
	follow_remedy
	[[ $(stack /opt) == auto ]]
}

@test "reveal-automount refuses to take an automount that has not been triggered; force takes it" {
	automount /opt
	service --propagation slave
	unchanged other_group mount --tuck --reveal --fake /srv/v2 /opt
	refused reveal-automount
	unchanged other_group mount --tuck --reveal /srv/v2 /opt
	refused reveal-automount
	says "it is an automount that has not been triggered"
	says "Trigger it, so that the filesystem that it mounts is what is replaced: ls /opt"
	says "Or accept that it goes: mount --tuck --reveal=force /srv/v2 /opt"
	other_group mount --tuck /srv/v2 /opt
	[[ $(stack /opt) == $'/srv/v2\nauto' ]]
	run -0 findmnt --tucked --raw --noheadings -o TARGET,SOURCE /opt
	[[ $output == "/opt auto" ]]
	unchanged other_group umount --reveal /opt
	refused reveal-automount
	[[ $(remedy) == "umount --reveal=force /opt" ]]
	run follow_remedy
	[[ $status -eq 0 && $output == *"umount: /opt: an automount that has not been triggered is unmounted, too"* ]]
	[[ $(</opt/version) == 2 && $(in_service "$SERVICE" cat /opt/version) == 2 ]]
}

@test "reveal-automount's remedy: once it is triggered, its filesystem is replaced, and the automount stays" {
	automount /opt
	unchanged mount --tuck --reveal /srv/v2 /opt
	refused reveal-automount
	[[ $(remedy | head -n 1) == "ls /opt" ]]
	mount --bind /srv/v1 /opt # as its daemon does
	run -0 bash -c "$(remedy | head -n 1)"
	mount --tuck --reveal /srv/v2 /opt
	[[ $(stack /opt) == $'auto\n/srv/v2' ]]
}

@test "cooperative: over an automount versions are offered and taken like elsewhere, and the automount stays" {
	needs_kernel_feature beneath # --make-private under a shared parent
	automount /opt
	mount --bind /srv/v1 /opt
	mount --make-shared /opt
	service --propagation slave
	run -0 "$MOUNT_TUCK_SRC/examples/update-cooperative" offer /srv/v2 /opt
	[[ $(</opt/version) == 2 && $(in_service "$SERVICE" cat /opt/version) == 1 ]]
	run in_service "$SERVICE" "$MOUNT_TUCK_SRC/examples/update-cooperative" take /opt
	[[ $status -eq 0 && $(in_service "$SERVICE" cat /opt/version) == 2 ]]
	[[ $(stack /opt "$SERVICE") == $'auto\n/srv/v2' ]]
	run in_service "$SERVICE" "$MOUNT_TUCK_SRC/examples/update-cooperative" take /opt
	[[ $status -eq 0 && $output == *"nothing new" ]]
}

#!/usr/bin/env bats
# A mount namespace by its number, as the column NS prints it: --namespace of mount and umount, --task of findmnt.

bats_require_minimum_version 1.5.0
# Only in the machine's pid namespace the kernel lists the namespaces without a process.
MACHINE_PIDS=yes
load lib.bash

setup() {
	SERVICES=()
	versions 1 2
	command mount --bind /srv/v1 /opt
	service --propagation private
	NUMBER=$(stat -Lc %i "/proc/$SERVICE/ns/mnt")
}

teardown() {
	local pid
	for pid in "${SERVICES[@]}"; do kill "$pid" 2>/dev/null || true; done
}

# without_process: the service's process ends; its namespace is kept by a descriptor of this shell.
without_process() {
	needs_kernel_feature namespace-walk
	exec 9<"/proc/$SERVICE/ns/mnt"
	kill "$SERVICE"
	wait "$SERVICE" || true
}

# root_there: print the root of the mount at /opt in the namespace.
root_there() {
	findmnt -N "$NUMBER" -no FSROOT /opt
}

@test "mount, umount and findmnt take the number of a namespace" {
	[[ $(findmnt --namespaces -rno NS,PID /opt) == *"$NUMBER $SERVICE"* ]]
	run -0 mount --namespace "$NUMBER" -t tmpfs there /mnt
	[[ $(mount_table "$SERVICE") == *" /mnt "* && $(mount_table) != *" /mnt "* ]]
	run -0 findmnt -N "$NUMBER" -no SOURCE /mnt
	[[ $output == there ]]
	run -0 umount -N "$NUMBER" /mnt
	[[ $(mount_table "$SERVICE") != *" /mnt "* ]]
}

@test "a tuck and a reveal by the number change that namespace alone" {
	run -0 mount -N "$NUMBER" --tuck --bind /srv/v2 /opt
	[[ $(stack /opt "$SERVICE") == $'/srv/v2\n/srv/v1' ]]
	run -0 umount -N "$NUMBER" --reveal /opt
	[[ $(stack /opt "$SERVICE") == /srv/v2 && $(stack /opt) == /srv/v1 ]]
}

@test "a remedy names the namespace by the number, as it was named" {
	unchanged umount -N "$NUMBER" --reveal /opt
	refused reveal-beneath
	says "mount --namespace $NUMBER --tuck SOURCE /opt"
}

@test "a namespace without a process is found by its number" {
	without_process
	[[ $(root_there) == /srv/v1 ]]
	run -0 mount -N "$NUMBER" --tuck --reveal --bind /srv/v2 /opt
	[[ $(root_there) == /srv/v2 && $(stack /opt) == /srv/v1 ]]
	run -0 mount -N "$NUMBER" -t tmpfs there /mnt
	run -0 umount -N "$NUMBER" /mnt
	run -1 findmnt -N "$NUMBER" /mnt
}

@test "findmnt leaves no process in a namespace without one" {
	without_process
	run -0 findmnt -N "$NUMBER" -no PID /opt
	[[ $output -gt 0 && ! -e /proc/${output// /} ]]
}

@test "a number that no namespace has is an error" {
	unchanged mount -N 4294967290 --tuck --bind /srv/v2 /opt
	[[ $status -eq 2 ]]
	says "failed to set target namespace to 4294967290: No such file or directory"
	unchanged umount -N 4294967290 /opt
	[[ $status -eq 2 ]]
	says "failed to set target namespace to 4294967290: No such file or directory"
	run -1 --separate-stderr findmnt -N 4294967290
	[[ -z $output && $stderr == "findmnt: mount namespace 4294967290 can't be opened: No such file or directory" ]]
}

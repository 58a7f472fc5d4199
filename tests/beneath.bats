#!/usr/bin/env bats
# umount --beneath: what lies beneath the top mount goes, and nobody sees a difference; or nothing changes.

bats_require_minimum_version 1.5.0
load lib

setup() {
	SERVICES=()
	cd /
	versions 1 2 3
	mount --bind /srv/v1 /opt
	# Give it a peer group of its own, as a version has that was tucked.
	mount --make-private /opt
	mount --make-shared /opt
}

# id PATH [PID]: print the id of the mount that a lookup of PATH ends in.
id() {
	local pid=${2:-self} fd
	exec {fd}</proc/"$pid"/root"$1"
	sed -n 's/^mnt_id:[[:space:]]*//p' "/proc/self/fdinfo/$fd"
	exec {fd}<&-
}

# groups: print the peer groups and masters of all mounts of this namespace outside of /opt.
groups() {
	mount_table | awk '$5 != "/opt" { for (i = 7; $i != "-"; i++) printf "%s ", $i; print $5 }'
}

# read_all_the_time PID: start a process that reads /opt/version in that process's namespace, until end_reading, and notes what
# it finds.
read_all_the_time() {
	nsenter --mount="/proc/$1/ns/mnt" bash -c 'while [[ ! -e /tmp/end ]]; do read -r v </opt/version || v=none; echo "$v"; done' \
		>>/tmp/read 3>&- &
	READERS+=($!)
}
end_reading() {
	touch /tmp/end
	wait "${READERS[@]}"
	sort -u /tmp/read
}

@test "umount --beneath undoes a tuck, here and in services, and the top stays the same mount" {
	service --propagation slave
	slave=$SERVICE
	service --propagation shared
	peer=$SERVICE
	before=$(groups)
	top=$(id /opt) slave_top=$(id /opt "$slave")
	mount --tuck /srv/v2 /opt
	[ "$(stack /opt "$slave")" = $'/srv/v2\n/srv/v1' ]
	READERS=()
	for pid in $$ "$slave" "$peer"; do read_all_the_time "$pid"; done
	run umount --beneath /opt
	[ "$(end_reading)" = 1 ]
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	for pid in self "$slave" "$peer"; do
		[ "$(stack /opt "$pid")" = /srv/v1 ]
	done
	[ "$(id /opt)" = "$top" ]
	[ "$(id /opt "$slave")" = "$slave_top" ]
	[ "$(groups)" = "$before" ]
}

# a_parent PROPAGATION: make /srv/p, a parent of that propagation, with version 1 at /srv/p/opt.
a_parent() {
	mkdir /srv/p
	mount -t tmpfs parent /srv/p
	mount --make-private /srv/p
	case $1 in
	private) ;;
	shared) mount --make-shared /srv/p ;;
	slave | both)
		mkdir /srv/master
		mount --make-shared /srv/p
		mount --bind /srv/p /srv/master
		mount --make-slave /srv/p
		[[ $1 == slave ]] || mount --make-shared /srv/p
		;;
	esac
	mkdir /srv/p/opt
	mount --bind /srv/v1 /srv/p/opt
	mount --make-private /srv/p/opt
}

# takes_beneath PROPAGATION: check that --beneath and --beneath=all work on a parent of that propagation, and leave all groups
# as they were.
takes_beneath() {
	local before top
	a_parent "$1"
	before=$(groups)
	top=$(id /srv/p/opt)
	mount --tuck /srv/v2 /srv/p/opt
	umount --beneath /srv/p/opt
	[ "$(stack /srv/p/opt)" = /srv/v1 ]
	mount --tuck /srv/v2 /srv/p/opt
	mount --tuck /srv/v3 /srv/p/opt
	[ "$(stack /srv/p/opt)" = $'/srv/v2\n/srv/v3\n/srv/v1' ]
	umount --beneath=all /srv/p/opt
	[ "$(stack /srv/p/opt)" = /srv/v1 ]
	[ "$(id /srv/p/opt)" = "$top" ]
	diff <(echo "${before//\/srv\/p\/opt/}") <(groups | sed 's|/srv/p/opt||')
}

@test "umount --beneath works on a private parent, and leaves it private" {
	needs_kernel_feature beneath
	takes_beneath private
}

@test "umount --beneath works on a shared parent, and leaves it in its group" {
	takes_beneath shared
}

@test "umount --beneath works on a parent that is a slave, and leaves it a slave" {
	needs_kernel_feature beneath
	takes_beneath slave
}

@test "umount --beneath works on a parent that is shared and a slave" {
	takes_beneath both
}

@test "umount --beneath=all works on a parent whose master is a mount of the stack, and leaves it private" {
	mkdir /srv/p
	mount -t tmpfs parent /srv/p
	mount --make-shared /srv/p
	mkdir /srv/p/opt
	mount --bind /srv/p/opt /srv/p/opt
	mount --make-slave /srv/p
	# The mount at /srv/p/opt is the only one of its group, so this arrives beneath it, too.
	mount --bind /srv/v1 /srv/p/opt
	[ "$(stack /srv/p/opt)" = $'/srv/v1\n/opt\n/srv/v1' ]
	[[ $(mount_table | grep ' /srv/p ') == *master:* ]]
	top=$(id /srv/p/opt)
	run umount --beneath=all /srv/p/opt
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ "$(stack /srv/p/opt)" = /srv/v1 ]
	[ "$(id /srv/p/opt)" = "$top" ]
	[[ $(mount_table | grep ' /srv/p ') != *master:* ]]
}

@test "umount --beneath goes down a stack of four, a version at a time" {
	needs_kernel_feature statmount
	mount --tuck /srv/v2 /opt
	mount --tuck /srv/v3 /opt
	mount --tuck /srv/v1 /opt
	[ "$(stack /opt)" = $'/srv/v2\n/srv/v3\n/srv/v1\n/srv/v1' ]
	umount --beneath /opt
	[ "$(stack /opt)" = $'/srv/v2\n/srv/v3\n/srv/v1' ]
	umount --beneath /opt
	[ "$(stack /opt)" = $'/srv/v2\n/srv/v1' ]
	umount --beneath /opt
	[ "$(stack /opt)" = /srv/v1 ]
	unchanged umount --beneath /opt
	refused beneath-none
	says "umount: /opt: cannot take away what lies beneath [beneath-none]: nothing lies beneath the top mount at this path."
}

@test "umount --beneath=all takes all that older updates have left, here and in services" {
	service --propagation slave
	for version in 2 3 2 3; do mount --tuck "/srv/v$version" /opt; done
	[ "$(stack /opt "$SERVICE" | wc -l)" -eq 5 ]
	umount --beneath=all /opt
	[ "$(stack /opt)" = /srv/v1 ]
	[ "$(stack /opt "$SERVICE")" = /srv/v1 ]
	unchanged umount --beneath=all /opt
	refused beneath-none
}

@test "umount --beneath works where the mount point is a file" {
	touch /srv/file /srv/one /srv/two
	mount --bind /srv/one /srv/file
	mount --make-private /srv/file
	mount --tuck --bind /srv/two /srv/file
	umount --beneath /srv/file
	[ "$(stack /srv/file)" = /srv/one ]
}

@test "what is beneath goes although it is busy, and its files stay open" {
	mount --tuck /srv/v2 /opt
	umount --reveal /opt
	exec 7</opt/version
	mount --bind /srv/v1 /opt
	umount --beneath /opt
	[ "$(stack /opt)" = /srv/v1 ]
	[ "$(cat <&7)" = 2 ]
	exec 7<&-
}

@test "umount --beneath takes several targets" {
	mount --tuck /srv/v2 /opt
	a_parent private
	mount --tuck /srv/v3 /srv/p/opt
	umount --beneath /opt /srv/p/opt
	[ "$(stack /opt)" = /srv/v1 ]
	[ "$(stack /srv/p/opt)" = /srv/v1 ]
	mount --tuck /srv/v2 /opt
	run umount --beneath /srv/p/opt /opt
	refused beneath-none 64
	[ "$(stack /opt)" = /srv/v1 ]
}

@test "umount --beneath refuses a target that is not mounted" {
	unchanged umount --beneath /srv
	refused target-mounted
	says "umount: /srv: cannot take away what lies beneath [target-mounted]:"
	unchanged umount --beneath --quiet /srv
	[ "$status" -eq 32 ]
	[ -z "$output" ]
}

@test "umount --beneath refuses to take what a service shows, and the remedy is to mount there what is to show" {
	service --propagation slave
	mount --tuck /srv/v2 /opt
	# Its own unmount does not travel to the host.
	in_service "$SERVICE" umount /opt
	[ "$(in_service "$SERVICE" cat /opt/version)" = 2 ]
	unchanged umount --beneath /opt
	refused beneath-shown
	says "and also take what shows at /opt in the mount namespace of process $SERVICE (sleep), where something lower would show then."
	[[ $(remedy) == *"findmnt --propagation=receivers /opt" ]]
	[ "$(in_service "$SERVICE" cat /opt/version)" = 2 ]
	in_service "$SERVICE" mount --bind /srv/v3 /opt
	umount --beneath /opt
	[ "$(stack /opt)" = /srv/v1 ]
	[ "$(stack /opt "$SERVICE")" = /srv/v3 ]
}

@test "umount --beneath=all refuses where the second mount to go is what a service shows" {
	mount --tuck /srv/v2 /opt
	mount --tuck /srv/v3 /opt
	service --propagation slave
	in_service "$SERVICE" umount /opt
	[ "$(stack /opt "$SERVICE")" = $'/srv/v2\n/srv/v3' ]
	unchanged umount --beneath=all /opt
	refused beneath-shown
	[ "$(in_service "$SERVICE" cat /opt/version)" = 3 ]
}

@test "umount --beneath refuses where the unmount would take the top, too" {
	needs_kernel_feature statmount
	umount /opt
	cp -r /srv/v1/. /opt
	mount --bind /opt /opt
	mount --bind /srv/v2 /opt
	[ "$(stack /opt)" = $'/srv/v2\n/opt\n/srv/v2' ]
	unchanged umount --beneath=all /opt
	refused beneath-shown
	says "also take what shows at /opt in"
	umount --beneath /opt
	[ "$(stack /opt)" = $'/srv/v2\n/srv/v2' ]
}

@test "umount --beneath refuses where the mount that lies lower would go, too, and the remedy takes both" {
	needs_kernel_feature statmount
	local fd
	mkdir /srv/p
	mount -t tmpfs parent /srv/p
	mount --make-shared /srv/p
	mkdir /srv/p/opt
	mount --bind /srv/p/opt /srv/p/opt
	# It is private while something is mounted on it, so that its parent receives nothing.
	mount --make-private /srv/p/opt
	exec {fd}</srv/p/opt
	mount --bind /srv/v2 /srv/p/opt
	mount --make-private /srv/p/opt
	mount --bind /srv/v1 /srv/p/opt
	mount --set-group /srv/p "/proc/self/fd/$fd"
	exec {fd}<&-
	[ "$(stack /srv/p/opt)" = $'/opt\n/srv/v2\n/srv/v1' ]
	unchanged umount --beneath /srv/p/opt
	refused beneath-shown
	says "the unmount would travel on, and also take what lies lower in the stack"
	[ "$(remedy)" = "umount --beneath=all /srv/p/opt" ]
	follow_remedy
	[ "$(stack /srv/p/opt)" = /srv/v1 ]
}

@test "umount --beneath leaves a mount that has mounts on it, and names them" {
	mkdir /srv/v2/sub/own
	mount --bind /srv/v2 /opt
	mount -t tmpfs own /opt/sub
	mount --bind /srv/v3 /opt
	unchanged umount --beneath /opt
	refused kernel-support
	says "which leaves a mount that has mounts on it: /opt/sub."
}

@test "umount --beneath tells where a copy stays, since something is mounted on it" {
	mount --tuck /srv/v2 /opt
	umount --reveal /opt
	service --propagation slave
	in_service "$SERVICE" mount -t tmpfs own /opt/sub
	mount --bind /srv/v3 /opt
	run umount --beneath /opt
	[ "$status" -eq 64 ]
	says "umount: /opt: taken away, but copies stay at /opt in the mount namespace of process $SERVICE (sleep), with mounts on them"
	[ "$(stack /opt)" = /srv/v3 ]
	[ "$(stack /opt "$SERVICE")" = $'/srv/v2\n/srv/v3' ]
}

@test "umount --beneath refuses an unbindable parent, and the remedy works" {
	a_parent private
	mount --tuck /srv/v2 /srv/p/opt
	mount --make-unbindable /srv/p
	unchanged umount --beneath /srv/p/opt
	refused kernel-support
	says "what lies beneath goes by propagation only, and /srv/p, the parent, is unbindable and can't be cloned."
	follow_remedy
	umount --beneath /srv/p/opt
	[ "$(stack /srv/p/opt)" = /srv/v1 ]
}

@test "in a stack of private mounts only all goes, and the remedy says so" {
	needs_kernel_feature beneath
	a_parent private
	mount --tuck /srv/v2 /srv/p/opt
	mount --tuck /srv/v3 /srv/p/opt
	unchanged umount --beneath /srv/p/opt
	refused kernel-support
	says "the mount beneath is covered at the same path, and not shared"
	[ "$(remedy)" = "umount --beneath=all /srv/p/opt" ]
	follow_remedy
	[ "$(stack /srv/p/opt)" = /srv/v1 ]
}

@test "an unbindable mount in the stack is refused, where the stack has to be cloned" {
	needs_kernel_feature statmount
	mount --tuck /srv/v2 /opt
	mount --tuck /srv/v3 /opt
	mount --make-unbindable /opt
	unchanged umount --beneath /opt
	refused kernel-support
	says "a mount of the stack is unbindable and can't be cloned"
	follow_remedy
	[ "$(stack /opt)" = /srv/v1 ]
}

@test "umount --beneath refuses a caller without CAP_SYS_ADMIN" {
	mount --tuck /srv/v2 /opt
	unchanged setpriv --bounding-set=-sys_admin umount --beneath /opt
	refused caller-capable 1
}

@test "--fake --verbose prints the rules and what would go in each namespace, and --verbose the same afterwards" {
	service --propagation slave
	ns=$(stat -Lc %i /proc/self/ns/mnt)
	other=$(stat -Lc %i "/proc/$SERVICE/ns/mnt")
	mount --tuck /srv/v2 /opt
	places="NS TARGET UNMOUNTS SHOWS $ns /opt test-root[/srv/v2] test-root[/srv/v1] $other /opt test-root[/srv/v2] test-root[/srv/v1]"
	unchanged umount --beneath --fake --verbose /opt
	[ "$status" -eq 0 ]
	[[ $output == *$'\nbeneath-none        ok'* || $output == *$'\nbeneath-none '*ok* ]]
	[[ $output != *reveal-* && $output != *source-* ]]
	says "$places"
	run umount --beneath --verbose /opt
	[ "$status" -eq 0 ]
	says "$places"
	says "umount: the mount beneath the top of /opt unmounted."
	mount --tuck /srv/v2 /opt
	run umount --beneath=all --verbose /opt
	says "umount: all beneath the top of /opt unmounted."
}

@test "umount --beneath works in another namespace, and only there" {
	service --propagation private
	in_service "$SERVICE" mount --tuck /srv/v2 /opt
	mount --tuck /srv/v3 /opt
	umount --namespace "$SERVICE" --beneath /opt
	[ "$(stack /opt "$SERVICE")" = /srv/v1 ]
	[ "$(stack /opt)" = $'/srv/v3\n/srv/v1' ]
}

@test "umount --beneath works in a chroot to a plain directory" {
	local propagation
	plain_chroot /srv/root
	for propagation in private shared; do
		mount --make-$propagation /
		mount -t tmpfs one /srv/root/opt
		chroot /srv/root mount --tuck /tmp /opt
		[ "$(stack /srv/root/opt)" = $'/srv/root/tmp\none' ]
		chroot /srv/root umount --beneath /opt
		[ "$(stack /srv/root/opt)" = one ]
		umount /srv/root/opt
	done
}

@test "utab: the line of what is taken away goes, and the top's stays" {
	needs_kernel_feature statmount
	umount /opt
	mkdir -p /run/mount
	mount --bind -o x-one /srv/v1 /opt
	mount --make-private /opt
	mount --tuck --bind -o x-two /srv/v2 /opt
	mount --tuck --bind -o x-three /srv/v3 /opt
	umount --beneath --no-mtab /opt
	[ "$(grep -c . /run/mount/utab)" -eq 3 ]
	mount --tuck --bind -o x-three /srv/v3 /opt
	umount --beneath=all /opt
	run cat /run/mount/utab
	[[ $output == *x-one* && $output != *x-two* ]]
}

# noted: print the options x-... in utab, in the order of its lines.
noted() { grep -o 'x-[a-z]*' /run/mount/utab | paste -sd ' '; }

@test "utab: if all mounts at the path have the same source, too, only the line of what is taken away goes" {
	needs_kernel_feature statmount
	umount /opt
	mkdir -p /run/mount
	mount -t tmpfs -o x-top alike /opt
	mount --tuck -t tmpfs alike /opt
	umount --beneath /opt
	[ "$(noted)" = x-top ]
	mount --tuck -t tmpfs -o x-low alike /opt
	mount --tuck -t tmpfs -o x-middle alike /opt
	[ "$(noted)" = "x-low x-middle x-top" ]
	umount --beneath /opt
	[ "$(noted)" = "x-low x-top" ]
	mount --tuck -t tmpfs -o x-middle alike /opt
	umount --beneath=all /opt
	[ "$(noted)" = x-top ]
	[ "$(stack /opt)" = alike ]
	umount /opt
	[ ! -s /run/mount/utab ]
}

@test "--detach-loop frees the loop device of what is taken away" {
	needs_loop_devices
	truncate -s 16M /srv/image
	mkfs.ext4 -q /srv/image
	device=$(losetup --find --show /srv/image)
	mount --tuck "$device" /opt
	umount --beneath /opt
	losetup "$device" || { losetup --detach "$device"; false; }
	mount --tuck "$device" /opt
	umount --beneath --detach-loop /opt
	run losetup "$device"
	[ "$status" -ne 0 ] || { losetup --detach "$device"; false; }
}

@test "--beneath makes no sense with --reveal, --all or --recursive, nor without a mount point" {
	for options in --reveal --all --recursive --read-only; do
		run umount --beneath "$options" /opt
		[ "$status" -eq 1 ]
		[ "$output" = "umount: options --beneath and $options cannot be combined" ]
	done
	run umount --beneath
	[ "$status" -eq 1 ]
	[ "$output" = "umount: --beneath needs a mount point" ]
	run umount --beneath=some /opt
	[ "$status" -eq 1 ]
	says '--beneath takes "all" or nothing, not "some"'
}

@test "two at once take two mounts or one is refused, and the top always stays" {
	top=$(id /opt)
	for round in 1 2 3 4 5 6; do
		mount --tuck /srv/v2 /opt
		umount --beneath /opt 2>/tmp/first 3>&- &
		first=$!
		status=0
		umount --beneath /opt 2>/tmp/second || status=$?
		wait "$first" || status=$((status + $?))
		[ "$status" -eq 32 ]
		grep -q beneath-none /tmp/first /tmp/second
		[ "$(stack /opt)" = /srv/v1 ]
		[ "$(id /opt)" = "$top" ]
	done
}

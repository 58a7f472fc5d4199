#!/usr/bin/env bats
# --fake changes nothing: checked by the system calls that strace sees.

load lib

bats_require_minimum_version 1.5.0

setup() {
	SERVICES=()
	cd /
	mkdir -p /srv/new/sub
	echo new >/srv/new/file
	mksquashfs /srv/new /srv/new.squashfs -quiet -no-progress
	command mount -t tmpfs top /opt
	service --propagation slave
}

# made COMMAND...: each system call of COMMAND and its children that makes, changes or takes away a mount, a loop
# device or a file, a line each. Left out is what is no more than a question: move_mount, fsopen and mount_setattr with
# arguments that can't succeed (whether the kernel knows the call, the flag); a clone that a child makes and does not
# attach (whether it can be made, where a mount is to arrive by propagation); statmount and listmount, which strace may
# know by their numbers alone; and, in a process that has made itself a copy of the mount namespace, making that private,
# umount2 with MNT_EXPIRE, which only tells whether a mount is locked, and once the copy is private the unmount in it of the
# mount that covers what would show.
made() {
	# LeakSanitizer does not work in a traced process.
	# Without the caller's options: a report's directory is made at the start.
	ASAN_OPTIONS=detect_leaks=0 strace -f -qq -e signal=none -o /srv/calls \
		-e trace=unshare,mount,umount2,move_mount,open_tree,fsopen,fspick,fsconfig,fsmount,mount_setattr,pivot_root,ioctl,mkdir,mkdirat,mknod,mknodat,symlink,symlinkat,unlink,unlinkat,rename,renameat,renameat2,open,openat,creat \
		"$@" >/srv/output 2>&1
	awk '
		NR == 1 { first = $1 }
		{ call = $2; sub(/\(.*/, "", call) }
		call == "unshare" { if (/CLONE_NEWNS/ && /= 0$/) copied[$1] = 1; next }
		call == "ioctl" { if (/LOOP_/) print; next }
		call ~ /^(open|openat)$/ { if (/O_CREAT|O_WRONLY|O_RDWR/ && !/"\/dev\/null"/) print; next }
		call == "open_tree" { if (/OPEN_TREE_CLONE/ && $1 == first) print; else if (/OPEN_TREE_CLONE/) clones[$1] = clones[$1] $0 "\n"; next }
		call ~ /^syscall_0x1c[9a]$/ { next }
		/^[0-9]+ +fsopen\(NULL, .* = -1 EINVAL/ { next }
		call == "move_mount" && /^[0-9]+ +move_mount\(-1, "", -1, ""/ { next }
		call == "mount_setattr" && /^[0-9]+ +mount_setattr\(-1, ""/ { next }
		copied[$1] && call == "mount" && /NULL, MS_REC\|MS_PRIVATE, NULL/ { private[$1] = / = 0$/; next }
		copied[$1] && call == "mount_setattr" && /propagation=MS_PRIVATE/ { private[$1] = / = 0$/; next }
		private[$1] && call == "umount2" && /MNT_DETACH\|UMOUNT_NOFOLLOW/ { next }
		copied[$1] && call == "umount2" && /MNT_EXPIRE/ { next }
		call == "move_mount" { printf "%s", clones[$1] }
		{ print }' /srv/calls
}

# makes_nothing COMMAND...: check that this --fake succeeds, prints something, and changes nothing.
makes_nothing() {
	local calls
	unchanged made "$@"
	calls=$output
	[[ $status -eq 0 && -z $calls ]] || { echo "$*: $status"; head -n 5 /srv/output; head -n 10 <<<"$calls"; return 1; }
	[[ -s /srv/calls && $(</srv/output) == *target-mounted*ok* ]] || { head -n 5 /srv/output; return 1; }
}

# makes CALL COMMAND...: check that without --fake the call is seen.
makes() {
	local call=$1
	shift
	made "$@" >/srv/made
	grep -q "$call" /srv/made || { echo "$*: no $call"; head -n 5 /srv/output; return 1; }
}

@test "mount --tuck --fake makes nothing: a bind, an image, a tmpfs, an overlay, a helper's" {
	local reveal
	for reveal in '' --reveal; do
		makes_nothing mount --tuck $reveal --fake --verbose --bind /srv/new /opt
		makes_nothing mount --tuck $reveal --fake --verbose --rbind /srv/new /opt
		makes_nothing mount --tuck $reveal --fake --verbose /srv/new.squashfs /opt
		makes_nothing mount --tuck $reveal --fake --verbose -o X-mount.subdir=sub /srv/new.squashfs /opt
		makes_nothing mount --tuck $reveal --fake --verbose -t tmpfs new /opt
		makes_nothing mount --tuck $reveal --fake --verbose -t overlay -o lowerdir=/srv/new:/usr new /opt
		makes_nothing mount --tuck $reveal --fake --verbose -t fuse.squashfuse /srv/new.squashfs /opt
	done
}

@test "mount --tuck --fake makes nothing: a move, and in another mount namespace" {
	command mount -t tmpfs room /mnt
	command mount --make-private /mnt
	mkdir /mnt/from
	command mount -t tmpfs moved /mnt/from
	makes_nothing mount --tuck --fake --verbose --move /mnt/from /opt
	makes_nothing mount --tuck --reveal --fake --verbose --move /mnt/from /opt
	makes_nothing mount --namespace "$SERVICE" --tuck --fake --verbose --bind /srv/new /opt
	makes_nothing mount --namespace "$SERVICE" --tuck --fake --verbose /srv/new.squashfs /opt
}

@test "umount --reveal --fake makes nothing" {
	mount --tuck --bind /srv/new /opt
	makes_nothing umount --reveal --fake --verbose /opt
	makes_nothing umount --reveal=force --fake --verbose /opt
	makes_nothing umount --namespace "$SERVICE" --reveal --fake --verbose /opt
}

@test "in earnest each of these is seen to make something" {
	needs_loop_devices
	makes move_mount mount --tuck --bind /srv/new /opt
	makes umount2 umount --reveal /opt
	makes OPEN_TREE_CLONE mount --tuck --reveal --rbind /srv/new /opt
	makes LOOP_ mount --tuck --reveal /srv/new.squashfs /opt
	makes fsmount mount --tuck --reveal -t tmpfs new /opt
}

@test "what --fake says counts with --make-private: reveals here only, and by propagation no" {
	needs_kernel_feature beneath
	run mount --tuck --reveal --fake --verbose --make-private --bind /srv/new /opt
	[[ $status -eq 0 && $(grep -c "(stays)" <<<"$output") -eq 1 ]]
	run mount --tuck --reveal --fake --verbose --bind /srv/new /opt
	[[ $status -eq 0 && $output != *'(stays)'* ]]
	unchanged env LIBMNTTUCK_ATTACH=propagation mount --tuck --fake --make-private --bind /srv/new /opt
	refused kernel-support
	# Nothing is mounted before either.
	local calls
	calls=$(made env LIBMNTTUCK_ATTACH=propagation mount --tuck --make-private /srv/new.squashfs /opt)
	[[ -z $calls && $(</srv/output) == *kernel-support* ]]
}

# Tucking from a chroot, in a user namespace, in another mount namespace, and by unusual paths.
bats_require_minimum_version 1.5.0
load lib

@test "in a plain-directory chroot the target's parent is out of sight, and tucking works" {
	plain_chroot /srv/root
	chroot /srv/root mount -t tmpfs one /opt
	chroot /srv/root mount --tuck /tmp /opt
	[ "$(stack /srv/root/opt)" = $'/srv/root/tmp\none' ]
	umount /srv/root/opt
	chroot /srv/root mount --tuck -t tmpfs two /opt
	[ "$(stack /srv/root/opt)" = $'two\n/srv/root/tmp' ]
}

@test "in a plain-directory chroot a tuck with a reveal is planned and done as the two steps are, here and in a service" {
	local propagation
	plain_chroot /srv/root
	mkdir /srv/root/srv/two
	echo 2 >/srv/root/srv/two/version
	for propagation in private shared; do
		mount --make-$propagation /
		mount -t tmpfs one /srv/root/opt
		mount --make-private /srv/root/opt
		mount --make-shared /srv/root/opt
		service --propagation slave
		unchanged chroot /srv/root mount --tuck --reveal --fake --verbose /srv/two /opt
		[ "$status" -eq 0 ]
		says "/opt one one /srv/two"
		chroot /srv/root mount --tuck --reveal /srv/two /opt
		[ "$(stack /srv/root/opt)" = "/srv/root/srv/two" ]
		[ $propagation = private ] || [ "$(stack /srv/root/opt "$SERVICE")" = "/srv/root/srv/two" ]
		umount /srv/root/opt
	done
}

# hidden_peers KIND: a chroot to /srv/root, a mount or a plain directory, in which /srv/data is a peer of /data, which the
# chroot hides.
hidden_peers() {
	mkdir -p /data /srv/root
	[[ $1 == directory ]] || mount -t tmpfs root /srv/root
	plain_chroot /srv/root
	mkdir /srv/root/srv/data
	mount -t tmpfs data /data
	mkdir /data/opt
	mount --bind /data /srv/root/srv/data
	mount -t tmpfs one /data/opt
}

plan_has_hidden_peers() {
	hidden_peers "$1"
	unchanged chroot /srv/root mount --tuck --fake --verbose /tmp /srv/data/opt
	[ "$status" -eq 0 ]
	says "/srv/data/opt one"
	says "/data/opt outside of the root directory one"
}

@test "in a chroot to a mount the plan has the mounts of the same namespace that the chroot hides" {
	plan_has_hidden_peers mount
}

@test "in a chroot to a plain directory the plan has the mounts of the same namespace that the chroot hides" {
	plan_has_hidden_peers directory
}

reveal_names_hidden_peers() {
	hidden_peers "$1"
	mkdir /data/opt/sub /srv/root/tmp/two
	mount --make-private /srv/root/srv/data/opt
	mount --make-shared /srv/root/srv/data/opt
	mount -t tmpfs own /data/opt/sub
	chroot /srv/root mount --tuck /tmp/two /srv/data/opt
	unchanged chroot /srv/root umount --reveal /srv/data/opt
	refused reveal-incomplete
	says "the old version would stay at /data/opt outside of the root directory in this mount namespace (kept by /data/opt/sub outside of the root directory)."
	remedy >/srv/root/tmp/remedy
	run chroot /srv/root bash -e /tmp/remedy
	echo "$output"
	[ "$status" -eq 64 ]
	says "the old version stays at /data/opt outside of the root directory in this mount namespace"
	[[ $(stack /srv/root/srv/data/opt) == */tmp/two ]]
	[[ $(stack /data/opt) == */tmp/two$'\none' ]]
}

@test "in a chroot to a mount a reveal refuses to leave a hidden mount on the old version, and its remedy works" {
	reveal_names_hidden_peers mount
}

@test "in a chroot to a plain directory a reveal refuses to leave a hidden mount on the old version, and its remedy works" {
	reveal_names_hidden_peers directory
}

# prints: compare the last output with standard input.
prints() {
	diff <(cat) <(echo "$output")
}

# listed_in_chroot ARGUMENTS: what --propagation=receivers lists in a chroot, a mount in a line: who has it, ACTION, TARGET.
listed_in_chroot() {
	# 64: in a pid namespace the kernel does not list the namespaces without a process.
	run --separate-stderr chroot /srv/root findmnt --propagation=receivers -n -r -o PID,ACTION,TARGET "$@"
	[[ $status -eq 0 || ($status -eq 64 && $* == *--namespaces*) ]] || { echo "status $status: $output $stderr"; return 1; }
	output=$(sed "s/^$SERVICE /service /; s/^[0-9]* /here /; s/\\\\x20/ /g" <<<"$output" | sort)
}

receivers_have_hidden_peers() {
	hidden_peers "$1"
	service --propagation slave
	listed_in_chroot --namespaces /srv/data/opt
	prints <<-'END'
		here tuck /data/opt outside of the root directory
		here tuck /srv/data/opt
		service tuck /data/opt
		service tuck /srv/root/srv/data/opt
	END
	listed_in_chroot /srv/data/opt
	prints <<-'END'
		here tuck /data/opt outside of the root directory
		here tuck /srv/data/opt
	END
	listed_in_chroot --namespaces /srv/data
	prints <<-'END'
		here stays /data outside of the root directory
		here tuck /srv/data
		service stays /data
		service tuck /srv/root/srv/data
	END
	# A directory, and a mount point that is to be mounted over.
	listed_in_chroot --namespaces /tmp
	prints <<<$'here mount /tmp\nservice mount /srv/root/tmp'
	listed_in_chroot --namespaces --propagation=receivers,mount /srv/data
	prints <<-'END'
		here mount /data outside of the root directory
		here mount /srv/data
		service mount /data
		service mount /srv/root/srv/data
	END
	# What is listed is true.
	chroot /srv/root mount --tuck -t ramfs new /srv/data/opt
	[ "$(stack /data/opt) $(stack /srv/root/srv/data/opt)" = $'new\none new\none' ]
	[ "$(stack /data/opt "$SERVICE") $(stack /srv/root/srv/data/opt "$SERVICE")" = $'new\none new\none' ]
	chroot /srv/root mount -t ramfs plain /tmp
	[ "$(stack /srv/root/tmp) $(stack /srv/root/tmp "$SERVICE")" = "plain plain" ]
}

@test "in a chroot to a mount findmnt --propagation=receivers lists the mounts that the chroot hides" {
	receivers_have_hidden_peers mount
}

@test "in a chroot to a plain directory findmnt --propagation=receivers lists the mounts that the chroot hides" {
	receivers_have_hidden_peers directory
}

@test "in a chroot findmnt --propagation=receivers says that nothing can be tucked at the root directory, if it is a mount" {
	hidden_peers mount
	unchanged chroot /srv/root findmnt --propagation=receivers /
	[ "$status" -eq 1 ]
	says "/: nothing can be tucked at the root directory"
	run chroot /srv/root mount --tuck /tmp /
	refused target-root
}

@test "in a chroot the size that findmnt --propagation=receivers prints is that of the mount, or none" {
	hidden_peers mount
	mkdir /srv/root/srv/data/small /srv/root/small
	mount -t tmpfs -o size=64k small /srv/root/srv/data/small
	mount -t tmpfs -o size=128k other /srv/root/small
	run chroot /srv/root findmnt --propagation=receivers -n -r -o ACTION,SOURCE,SIZE /srv/data/small
	[ "$output" = $'tuck small 64K\ntuck small ' ]
}

@test "in a chroot findmnt --propagation=receivers says that it can't see hidden mounts, where the caller may not leave the chroot" {
	needs_kernel_feature namespace-walk
	hidden_peers mount
	run chroot /srv/root setpriv --bounding-set -sys_chroot --inh-caps -sys_chroot findmnt --propagation=receivers -n -r -o ACTION,TARGET /srv/data/opt
	echo "$output"
	[ "$status" -eq 64 ]
	says "can't see the mounts that the root directory hides: Operation not permitted"
	[ "${lines[-1]}" = "tuck /srv/data/opt" ]
}

flags_of_hidden_peers() {
	hidden_peers "$1"
	mkdir /srv/root/tmp/two
	mount --make-private /srv/root/srv/data/opt
	mount --make-shared /srv/root/srv/data/opt
	mount -o remount,bind,nosuid /data/opt
	chroot /srv/root mount --tuck /tmp/two /srv/data/opt
	run chroot /srv/root umount --reveal /srv/data/opt
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(stack /data/opt)" = "$(stack /srv/root/srv/data/opt)" ]
	[[ $(findmnt -no VFS-OPTIONS /data/opt) == *nosuid* && $(findmnt -no VFS-OPTIONS /srv/root/srv/data/opt) != *nosuid* ]]
}

@test "in a chroot to a mount a hidden mount's own flags are set on the new version" {
	flags_of_hidden_peers mount
}

@test "in a chroot to a plain directory a hidden mount's own flags are set on the new version" {
	flags_of_hidden_peers directory
}

@test "in a plain-directory chroot without /proc tucking works" {
	[[ -z ${MOUNT_TUCK_SANITIZED:-} ]] || skip "AddressSanitizer can't start without /proc"
	plain_chroot /srv/root
	umount /srv/root/proc
	mount -t tmpfs one /srv/root/opt
	if ! kernel-feature statmount; then
		unchanged chroot /srv/root mount --tuck /tmp /opt
		refused kernel-support
		skip "the kernel feature statmount is missing"
	fi
	chroot /srv/root mount --tuck /tmp /opt
	[ "$(stack /srv/root/opt)" = $'/srv/root/tmp\none' ]
}

@test "in a plain-directory chroot parent-propagates is found, and its remedy works" {
	plain_chroot /srv/root
	chroot /srv/root mount --bind /opt /opt
	unchanged chroot /srv/root mount --tuck /tmp /opt
	refused parent-propagates
	chroot /srv/root bash -ec "$(remedy)"
	chroot /srv/root mount --tuck /tmp /opt
	[ "$(stack /srv/root/opt)" = $'/srv/root/tmp\n/srv/root/opt' ]
}

@test "in a plain-directory chroot receiver-propagates is found, and its remedy works" {
	plain_chroot /srv/root
	chroot /srv/root mount --bind /opt /opt
	service --propagation slave
	mount --make-private /srv/root/opt
	mount --make-shared /srv/root/opt
	unchanged chroot /srv/root mount --tuck /tmp /opt
	refused receiver-propagates
	says "mount --namespace $SERVICE --set-group=/opt --make-slave /srv/root/opt"
	chroot /srv/root bash -ec "$(remedy)"
	chroot /srv/root mount --tuck /tmp /opt
	[ "$(stack /srv/root/opt "$SERVICE")" = $'/srv/root/tmp\n/srv/root/opt' ]
}

@test "a host's own accident does not concern a chroot's mount of the same name" {
	mount --bind /opt /opt
	plain_chroot /srv/root
	chroot /srv/root mount -t tmpfs one /opt
	chroot /srv/root mount --tuck /tmp /opt
	[ "$(stack /srv/root/opt)" = $'/srv/root/tmp\none' ]
}

@test "in a user namespace without real root, a mount of one's own can be tucked beneath" {
	setpriv --reuid=65534 --regid=65534 --clear-groups unshare --user --map-root-user --mount bash -ec '
		mount -t tmpfs outer /mnt
		mkdir /mnt/opt
		mount -t tmpfs one /mnt/opt
		mkdir /mnt/opt/kept
		mount --tuck -t tmpfs two /mnt/opt
		[ "$(grep -c " /mnt/opt " /proc/self/mountinfo)" -eq 2 ]
		umount /mnt/opt
		[ ! -e /mnt/opt/kept ]
		grep " /mnt/opt .* two " /proc/self/mountinfo
		mount --tuck /srv /mnt/opt
		umount /mnt/opt
		grep " /srv /mnt/opt " /proc/self/mountinfo'
}

@test "in a user namespace a mount of one's own on / can be tucked beneath" {
	needs_kernel_feature beneath # a stack on a private parent
	setpriv --reuid=65534 --regid=65534 --clear-groups unshare --user --map-root-user --mount bash -ec '
		mount -t tmpfs one /opt
		mkdir /opt/kept
		mount --tuck /srv /opt
		mount --tuck -t tmpfs two /opt
		[ "$(grep -c " /opt " /proc/self/mountinfo)" -eq 3 ]
		umount /opt
		[ ! -e /opt/kept ]
		grep " /opt .* two " /proc/self/mountinfo'
}

@test "in a user namespace a shared parent's receivers are looked at as far as they can be seen" {
	unshare --user --map-root-user --mount bash -ec '
		mount -t tmpfs outer /srv
		mkdir /srv/opt
		mount --make-shared /srv
		mount --bind /srv/opt /srv/opt
		status=0
		mount --tuck /tmp /srv/opt 2>/tmp/said || status=$?
		[ $status -eq 32 ]
		grep "\[parent-propagates\]" /tmp/said
		mount --make-private /srv/opt
		mount --make-shared /srv/opt
		mkdir /srv/new
		mount --tuck /srv/new /srv/opt
		[ "$(grep -c " /srv/opt " /proc/self/mountinfo)" -eq 2 ]'
}

@test "relative, symlinked, slash-ended, spaced, newline and non-UTF-8 targets and sources" {
	local odd=$'/srv/odd \n\xff\'name'
	mkdir "$odd" "$odd/target" "$odd/source" /srv/plain
	ln -s "$odd/target" /srv/link
	mount -t tmpfs one "$odd/target"
	touch "$odd/source/seen"
	cd "$odd"
	# Each in turn becomes visible.
	next() {
		mount --tuck "$1" "$2"
		[ "$(grep -c '/target ' /proc/self/mountinfo)" -eq 2 ]
		umount "$odd/target"
		[ -e "$odd/target/$3" ]
	}
	next source target seen
	next ./source/ ./target// seen
	touch /srv/plain/plainly
	next ../plain ../link plainly
	next "$odd/source" "$odd/target" seen
	next "$odd" /srv/link/ source
	cd /
}

@test "a refusal about an odd path gives commands that a shell understands" {
	local odd=$'/srv/a b\n\'c'
	mkdir "$odd"
	mount --bind "$odd" "$odd"
	unchanged mount --tuck /tmp "$odd"
	refused parent-propagates
	mount --make-private "$odd"
	umount "$odd"
	mkdir "/srv/a b"
	mount --bind "/srv/a b" "/srv/a b"
	unchanged mount --tuck /tmp "/srv/a b"
	refused parent-propagates
	says "mount --make-private '/srv/a b' && mount --make-shared '/srv/a b'"
	follow_remedy
	mount --tuck /tmp "/srv/a b"
}

@test "a file is tucked beneath a file" {
	echo one >/srv/one
	echo two >/srv/two
	touch /srv/at
	mount --make-private /
	mount --bind /srv/one /srv/at
	mount --tuck /srv/two /srv/at
	[ "$(cat /srv/at)" = one ]
	umount /srv/at
	[ "$(cat /srv/at)" = two ]
}

@test "a top with mounts of its own is fine" {
	mount -t tmpfs two /opt
	mkdir /opt/inside
	mount -t tmpfs three /opt/inside
	mount --tuck /tmp /opt
	[ "$(stack /opt)" = $'/tmp\ntwo' ]
	[ "$(stack /opt/inside)" = three ]
}

@test "a stack of two and a top with mounts of its own are fine" {
	mount -t tmpfs one /opt
	mount -t tmpfs two /opt
	mkdir /opt/inside
	mount -t tmpfs three /opt/inside
	mount --tuck /tmp /opt
	[ "$(stack /opt)" = $'one\n/tmp\ntwo' ]
	[ "$(stack /opt/inside)" = three ]
}

@test "an overtaken tuck says what lies where, with status 64" {
	needs_kernel_feature beneath # the tracer holds the one system call
	# Another process mounts over the target between the check and the attach: a tracer stops the program there.
	command -v strace >/dev/null || skip "strace is missing"
	mount -t tmpfs one /opt
	(
		status=0
		ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 strace -qq -e trace=move_mount -o /dev/null \
			-e inject=move_mount:delay_enter=1500000:when=2+ mount --tuck /tmp /opt || status=$?
		echo "status $status"
	) >/srv/said 2>&1 &
	sleep 0.7
	mount -t tmpfs over /opt
	wait $!
	output=$(cat /srv/said)
	[ "$(stack /opt)" = $'one\n/tmp\nover' ]
	says "mount: /opt: attached as mount"
	says "but somebody else mounted or unmounted there meanwhile; at /opt there now are, from the bottom: one (mount"
	says "), over (mount"
	says "status 64"
}

@test "a mount that can't be moved keeps its flags" {
	mount --make-private /
	mount -t tmpfs one /opt
	mkdir /srv/moved
	mount -t tmpfs -o nosuid,strictatime two /srv/moved
	LIBMNTTUCK_ATTACH=flag unchanged without-beneath mount --tuck --move -o ro /srv/moved /opt
	needs_kernel_feature beneath
	command -v strace >/dev/null || skip "strace is missing"
	no_leak_check
	unchanged strace -qq -o /dev/null -e trace=move_mount -e inject=move_mount:error=EINVAL:when=2 \
		mount --tuck --move -o ro,suid,noatime /srv/moved /opt
	[ "$status" -eq 32 ]
	mount --tuck --move -o ro,suid,noatime /srv/moved /opt
	grep ' /opt ro,noatime .* two ' /proc/self/mountinfo
}

# container KIND: start a service in a user namespace of its own, with / made KIND and a mount of its own on /opt.
container() {
	service --user --map-root-user
	nsenter --user="/proc/$SERVICE/ns/user" --mount="/proc/$SERVICE/ns/mnt" --preserve-credentials --setuid 0 \
		sh -ec "mount --make-rprivate /; [ $1 = private ] || mount --make-shared /; mount -t tmpfs own /opt"
	[[ $1 != slave ]] || nsenter --mount="/proc/$SERVICE/ns/mnt" mount --make-slave /
}

@test "from the host into a container in a user namespace: what the container mounted itself is not locked" {
	needs_loop_devices
	local kind
	mkdir /srv/v1 /srv/v2
	echo 1 >/srv/v1/version
	echo 2 >/srv/v2/version
	mksquashfs /srv/v2 /srv/v3.squashfs -quiet -no-progress
	for kind in private shared slave; do
		container $kind
		mount --namespace "$SERVICE" --tuck /srv/v2 /opt
		[ "$(stack /opt "$SERVICE")" = $'/srv/v2\nown' ]
		umount --namespace "$SERVICE" --reveal /opt
		[ "$(in_service "$SERVICE" cat /opt/version)" = 2 ]
		mount --namespace "$SERVICE" --source-namespace=caller --tuck --reveal /srv/v1 /opt
		[ "$(in_service "$SERVICE" cat /opt/version)" = 1 ]
	done
	container shared
	mount --namespace "$SERVICE" --tuck --reveal /srv/v3.squashfs /opt
	[[ $(stack /opt "$SERVICE") == /dev/loop* ]]
	[ "$(in_service "$SERVICE" cat /opt/version)" = 2 ]
	mount --namespace "$SERVICE" --tuck --reveal -t fuse.squashfuse /srv/v3.squashfs /opt
	[[ $(stack /opt "$SERVICE") == squashfuse && $(in_service "$SERVICE" cat /opt/version) == 2 ]]
}

@test "from the host into a container in a user namespace: what the container was given is locked" {
	mount -t tmpfs one /opt
	service --user --map-root-user
	unchanged mount --namespace "$SERVICE" --tuck /srv /opt
	refused target-locked
}

@test "where a filter of system calls is older than statmount, everything is done as on older kernels" {
	versions 1 2 3
	mount --bind /srv/v1 /opt
	mount --make-private /opt
	mount --make-shared /opt
	service --propagation slave
	export MOUNT_TUCK_TEST_KERNEL=filtered LD_PRELOAD=$MOUNT_TUCK_BUILD/older-kernel.so
	export ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0
	mount --tuck --bind /srv/v2 /opt
	run findmnt --tucked --noheadings --raw -o TARGET /opt
	[ "$output" = /opt ]
	umount --reveal /opt
	mount --replace /srv/v3 /opt
	run umount --reveal /opt
	refused reveal-beneath
	unset LD_PRELOAD MOUNT_TUCK_TEST_KERNEL
	[ "$(stack /opt)" = /srv/v3 ]
	[ "$(stack /opt "$SERVICE")" = /srv/v3 ]
}

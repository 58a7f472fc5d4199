# If the kernel lets the caller list all mount namespaces, those without a process are printed, too.
MACHINE_PIDS=yes
load lib

# kept_namespace: make a slave namespace that only a descriptor of this test (8) keeps.
kept_namespace() {
	service --propagation slave
	exec 8<"/proc/$SERVICE/ns/mnt"
	kill "$SERVICE"
	wait "$SERVICE" 2>/dev/null || true
	SERVICES=()
}

@test "receiver-propagates sees a namespace that no process is in" {
	needs_kernel_feature namespace-walk
	needs_first_pid_namespace
	mount --bind /opt /opt
	kept_namespace
	mount --make-private /opt
	mount --make-shared /opt
	unchanged mount --tuck /tmp /opt
	refused receiver-propagates
	says "in a mount namespace without a process that can be seen it would also land on top of /opt (master:"
	nsenter --mount=/proc/self/fd/8 mount --make-private /opt
	mount --tuck /tmp /opt
	[ "$(stack /opt)" = $'/tmp\n/opt' ]
	[ "$(nsenter --mount=/proc/self/fd/8 grep -c ' /opt ' /proc/self/mountinfo)" -eq 2 ]
}

@test "receiver-propagates sees the services of processes, too" {
	mount --bind /opt /opt
	service --propagation slave
	mount --make-private /opt
	mount --make-shared /opt
	unchanged mount --tuck /tmp /opt
	refused receiver-propagates
	follow_remedy
	mount --tuck /tmp /opt
	[ "$(stack /opt "$SERVICE")" = $'/tmp\n/opt' ]
}

@test "receiver-propagates sees a mount of this namespace that receives, and its remedy needs no namespace" {
	mkdir /srv/bare
	mount -t tmpfs one /opt
	mount -t tmpfs elsewhere /mnt
	mount --make-private /mnt
	mkdir /mnt/alias
	# The directory that the top mount covers, shown elsewhere in the peer group of its parent.
	mount --bind / /srv/bare
	mount --bind /srv/bare/opt /mnt/alias
	umount /srv/bare
	unchanged mount --tuck /tmp /opt
	refused receiver-propagates
	says "in this mount namespace it would also land on top of /mnt/alias (shared:"
	says "mount --make-private /mnt/alias && mount --make-shared /mnt/alias"
	follow_remedy
	mount --tuck /tmp /opt
	[ "$(stack /opt)" = $'/tmp\none' ]
	[ "$(stack /mnt/alias)" = /opt ]
}

# By a descriptor, not by a bind mount: each processor has a range of namespace ids, so the kernel (seen: 6.18) can take a
# newer namespace for an older one and refuse to bind it.
@test "findmnt --namespaces finds a namespace that only a descriptor keeps" {
	needs_kernel_feature namespace-walk
	needs_first_pid_namespace
	mount --make-rprivate /
	service --propagation private
	in_service "$SERVICE" mount -t ramfs kept-alone /opt
	exec 8<"/proc/$SERVICE/ns/mnt"
	kill "$SERVICE"
	wait "$SERVICE" || true
	SERVICES=()
	run findmnt --propagation --namespaces -S kept-alone -n -r -o TARGET,NS,PID
	[[ ${#lines[@]} -eq 1 && $output == "/opt $(stat -Lc %i /proc/self/fd/8)"* && $output != *" "[0-9]*" "[0-9]* ]]
}

# verdict RULE: print the row of that rule in the last run's table.
verdict() {
	grep -E "^$1 " <<<"$output" | tr -s ' '
}

@test "where the kernel lists every namespace, rules about receivers are ok" {
	needs_kernel_feature namespace-walk
	needs_first_pid_namespace
	mount -t tmpfs one /opt
	service --propagation slave
	unchanged mount --tuck --reveal --fake --verbose /tmp /opt
	[ "$status" -eq 0 ]
	[[ $(verdict receiver-propagates) == "receiver-propagates ok"* ]]
	[[ $(verdict reveal-incomplete) == "reveal-incomplete ok"* ]]
	[[ $output != *"can be found"* && $output != *"out of sight"* ]]
}

@test "in a chroot that hides a receiver, receiver-propagates is not ok" {
	mkdir -p /srv/root/{usr,proc,opt,bin,lib,lib64,dev,tmp} /srv/bare
	mount --bind /dev /srv/root/dev
	mount --bind /usr /srv/root/usr
	mount -t proc proc /srv/root/proc
	for dir in bin lib lib64; do rmdir /srv/root/$dir; ln -s usr/$dir /srv/root/$dir; done
	mkdir -p "/srv/root${MOUNT_TUCK_BUILD%/*}" "/srv/root$MOUNT_TUCK_BUILD"
	mount --bind "$MOUNT_TUCK_BUILD" "/srv/root$MOUNT_TUCK_BUILD"
	mount -t tmpfs elsewhere /mnt
	mount --make-private /mnt
	mkdir /mnt/alias
	mount -t tmpfs one /srv/root/opt
	mount --bind / /srv/bare
	mount --bind /srv/bare/srv/root/opt /mnt/alias
	umount /srv/bare
	run chroot /srv/root "$MOUNT_TUCK_BUILD/mount" --tuck --fake --verbose /tmp /opt
	[[ $(verdict receiver-propagates) == "receiver-propagates unchecked "*"out of sight"* ||
		$(verdict receiver-propagates) == "receiver-propagates refused "*" /mnt/alias "* ]]
}

@test "a reveal sets a place's own flags on the new version, too, where no process is" {
	needs_kernel_feature namespace-walk
	needs_first_pid_namespace
	mount --bind /opt /opt
	mount --make-private /opt
	mount --make-shared /opt
	kept_namespace
	nsenter --mount=/proc/self/fd/8 mount -o remount,bind,ro,nodev /opt
	mount --tuck --reveal /tmp /opt
	[[ $(nsenter --mount=/proc/self/fd/8 findmnt --noheadings --output FSROOT,VFS-OPTIONS --target /opt) == "/tmp "*ro,nodev* ]]
	touch /opt/here
}

@test "--everywhere replaces in a namespace that no process is in, too" {
	needs_kernel_feature namespace-walk
	needs_first_pid_namespace
	versions 1 2
	mount --bind /srv/v1 /opt
	mount --make-private /opt
	mount --make-shared /opt
	service --propagation private
	exec 8<"/proc/$SERVICE/ns/mnt"
	kill "$SERVICE"
	wait "$SERVICE" || true
	run mount --tuck --reveal --everywhere /srv/v2 /opt
	[[ $status -eq 0 && ! $output ]]
	[ "$(nsenter --mount=/proc/self/fd/8 cat /opt/version)" = 2 ]
	[ "$(nsenter --mount=/proc/self/fd/8 grep -c ' /opt ' /proc/self/mountinfo)" -eq 1 ]
}

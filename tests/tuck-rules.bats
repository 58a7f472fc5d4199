# Each rule: a command that it refuses, its message, that nothing changed, and that its remedy works.
load lib

# tuck DIR TARGET...: run mount --tuck as most tests do.
tuck() {
	mount --tuck "$@"
}

@test "a refusal fits the terminal, with its command on a line of its own; elsewhere nothing is wrapped" {
	local command="mount --make-private /opt && mount --make-shared /opt"
	command mount --bind /opt /opt
	unchanged mount --tuck /srv /opt
	refused parent-propagates
	[[ ${#lines[@]} -eq 3 && ${lines[1]} == "       Give /opt its own peer group first:" && ${lines[2]} == "       $command" ]]
	run script --quiet --command "stty columns 60; mount --tuck /srv /opt" /dev/null </dev/null
	[[ $output == *"first:"[[:space:]]*$'\n'"       $command"* ]]
	while read -r line; do
		[[ ${#line} -le 60 || $line == *"$command"* ]]
	done <<<"$output"
}

@test "caller-capable refuses a caller without CAP_SYS_ADMIN, with status 1" {
	mount -t tmpfs one /opt
	unchanged setpriv --reuid=65534 --regid=65534 --clear-groups mount --tuck /tmp /opt
	refused caller-capable 1
	says "/opt: cannot tuck here [caller-capable]: the caller has no CAP_SYS_ADMIN over its mount namespace."
	says "Run it as root, or where you are root: unshare --user --map-root-user --mount"
	setpriv --reuid=65534 --regid=65534 --clear-groups bash -c "$(remedy) sh -ec '
		mount -t tmpfs top /mnt
		mount --tuck /srv /mnt
		umount /mnt
		grep -q \" /srv /mnt \" /proc/self/mountinfo'"
}

@test "kernel-support refuses on a kernel that knows no MOVE_MOUNT_BENEATH, if nothing else is allowed" {
	mount -t tmpfs one /opt
	export LIBMNTTUCK_ATTACH=flag
	unchanged without-beneath mount --tuck /tmp /opt
	refused kernel-support
	says "this kernel can't attach a mount beneath another (MOVE_MOUNT_BENEATH, Linux 6.5; mount_setattr(2), 5.12)."
}

@test "target-mounted refuses a directory that is not mounted, and says how to mount it first" {
	unchanged tuck /tmp /opt
	refused target-mounted
	says "/opt: cannot tuck here [target-mounted]: nothing is mounted there to go beneath."
	says "Mount the first one in the ordinary way: mount --bind /tmp /opt"
	mount --make-private /
	follow_remedy
	tuck /tmp /opt
}

@test "target-mounted refuses a directory inside a mount" {
	mount -t tmpfs one /opt
	mkdir /opt/inside
	unchanged tuck /tmp /opt/inside
	refused target-mounted
}

@test "target-mounted refuses a target that does not exist, and -m and X-mount.mkdir don't make it" {
	# shellcheck disable=SC2086 # an option may be two words, or none
	for option in "" "-m" "--mkdir=0700" "-o X-mount.mkdir"; do
		unchanged tuck $option /tmp /opt/new
		refused target-mounted
		says "it does not exist, and there is nothing to go beneath."
		unchanged tuck $option -t tmpfs none /opt/new
		refused target-mounted
		says "Mount the first one in the ordinary way, by the same command without --tuck"
	done
}

@test "target-mounted refuses a mount that was lazily unmounted, reached through a descriptor" {
	mount -t tmpfs one /opt
	exec 9</opt
	umount --lazy /opt
	unchanged tuck /tmp /proc/self/fd/9
	refused target-mounted
	says "it is not attached anywhere any more"
	exec 9<&-
}

@test "target-namespace refuses a target in another mount namespace, and hands the source over there" {
	service --propagation slave
	in_service "$SERVICE" mount -t tmpfs one /opt
	unchanged tuck /tmp "/proc/$SERVICE/root/opt"
	refused target-namespace
	says "it is in the mount namespace of process $SERVICE (sleep)."
	says "mount --namespace $SERVICE --source-namespace=caller --tuck --bind /tmp /opt"
	follow_remedy
	[ "$(stack /opt "$SERVICE")" = $'/tmp\none' ]
	[ -z "$(stack /opt)" ]
}

@test "target-namespace tells a filesystem's user to name the namespace" {
	service --propagation slave
	in_service "$SERVICE" mount -t tmpfs one /opt
	unchanged tuck -t tmpfs two "/proc/$SERVICE/root/opt"
	refused target-namespace
	says "Name the namespace, and the target as it is called there: --namespace $SERVICE, /opt"
	mount --namespace "$SERVICE" --tuck -t tmpfs two /opt
	[ "$(stack /opt "$SERVICE")" = $'two\none' ]
}

@test "target-root refuses the root directory, and its remedy exchanges the root" {
	unchanged tuck /tmp /
	refused target-root
	says "/: cannot tuck here [target-root]: it is the root directory of the caller."
	says "pivot_root . . && umount --lazy ."
	export -f remedy
	output=$output unshare --mount --propagation private bash -ec '
		mkdir /newroot
		mount -t tmpfs newroot /newroot
		mkdir -p /newroot/{usr,proc}
		for dir in /usr /proc; do mount --bind "$dir" "/newroot$dir"; done
		cp -d /bin /lib /lib64 /sbin /newroot/
		cd /newroot
		eval "$(remedy)"
		grep " / / .* newroot " /proc/self/mountinfo
		[ "$(wc -l </proc/self/mountinfo)" -eq 3 ]'
}

# Whether the kernel attaches a mount beneath the root directory; tries it in a namespace of its own.
root_can_be_tucked() {
	unshare --mount --propagation private mount --tuck=kernel /tmp / 2>/dev/null
}

@test "target-root refuses the root of a chroot that is a mount" {
	mkdir -p /srv/root
	mount --make-private /
	mount --rbind / /srv/root
	unchanged chroot /srv/root mount --tuck /tmp /
	refused target-root
}

@test "target-root refuses a mount whose parent is the namespace's root" {
	! root_can_be_tucked || skip "this kernel has another mount between the two (Linux 7.1)"
	mkdir /srv/root
	mount -t tmpfs elsewhere /srv/root
	mkdir -p /srv/root/{usr,proc,tmp}
	cp -d /bin /lib /lib64 /sbin /srv/root/
	for dir in /usr /proc "$MOUNT_TUCK_BUILD"; do
		mkdir -p "/srv/root$dir"
		mount --bind "$dir" "/srv/root$dir"
	done
	unchanged chroot /srv/root mount --tuck /tmp /proc/$$/root
	refused target-root
	says "it is mounted on the root of the mount namespace itself"
}

@test "target-locked refuses a top mount from a more privileged namespace" {
	mount -t tmpfs one /opt
	unshare --user --map-root-user --mount bash -ec '
		before=$(cat /proc/self/mountinfo)
		status=0
		output=$(mount --tuck /tmp /opt 2>&1) || status=$?
		[ $status -eq 32 ]
		[[ $output == *"[target-locked]"* ]]
		[ "$before" = "$(cat /proc/self/mountinfo)" ]'
}

@test "target-locked's remedy is a mount of one's own on top, and that helps" {
	needs_kernel_feature beneath # a stack on a private parent
	mount -t tmpfs one /opt
	export -f remedy
	unshare --user --map-root-user --mount bash -ec '
		before=$(cat /proc/self/mountinfo)
		status=0
		output=$(mount --tuck /tmp /opt 2>&1) || status=$?
		echo "$output"
		[ $status -eq 32 ]
		[[ $output == *"[target-locked]"* ]]
		[[ $(tr -s " \n" " " <<<"$output") == *"Put a mount of your own on top first: mount --rbind /opt /opt"* ]]
		[ "$before" = "$(cat /proc/self/mountinfo)" ]
		eval "$(remedy)"
		mount --tuck /srv /opt
		umount /opt
		grep " /srv /opt " /proc/self/mountinfo'
}

@test "parent-propagates refuses a mount in its parent's own peer group, and its own group helps" {
	mount --bind /opt /opt
	unchanged tuck /tmp /opt
	refused parent-propagates
	says "/opt: cannot tuck here [parent-propagates]: its parent / (shared:"
	says ") passes mounts on to it, so the new mount would also land on top of /opt."
	says "Give /opt its own peer group first: mount --make-private /opt && mount --make-shared /opt"
	follow_remedy
	tuck /tmp /opt
	[ "$(stack /opt)" = $'/tmp\n/opt' ]
}

@test "parent-propagates refuses a slave of its parent's peer group" {
	mount --bind /opt /opt
	mount --make-slave /opt
	unchanged tuck /tmp /opt
	refused parent-propagates
	follow_remedy
	tuck /tmp /opt
	[ "$(stack /opt)" = $'/tmp\n/opt' ]
}

@test "parent-propagates refuses a slave of a slave of its parent's peer group" {
	mkdir /srv/link
	mount --bind /opt /opt
	mount --make-slave /opt
	mount --make-shared /opt
	mount --bind /opt /srv/link
	umount /opt
	mount --make-private /srv/link
	mount --make-private /
	mount --make-shared /
	mount --bind /opt /srv/link
	mount --make-slave /srv/link
	mount --make-shared /srv/link
	mount --bind /srv/link /opt
	mount --make-slave /opt
	grep ' /opt ' /proc/self/mountinfo
	unchanged tuck /tmp /opt
	refused parent-propagates
}

@test "parent-propagates refuses a moved mount that would receive itself" {
	mount --make-private /
	mkdir /srv/shared /srv/alias /srv/moved
	mount -t tmpfs base /srv/shared
	mkdir /srv/shared/at
	mount --make-shared /srv/shared
	mount -t tmpfs top /srv/shared/at
	# A mount of the directory that the top mount covers, in the peer group of the top mount's parent.
	mount --bind /srv/shared /srv/alias
	mount --bind /srv/alias/at /srv/moved
	umount /srv/alias
	unchanged tuck --move /srv/moved /srv/shared/at
	refused parent-propagates
	says "its parent /srv/shared (shared:"
	says "passes mounts on to /srv/moved, which would receive itself"
	unchanged mount --tuck=kernel --move /srv/moved /srv/shared/at
	refused parent-propagates
	follow_remedy
	tuck --move /srv/moved /srv/shared/at
	[ "$(stack /srv/shared/at)" = $'/at\ntop' ]
}

@test "receiver-propagates refuses where a running service would show the new mount for ever" {
	mount --bind /opt /opt
	service --propagation slave
	mount --make-private /opt
	mount --make-shared /opt
	unchanged tuck /tmp /opt
	refused receiver-propagates
	says "in the mount namespace of process $SERVICE (sleep) it would also land on top of /opt (master:"
	says "Give that mount its own peer group there: mount --namespace $SERVICE --make-private /opt"
	follow_remedy
	tuck /tmp /opt
	[ "$(stack /opt)" = $'/tmp\n/opt' ]
	[ "$(stack /opt "$SERVICE")" = $'/tmp\n/opt' ]
	umount /opt
	[ "$(stack /opt)" = /tmp ]
	[ "$(stack /opt "$SERVICE")" = /tmp ]
}

@test "receiver-propagates lists every service, and keeps a shared copy shared" {
	local first
	mount --bind /opt /opt
	service --propagation slave
	first=$SERVICE
	service --propagation slave
	in_service "$SERVICE" mount --make-rshared /
	mount --make-private /opt
	mount --make-shared /opt
	unchanged tuck /tmp /opt
	refused receiver-propagates
	says "mount --namespace $first --make-private /opt"
	says "mount --namespace $SERVICE --make-private /opt && mount --namespace $SERVICE --make-shared /opt"
	follow_remedy
	tuck /tmp /opt
	[ "$(stack /opt "$first")" = $'/tmp\n/opt' ]
	[ "$(stack /opt "$SERVICE")" = $'/tmp\n/opt' ]
}

@test "receiver-propagates is ours: --tuck=kernel and --beneath do what the kernel does" {
	mount --bind /opt /opt
	service --propagation slave
	mount --make-private /opt
	mount --make-shared /opt
	mount --tuck=kernel /tmp /opt
	[ "$(stack /opt "$SERVICE")" = $'/tmp\n/opt\n/tmp' ]
	umount /opt
	mount --make-private /opt
	mount --beneath --bind /srv /opt
	[ "$(stack /opt)" = $'/srv\n/tmp' ]
}

@test "source-private refuses to move a shared mount and a slave, and helps out of the group" {
	mount --make-private /
	mount -t tmpfs one /opt
	mkdir /srv/moved
	mount -t tmpfs two /srv/moved
	mount --make-shared /srv/moved
	unchanged tuck --move /srv/moved /opt
	refused source-private
	says "/opt: cannot tuck /srv/moved here [source-private]: it is shared (shared:"
	mount --bind /srv/moved /mnt
	mount --make-slave /srv/moved
	unchanged tuck --move /srv/moved /opt
	refused source-private
	says "it is a slave (master:"
	follow_remedy
	tuck --move /srv/moved /opt
	[ "$(stack /opt)" = $'two\none' ]
}

@test "source-private is the design's own: --tuck=kernel moves a shared mount" {
	needs_kernel_feature beneath # a clone would not be the same
	mount --make-private /
	mount -t tmpfs one /opt
	mkdir /srv/moved
	mount -t tmpfs two /srv/moved
	mount --make-shared /srv/moved
	mount --tuck=kernel --move /srv/moved /opt
	[ "$(stack /opt)" = $'two\none' ]
}

@test "the group of a bind source is left by default, and kept with --tuck=kernel" {
	mount -t tmpfs one /opt
	mkdir /srv/v2
	mount -t tmpfs two /srv/v2
	mount --make-shared /srv/v2
	mkdir /srv/v2/below
	mount -t tmpfs three /srv/v2/below
	local group
	group=$(peer_group /srv/v2)
	[[ $group == shared:* ]]
	mount --tuck --rbind /srv/v2 /opt
	umount /opt
	[ "$(stack /opt)" = two ]
	[ "$(peer_group /opt)" != "$group" ]
	umount -R /opt
	mount -t tmpfs one /opt
	mount --tuck=kernel --rbind /srv/v2 /opt
	umount /opt
	[ "$(peer_group /opt)" = "$group" ]
	[ "$(peer_group /opt/below)" = "$(peer_group /srv/v2/below)" ]
	# A mount on the one is also made on the other.
	mount -t tmpfs four /srv/v2/below
	[ "$(stack /opt/below)" = $'three\nfour' ]
}

@test "source-namespace refuses a source in another mount namespace, and says how to get it" {
	mount -t tmpfs one /opt
	service --propagation private
	in_service "$SERVICE" mount -t tmpfs two /srv
	mkdir "/proc/$SERVICE/root/srv/new"
	unchanged tuck "/proc/$SERVICE/root/srv/new" /opt
	refused source-namespace
	says "[source-namespace]: it is in the mount namespace of process $SERVICE (sleep)."
	follow_remedy
	[ "$(stack /opt)" = $'/new\none' ]
	unchanged tuck --move "/proc/$SERVICE/root/srv" /opt
	refused source-namespace
}

@test "source-detachable refuses to move a mount out of a shared parent, and a clone helps" {
	mount -t tmpfs one /opt
	mkdir /srv/moved
	mount -t tmpfs two /srv/moved
	unchanged tuck --move /srv/moved /opt
	refused source-detachable
	says "its parent / is shared (shared:"
	says "Tuck a clone of it: mount --tuck --rbind /srv/moved /opt"
	follow_remedy
	[ "$(stack /opt)" = $'two\none' ]
}

@test "source-detachable refuses to move what is no mount" {
	mount -t tmpfs one /opt
	unchanged tuck --move /srv /opt
	refused source-detachable
	says "nothing is mounted there that could be moved"
	follow_remedy
}

@test "source-detachable refuses to move a locked mount" {
	mount -t tmpfs one /srv
	unshare --user --map-root-user --mount bash -ec '
		mount -t tmpfs top /opt
		before=$(cat /proc/self/mountinfo)
		status=0
		output=$(mount --tuck --move /srv /opt 2>&1) || status=$?
		echo "$output"
		[ $status -eq 32 ]
		[[ $output == *"[source-detachable]"* ]]
		[ "$before" = "$(cat /proc/self/mountinfo)" ]'
}

@test "source-uncovered refuses to move a mount that another one covers" {
	mount --make-private /
	mount -t tmpfs one /opt
	mkdir /srv/moved
	mount -t tmpfs two /srv/moved
	exec 9</srv/moved
	mount -t tmpfs cover /srv/moved
	unchanged tuck --move /proc/self/fd/9 /opt
	refused source-uncovered
	says "another mount covers it, at /srv/moved."
	says "Take that away first: umount /srv/moved"
	follow_remedy
	tuck --move /proc/self/fd/9 /opt
	exec 9<&-
	[ "$(stack /opt)" = $'two\none' ]
}

@test "source-loop refuses to move the top mount, one around it, and one inside it" {
	mount --make-private /
	mount -t tmpfs around /srv
	mkdir /srv/opt
	mount -t tmpfs one /srv/opt
	mkdir /srv/opt/inside
	mount -t tmpfs two /srv/opt/inside
	unchanged tuck --move /srv/opt /srv/opt
	refused source-loop
	says "it is the top mount itself"
	unchanged tuck --move /srv /srv/opt
	refused source-loop
	says "/srv/opt is inside it, and a mount can't be moved into itself"
	unchanged tuck --move /srv/opt/inside /srv/opt
	refused source-loop
	says "it is mounted inside /srv/opt, and a mount can't be moved beneath the one that holds it"
	follow_remedy
	[ "$(stack /srv/opt)" = $'two\none' ]
}

@test "source-kind refuses a file for a directory and a directory for a file" {
	mount -t tmpfs one /opt
	touch /srv/file
	mount --bind /etc/fstab /srv/file
	unchanged tuck /etc/fstab /opt
	refused source-kind
	says "/opt: cannot tuck /etc/fstab here [source-kind]: it is a file, and /opt is a directory."
	unchanged tuck --bind /etc/fstab /opt
	refused source-kind
	unchanged tuck --bind /tmp /srv/file
	refused source-kind
	says "it is a directory, and /srv/file is a file."
}

@test "source-deleted refuses a deleted file and a deleted directory, cloned or moved" {
	touch /srv/{one,two,top}
	mount --bind /srv/one /srv/two
	mount --bind /etc/fstab /srv/top
	rm /srv/one
	unchanged mount --tuck --bind /srv/two /srv/top
	refused source-deleted
	says "/srv/top: cannot tuck /srv/two here [source-deleted]: it has been deleted, and nothing can be mounted on a deleted file"
	mkdir /srv/{three,four}
	mount --bind /srv/three /srv/four
	rmdir /srv/three
	mount -t tmpfs one /opt
	for how in --bind --move; do
		unchanged mount --tuck $how /srv/four /opt
		refused source-deleted
		unchanged mount --tuck --fake $how /srv/four /opt
		refused source-deleted
	done
	mkdir "/srv/five (deleted)"
	mount --tuck --bind "/srv/five (deleted)" /opt
	[ "$(stack /opt)" = $'/srv/five (deleted)\none' ] || [ "$(stack /opt)" = $'/srv/five\\040(deleted)\none' ]
}

@test "source-locked refuses to change options that a more privileged namespace has locked" {
	mkdir /srv/locked
	mount -t tmpfs -o ro,nosuid,nodev locked /srv/locked
	run unshare --user --map-root-user --mount bash -ec '
		mount -t tmpfs one /opt
		status=0
		mount --tuck --bind -o rw,suid /srv/locked /opt || status=$?
		[ "$(grep -c " /opt " /proc/self/mountinfo)" -eq 1 ]
		mount --tuck --bind -o noexec /srv/locked /opt
		exit $status'
	refused source-locked 1
	says "cannot tuck /srv/locked here [source-locked]: it came from a more privileged mount namespace, which has locked its options: ro,nosuid."
}

@test "a file that stands for a namespace is a source, as it is without --tuck" {
	touch /srv/top
	mount --bind /etc/fstab /srv/top
	mount --tuck --reveal --bind /proc/self/ns/uts /srv/top
	[ "$(readlink /proc/self/ns/uts)" = "uts:[$(stat -c %i /srv/top)]" ]
}

@test "a subdirectory that is not there is named, and nothing is said to be mounted" {
	mkdir /srv/tree
	mount -t tmpfs one /opt
	unchanged mount --tuck --bind -o X-mount.subdir=none /srv/tree /opt
	[ "$status" -eq 32 ]
	says "/opt: cannot tuck /srv/tree here: it has no directory \"none\" (X-mount.subdir), or that can't be mounted"
	[[ $output != *"was mounted"* ]]
}

@test "source-bindable refuses an unbindable source" {
	mount -t tmpfs one /opt
	mount -t tmpfs two /srv
	mount --make-unbindable /srv
	unchanged tuck /srv /opt
	refused source-bindable
	says "its mount /srv is unbindable."
	says "mount --make-private /srv"
	follow_remedy
	tuck /srv /opt
	[ "$(stack /opt)" = $'two\none' ]
}

@test "source-bindable refuses to move a tree with an unbindable mount under a shared parent" {
	mount --make-private /
	mount -t tmpfs outer /mnt
	mkdir /mnt/opt
	mount --make-shared /mnt
	mount -t tmpfs one /mnt/opt
	mount -t tmpfs two /srv
	mkdir /srv/inside
	mount -t tmpfs three /srv/inside
	mount --make-unbindable /srv/inside
	unchanged tuck --move /srv /mnt/opt
	refused source-bindable
	says "/srv/inside is unbindable"
	follow_remedy
	tuck --move /srv /mnt/opt
	[ "$(stack /mnt/opt)" = $'two\none' ]
}

@test "source-bindable refuses to clone locked mounts away, and --rbind takes them along" {
	mkdir /srv/inside
	mount -t tmpfs locked /srv/inside
	export -f remedy
	unshare --user --map-root-user --mount bash -ec '
		mount -t tmpfs top /opt
		before=$(cat /proc/self/mountinfo)
		status=0
		output=$(mount --tuck --bind /srv /opt 2>&1) || status=$?
		echo "$output"
		[ $status -eq 32 ]
		[[ $output == *"[source-bindable]"* ]]
		[ "$before" = "$(cat /proc/self/mountinfo)" ]
		eval "$(remedy)"
		umount /opt
		grep " /srv /opt " /proc/self/mountinfo'
}

@test "mount-limit refuses more mounts than fs.mount-max, and raising it helps" {
	mount -t tmpfs one /opt
	local count
	own_mount_max
	mount -t tmpfs many /srv
	mount --make-private /srv
	mkdir /srv/more
	while count=$(wc -l </proc/self/mountinfo) && ((count < 4000)); do mount --rbind /srv /srv/more; done
	sysctl -q fs.mount-max="$count"
	unchanged tuck /tmp /opt
	end_own_mount_max
	refused mount-limit
	says "would get 1 more, and fs.mount-max is $count."
	sysctl -q fs.mount-max="$count"
	follow_remedy
	tuck /tmp /opt
	end_own_mount_max
	[ "$(stack /opt)" = $'/tmp\none' ]
}

@test "mount-limit counts what a service would receive" {
	mount -t tmpfs one /opt
	service --propagation slave
	local count
	own_mount_max
	in_service "$SERVICE" bash -c 'mount -t tmpfs many /srv; mkdir /srv/more
		while (($(wc -l </proc/self/mountinfo) < 4000)); do mount --rbind /srv /srv/more; done'
	count=$(wc -l <"/proc/$SERVICE/mountinfo")
	sysctl -q fs.mount-max="$count"
	unchanged tuck /tmp /opt
	end_own_mount_max
	refused mount-limit
	says "the mount namespace of process $SERVICE (sleep)"
}

@test "mount-limit counts of a tree only what is below the source" {
	mount -t tmpfs one /opt
	local count
	own_mount_max
	mount -t tmpfs many /srv
	mount --make-private /srv
	mkdir -p /srv/more /srv/sub/one
	mount -t tmpfs below /srv/sub/one
	while count=$(wc -l </proc/self/mountinfo) && ((count < 4000)); do mount --rbind /srv/more /srv/more && mount --rbind /srv /srv/more; done
	sysctl -q fs.mount-max="$((count + 50))"
	unchanged mount --tuck --fake --rbind /srv/sub /opt
	end_own_mount_max
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "every rule has a row in --fake --verbose, and nothing changes" {
	mount --make-rprivate / # with a shared parent: walk.bats, blind-spots.bats
	mount -t tmpfs one /opt
	unchanged mount --tuck --fake --verbose /tmp /opt
	[ "$status" -eq 0 ]
	[[ ${lines[0]} =~ ^RULE\ +VERDICT\ +DETAIL$ ]]
	for rule in caller-capable kernel-support target-mounted target-namespace target-root target-locked \
		source-namespace source-deleted source-kind parent-propagates source-bindable source-locked receiver-propagates mount-limit; do
		[[ $output =~ $'\n'$rule\ +ok ]] || { echo "no ok for $rule in: $output"; return 1; }
	done
	for rule in source-uncovered source-loop source-detachable source-private; do
		[[ $output =~ $'\n'$rule\ +- ]] || { echo "$rule should not apply: $output"; return 1; }
	done
}

@test "--fake --verbose goes on after the first refusal, and ends with its status" {
	mount --bind /opt /opt
	unchanged mount --tuck --fake --verbose /etc/fstab /opt
	[ "$status" -eq 32 ]
	[[ $output =~ source-kind\ +refused ]]
	[[ $output =~ parent-propagates\ +refused ]]
}

@test "--verbose prints the same table after the fact, and what the kernel accepted is ok" {
	mount --make-rprivate /
	mount -t tmpfs one /opt
	run mount --tuck --verbose /tmp /opt
	[ "$status" -eq 0 ]
	[[ $output =~ mount-limit\ +ok ]]
	[[ $output != *unchecked* && $output != *refused* ]]
	says "/tmp tucked beneath the top mount on /opt."
}

@test "--tuck=kernel leaves to the kernel what not every kernel refuses" {
	needs_kernel_feature beneath # the kernel is not asked otherwise
	mount -t tmpfs one /opt
	unchanged mount --tuck=kernel --fake --verbose /tmp /opt
	[[ $output =~ target-root\ +unchecked ]]
	[[ $output =~ receiver-propagates\ +- ]]
	if root_can_be_tucked; then
		mount --tuck=kernel /tmp /
	else
		unchanged mount --tuck=kernel /tmp /
		refused target-root
	fi
}

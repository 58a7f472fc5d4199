# Each rule about a tuck, but for those about its source (tuck-rules-source.bats): a command that it refuses, its message, that
# nothing changed, and that its remedy works.
load lib

@test "a refusal fits the terminal, with its command on a line of its own; elsewhere no line is wrapped" {
	local command="mount --make-private /opt && mount --make-shared /opt"
	command mount --bind /opt /opt
	unchanged mount --tuck /srv /opt
	refused parent-propagates
	[[ ${#lines[@]} -eq 2 && ${lines[1]} == "       Give /opt its own peer group first: $command" ]]
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
	unchanged mount --tuck /tmp /opt
	refused target-mounted
	says "/opt: cannot tuck here [target-mounted]: nothing is mounted there to go beneath."
	says "Mount the first one in the ordinary way: mount --bind /tmp /opt"
	mount --make-private /
	follow_remedy
	mount --tuck /tmp /opt
}

@test "target-mounted refuses a directory inside a mount" {
	mount -t tmpfs one /opt
	mkdir /opt/inside
	unchanged mount --tuck /tmp /opt/inside
	refused target-mounted
}

@test "target-mounted refuses a target that does not exist, and -m and X-mount.mkdir don't make it" {
	# shellcheck disable=SC2086 # an option may be two words, or none
	for option in "" "-m" "--mkdir=0700" "-o X-mount.mkdir"; do
		unchanged mount --tuck $option /tmp /opt/new
		refused target-mounted
		says "it does not exist, and there is nothing to go beneath."
		unchanged mount --tuck $option -t tmpfs none /opt/new
		refused target-mounted
		says "Mount the first one in the ordinary way, by the same command without --tuck"
	done
}

@test "target-mounted refuses a mount that was lazily unmounted, reached through a descriptor" {
	mount -t tmpfs one /opt
	exec 9</opt
	umount --lazy /opt
	unchanged mount --tuck /tmp /proc/self/fd/9
	refused target-mounted
	says "it is not attached anywhere any more"
	exec 9<&-
}

@test "target-namespace refuses a target in another mount namespace, and hands the source over there" {
	service --propagation slave
	in_service "$SERVICE" mount -t tmpfs one /opt
	unchanged mount --tuck /tmp "/proc/$SERVICE/root/opt"
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
	unchanged mount --tuck -t tmpfs two "/proc/$SERVICE/root/opt"
	refused target-namespace
	says "Name the namespace, and the target as it is called there: --namespace $SERVICE, /opt"
	mount --namespace "$SERVICE" --tuck -t tmpfs two /opt
	[ "$(stack /opt "$SERVICE")" = $'two\none' ]
}

@test "target-root refuses the root directory, and its remedy exchanges the root" {
	unchanged mount --tuck /tmp /
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
	unchanged mount --tuck /tmp /opt
	refused parent-propagates
	says "/opt: cannot tuck here [parent-propagates]: its parent / (shared:"
	says ") passes mounts on to it, so the new mount would also land on top of /opt."
	says "Give /opt its own peer group first: mount --make-private /opt && mount --make-shared /opt"
	follow_remedy
	mount --tuck /tmp /opt
	[ "$(stack /opt)" = $'/tmp\n/opt' ]
}

@test "parent-propagates refuses a slave of its parent's peer group" {
	mount --bind /opt /opt
	mount --make-slave /opt
	unchanged mount --tuck /tmp /opt
	refused parent-propagates
	follow_remedy
	mount --tuck /tmp /opt
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
	unchanged mount --tuck /tmp /opt
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
	unchanged mount --tuck --move /srv/moved /srv/shared/at
	refused parent-propagates
	says "its parent /srv/shared (shared:"
	says "passes mounts on to /srv/moved, which would receive itself"
	unchanged mount --tuck=kernel --move /srv/moved /srv/shared/at
	refused parent-propagates
	follow_remedy
	mount --tuck --move /srv/moved /srv/shared/at
	[ "$(stack /srv/shared/at)" = $'/at\ntop' ]
}

@test "receiver-propagates refuses where a running service would show the new mount for ever" {
	mount --bind /opt /opt
	service --propagation slave
	mount --make-private /opt
	mount --make-shared /opt
	unchanged mount --tuck /tmp /opt
	refused receiver-propagates
	says "in the mount namespace of process $SERVICE (sleep) it would also land on top of /opt (master:"
	says "Give that mount another peer group there: mount --namespace $SERVICE --set-group=/opt --make-slave /opt"
	follow_remedy
	# It receives what is mounted on the top mount, as it did before.
	[ "$(propagation /opt "$SERVICE")" = "master:$(propagation /opt | cut -d: -f2)" ]
	mount --tuck /tmp /opt
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
	unchanged mount --tuck /tmp /opt
	refused receiver-propagates
	says "mount --namespace $first --set-group=/opt --make-slave /opt"
	says "mount --namespace $SERVICE --set-group=/opt --make-slave --make-shared /opt"
	follow_remedy
	[[ $(propagation /opt "$SERVICE") == "shared:"*" master:"* ]]
	mount --tuck /tmp /opt
	[ "$(stack /opt "$first")" = $'/tmp\n/opt' ]
	[ "$(stack /opt "$SERVICE")" = $'/tmp\n/opt' ]
}

@test "receiver-propagates: a mount leaves the group if the top mount has none that it could follow" {
	mount --bind /opt /opt
	service --propagation slave
	mount --make-private /opt
	unchanged mount --tuck /tmp /opt
	refused receiver-propagates
	says "mount --namespace $SERVICE --make-private /opt"
	follow_remedy
	mount --tuck /tmp /opt
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

@test "mount-limit refuses more mounts than fs.mount-max, and raising it helps" {
	mount -t tmpfs one /opt
	local count
	own_mount_max
	mount -t tmpfs many /srv
	mount --make-private /srv
	mkdir /srv/more
	while count=$(wc -l </proc/self/mountinfo) && ((count < 4000)); do mount --rbind /srv /srv/more; done
	sysctl -q fs.mount-max="$count"
	unchanged mount --tuck /tmp /opt
	end_own_mount_max
	refused mount-limit
	says "would get 1 more, and fs.mount-max is $count."
	sysctl -q fs.mount-max="$count"
	follow_remedy
	mount --tuck /tmp /opt
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
	unchanged mount --tuck /tmp /opt
	end_own_mount_max
	refused mount-limit
	says "the mount namespace of process $SERVICE (sleep)"
}

@test "mount-limit names the limit of mount namespaces where that is what is used up, and raising it helps" {
	run unshare --user --map-root-user --mount bash -ec "
		mkdir /srv/limited
		/usr/bin/mount -t tmpfs parent /srv/limited
		mkdir -p /srv/limited/{old,new,opt}
		/usr/bin/mount --bind /srv/limited/old /srv/limited/opt
		echo 0 >/proc/sys/user/max_mnt_namespaces
		! mount --tuck /srv/limited/new /srv/limited/opt
		[[ \$(findmnt -n -o FSROOT /srv/limited/opt) == /old ]]
		echo 10000 >/proc/sys/user/max_mnt_namespaces
		mount --tuck /srv/limited/new /srv/limited/opt"
	[ "$status" -eq 0 ]
	says "[mount-limit]: a mount namespace for the work can't be made: there may be no more than user.max_mnt_namespaces"
	says "sysctl user.max_mnt_namespaces=10000"
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

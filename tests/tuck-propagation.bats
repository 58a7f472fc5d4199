# Tucking by propagation, as on kernels before 6.5: what it can't do, and that nothing is left behind when it is killed. These
# tests force this way on every kernel; tuck-ways.bats tests that the mounts are the same as by the flag.
load lib

export LIBMNTTUCK_ATTACH=propagation

@test "kernel-support refuses a stack of two on a private parent, and unmounting the top helps" {
	mount --make-private /
	mount -t tmpfs one /opt
	mount -t tmpfs two /opt
	unchanged mount --tuck /tmp /opt
	refused kernel-support
	says "the mount beneath is covered at the same path, and not shared."
	says "umount /opt"
	follow_remedy
	mount --tuck /tmp /opt
	[ "$(stack /opt)" = $'/tmp\none' ]
}

@test "kernel-support refuses a parent that something is mounted over" {
	mount --make-private /
	mount -t tmpfs parent /mnt
	mkdir /mnt/at
	mount -t tmpfs one /mnt/at
	exec 9</mnt/at
	mount -t tmpfs over /mnt
	unchanged mount --tuck /tmp /proc/self/fd/9
	refused kernel-support
	exec 9<&-
}

@test "kernel-support refuses an unbindable parent, and its remedy helps" {
	mount --make-private /
	mount -t tmpfs parent /mnt
	mount --make-unbindable /mnt
	mkdir /mnt/at
	mount -t tmpfs one /mnt/at
	unchanged mount --tuck /tmp /mnt/at
	refused kernel-support
	says "/mnt, the parent, is unbindable and can't be cloned."
	follow_remedy
	mount --tuck /tmp /mnt/at
	[ "$(stack /mnt/at)" = $'/tmp\none' ]
}

@test "kernel-support refuses a private parent that can't be reached at its root" {
	mount --make-private /
	mount -t tmpfs parent /mnt
	mkdir -p /mnt/a/b
	mount -t tmpfs one /mnt/a/b
	exec 9</mnt/a/b 8</mnt/a
	mount -t tmpfs over /mnt
	# "..." of /mnt/a is the mount that lies over /mnt.
	unchanged mount --tuck /tmp /proc/self/fd/9
	refused kernel-support
	says "the parent, can't be reached at its root"
	exec 9<&- 8<&-
}

@test "kernel-support refuses a propagation that the new mount does not get by itself" {
	mount -t tmpfs one /opt
	for option in --make-private --make-slave --make-unbindable; do
		unchanged mount --tuck "$option" /tmp /opt
		refused kernel-support
		says "beneath the top the new mount can't be made anything but shared, as its parent is."
	done
	mount --make-private /
	for option in --make-shared --make-unbindable; do
		unchanged mount --tuck "$option" /tmp /opt
		refused kernel-support
		says "can't be made anything but private, as its parent is not shared."
	done
	mount --tuck --make-private /tmp /opt
}

@test "kernel-support refuses to move what is not private all through, and its remedy helps" {
	mount --make-private /
	mount -t tmpfs one /opt
	mkdir /srv/moved
	mount -t tmpfs two /srv/moved
	mkdir /srv/moved/inside
	mount -t tmpfs three /srv/moved/inside
	mount --make-shared /srv/moved/inside
	unchanged mount --tuck --move /srv/moved /opt
	refused kernel-support
	says "/srv/moved/inside is not private"
	follow_remedy
	mount --tuck --move /srv/moved /opt
	[ "$(stack /opt)" = $'two\none' ]
	[ -z "$(stack /srv/moved)" ]
}

@test "--tuck=kernel refuses by propagation what the flag's first kernels refuse" {
	unchanged mount --tuck=kernel /tmp /
	refused target-root
	mount --make-private /
	mount -t tmpfs one /opt
	mkdir /srv/moved
	mount -t tmpfs two /srv/moved
	exec 9</srv/moved
	mount -t tmpfs cover /srv/moved
	unchanged mount --tuck=kernel --move /proc/self/fd/9 /opt
	refused source-uncovered
	exec 9<&-
}

@test "with --tuck=kernel a clone stays in its group under a shared parent, and is refused under another" {
	mount -t tmpfs one /opt
	mount -t tmpfs two /srv
	mount --make-shared /srv
	mount --tuck=kernel --bind /srv /opt
	umount /opt
	[ "$(peer_group /opt)" = "$(peer_group /srv)" ]
	umount /opt
	mount -t tmpfs one /opt
	mount --make-private /
	unchanged mount --tuck=kernel --bind /srv /opt
	refused kernel-support
	says "/srv is not private: a clone would not stay in its group, as the parent of the top mount is not shared"
	follow_remedy
	[ "$(stack /opt)" = $'two\none' ]
}

@test "in a mount namespace that is full it works where an ordinary mount does, and nowhere else" {
	mount --make-private /
	mount -t tmpfs one /opt
	local count extra tucked=() mounted=()
	own_mount_max
	mount -t tmpfs many /srv
	mkdir /srv/more
	# More than any other namespace of the machine has, because the limit applies to them, too.
	while count=$(wc -l </proc/self/mountinfo) && ((count < ${MOUNT_TUCK_MANY:-4000})); do mount --rbind /srv /srv/more; done
	# Mounts that mountinfo does not show may be one or two more.
	for extra in 0 1 2 3; do
		sysctl -q fs.mount-max="$((count + extra))"
		if mount --bind /tmp /mnt; then mounted+=("$extra"); fi
		umount /mnt || true
		if mount --tuck /tmp /opt >/tmp/said 2>&1; then
			tucked+=("$extra")
			umount /opt
			umount /opt
			end_own_mount_max
			mount -t tmpfs one /opt
		else
			cp /tmp/said /tmp/refused
		fi
	done
	end_own_mount_max
	echo "mounted: ${mounted[*]}, tucked: ${tucked[*]}"
	[ "${mounted[*]}" = "${tucked[*]}" ]
	((${#tucked[@]} > 0 && ${#tucked[@]} < 4))
	grep -F "[mount-limit]" /tmp/refused
}

@test "without /proc kernel-support says that it is needed" {

	! kernel-feature statmount || skip "statmount reads mounts without /proc"
	mkdir -p /srv/root/opt
	cp -d /bin /lib /lib64 /sbin /srv/root
	for dir in /usr "$MOUNT_TUCK_BUILD"; do
		mkdir -p "/srv/root$dir"
		mount --bind "$dir" "/srv/root$dir"
	done
	mount -t tmpfs one /srv/root/opt
	unchanged chroot /srv/root mount --tuck /usr /opt
	refused kernel-support
	says "/proc is missing"
}

# Print every mount of this namespace without its ids: source, path and propagation.
table() {
	awk '{ $1 = $2 = $3 = ""; gsub(/(shared|master):[0-9]+/, "&"); print }' /proc/self/mountinfo | sort
}
groups_hidden() { sed -E 's/(shared|master):[0-9]+/\1/g'; }

# killed_anytime TIMES: tuck beneath /mnt/at, and kill the program and its child at a random moment.
killed_anytime() {
	local before after now i pid old=0 new=0 base start duration never
	base=$(sed -E '\| /mnt/at |d' /proc/self/mountinfo)
	before=$(table | groups_hidden)
	start=${EPOCHREALTIME/./}
	setsid mount --tuck /tmp /mnt/at
	duration=$((${EPOCHREALTIME/./} - start))
	after=$(table | groups_hidden)
	umount /mnt/at
	umount /mnt/at
	mount -t tmpfs one /mnt/at
	mkfifo /tmp/never
	exec {never}<>/tmp/never
	for ((i = 0; i < $1; i++)); do
		setsid mount --tuck /tmp /mnt/at 3>&- 2>/dev/null &
		pid=$!
		read -r -t "$(printf '0.%06d' $((RANDOM * 32768 % duration)))" -u "$never" || true
		kill -KILL -- "-$pid" 2>/dev/null || kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" || true
		while pgrep --session "$pid" >/dev/null; do sleep 0.002; done
		now=$(table | groups_hidden)
		# Every other mount has the same ids and groups as before.
		diff <(echo "$base") <(sed -E '\| /mnt/at |d' /proc/self/mountinfo)
		if [[ $now == "$before" ]]; then
			old=$((old + 1))
		elif [[ $now == "$after" ]]; then
			new=$((new + 1))
			umount /mnt/at
			umount /mnt/at
			mount -t tmpfs one /mnt/at
		else
			diff <(echo "$before") <(echo "$now")
			return 1
		fi
	done
	echo "# killed $1 times: $old times before it was attached, $new times after" >&3
	# Only with many kills some surely come before it is attached and some after.
	(($1 < 100 || (new > 0 && old > 0)))
}

@test "killed at any time it leaves a private parent private, and the old tree or the new" {
	mount --make-private /
	mount -t tmpfs parent /mnt
	mkdir /mnt/at
	mount -t tmpfs one /mnt/at
	needs_kernel_feature set-group
	killed_anytime "${MOUNT_TUCK_KILLS:-20}"
}

@test "killed at any time it leaves a shared parent in its group, and the old tree or the new" {
	mount --make-private /
	mount -t tmpfs parent /mnt
	mount --make-shared /mnt
	mkdir /mnt/at
	mount -t tmpfs one /mnt/at
	service --propagation slave
	killed_anytime "${MOUNT_TUCK_KILLS:-20}"
}

@test "whoever holds on to the child's namespace does not keep the parent from being private again" {
	mount --make-rprivate /
	mount -t tmpfs one /opt
	strace -V >/dev/null 2>&1 || skip "strace is missing"
	ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 strace -f -qq -e trace=exit_group -o /dev/null \
		-e inject=exit_group:delay_enter=5000000 mount --tuck /tmp /opt 3>&- &
	until [ "$(stack /opt)" = $'/tmp\none' ]; do sleep 0.02; done
	while grep -qE 'shared|master' /proc/self/mountinfo; do sleep 0.02; done
	pgrep -P "$(pgrep -P $! mount)" mount
	kill -KILL $!
	wait $! || true
}

@test "what others mount while a helper works is seen before the tuck" {
	mkdir /srv/bare
	mount -t tmpfs one /opt
	mount -t tmpfs elsewhere /mnt
	mount --make-private /mnt
	mkdir /mnt/alias
	mkfifo /tmp/go
	mount_helper slowfs <<-'END'
		read -r _ </tmp/go
		exec /usr/bin/mount -i -t tmpfs slow "$2"
	END
	mount --tuck -t slowfs none /opt >/tmp/said 2>&1 3>&- &
	tuck=$!
	# The fifo is opened when the helper reads.
	exec 7>/tmp/go
	mount --bind / /srv/bare
	mount --bind /srv/bare/opt /mnt/alias
	umount /srv/bare
	echo >&7
	exec 7>&-
	status=0
	wait "$tuck" || status=$?
	output=$(</tmp/said)
	refused receiver-propagates
	[ "$(stack /opt)" = one ]
	[ "$(stack /mnt/alias)" = /opt ]
}

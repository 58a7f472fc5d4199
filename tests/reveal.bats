#!/usr/bin/env bats
# umount --reveal and mount --tuck --reveal: the mount beneath becomes visible, or nothing changes and the reason is printed.

bats_require_minimum_version 1.5.0
load lib

setup() {
	SERVICES=()
	cd /
	versions 1 2 3
	# Give it a peer group of its own, as a version has that was tucked.
	mount --bind /srv/v1 /opt
	mount --make-private /opt
	mount --make-shared /opt
}

# shows VERSION [PID...]: check that here and in those services a lookup finds that version.
shows() {
	local version=$1 pid
	shift
	[[ $(</opt/version) == "$version" ]] || { echo "here: $(</opt/version)"; return 1; }
	for pid in "$@"; do
		[[ $(in_service "$pid" cat /opt/version) == "$version" ]] || {
			echo "in $pid: $(in_service "$pid" cat /opt/version)"
			return 1
		}
	done
}

@test "umount --reveal shows what is beneath, here and in services, and takes nothing else" {
	service --propagation slave
	slave=$SERVICE
	service --propagation shared
	peer=$SERVICE
	mount --tuck /srv/v2 /opt
	shows 1 "$slave" "$peer"
	run umount --reveal /opt
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	shows 2 "$slave" "$peer"
	for pid in self "$slave" "$peer"; do
		[ "$(stack /opt "$pid")" = "/srv/v2" ]
	done
}

@test "umount --reveal takes a busy top, and its files stay open" {
	mount --tuck /srv/v2 /opt
	exec 7</opt/version
	(cd /opt && exec sleep 100) 7<&- 3>&- &
	SERVICES+=($!)
	umount --reveal /opt
	shows 2
	[ "$(cat <&7)" = 1 ]
	exec 7<&-
}

@test "umount --reveal goes down a stack of three, a version at a time" {
	mount --tuck /srv/v2 /opt
	mount --tuck /srv/v3 /opt
	[ "$(stack /opt)" = $'/srv/v2\n/srv/v3\n/srv/v1' ]
	umount --reveal /opt
	shows 3
	umount --reveal /opt
	shows 2
	unchanged umount --reveal /opt
	refused reveal-beneath
}

@test "mount --tuck --reveal works in a stack, between the top and what was tucked before" {
	mount --tuck /srv/v2 /opt
	mount --tuck --reveal /srv/v3 /opt
	shows 3
	[ "$(stack /opt)" = $'/srv/v2\n/srv/v3' ]
}

@test "umount --reveal takes several targets, a symbolic link and a relative path" {
	mkdir /mnt/a
	mount --bind /srv/v1 /mnt/a
	mount --make-private /mnt/a
	ln -s /mnt/a /tmp/link
	mount --tuck /srv/v2 /opt
	mount --tuck /srv/v2 /mnt/a
	cd /tmp
	umount --reveal ../opt link
	shows 2
	[ "$(</mnt/a/version)" = 2 ]
}

@test "umount --reveal works on a file" {
	mount --bind /srv/v1/version /srv/v3/version
	mount --make-private /srv/v3/version
	mount --tuck /srv/v2/version /srv/v3/version
	umount --reveal /srv/v3/version
	[ "$(</srv/v3/version)" = 2 ]
}

@test "umount --reveal works in a chroot, and without /proc" {
	[[ -z ${MOUNT_TUCK_SANITIZED:-} ]] || skip "AddressSanitizer can't start without /proc"
	mkdir -p /srv/root/{usr,data,dev,proc}
	mount --rbind /usr /srv/root/usr
	for dir in bin lib lib64 sbin; do ln -sf "usr/$dir" "/srv/root/$dir"; done
	mkdir -p "/srv/root$MOUNT_TUCK_BUILD"
	mount --bind "$MOUNT_TUCK_BUILD" "/srv/root$MOUNT_TUCK_BUILD"
	mount --bind /srv/v1 /srv/root/data
	mount --make-private /srv/root/data
	mount --tuck /srv/v2 /srv/root/data
	if ! kernel-feature statmount; then
		unchanged chroot /srv/root "$MOUNT_TUCK_BUILD/umount" --reveal /data
		refused kernel-support
		says "/proc is missing"
		[ "$(remedy | tr -s ' ')" = " $MOUNT_TUCK_BUILD/mount -t proc proc /proc" ]
		mount -t proc proc /srv/root/proc
	fi
	run chroot /srv/root "$MOUNT_TUCK_BUILD/umount" --reveal /data
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(</srv/root/data/version)" = 2 ]
}

@test "umount --namespace PID --reveal does it in one service only, where the new version is private" {
	needs_kernel_feature beneath # by propagation it is shared where the parent is
	service --propagation slave
	first=$SERVICE
	service --propagation slave
	second=$SERVICE
	mount --tuck --make-private /srv/v2 /opt
	umount --reveal /opt
	shows 2
	[ "$(in_service "$first" cat /opt/version)" = 1 ]
	umount --namespace "$first" --reveal /opt
	[ "$(in_service "$first" cat /opt/version)" = 2 ]
	[ "$(in_service "$second" cat /opt/version)" = 1 ]
}

@test "a service of systemd's kind that reveals for itself calls no other service left behind" {
	needs_kernel_feature beneath
	for n in 1 2; do
		service --propagation slave
		in_service "$SERVICE" mount --make-rshared /
	done
	mount --tuck --make-private /srv/v2 /opt
	umount --reveal /opt
	shows 2
	unchanged in_service "${SERVICES[0]}" umount --reveal --fake --verbose /opt
	[[ $status -eq 0 && $output != *"(stays)"* ]]
	run in_service "${SERVICES[0]}" umount --reveal /opt
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	shows 2 "${SERVICES[0]}"
	[ "$(in_service "${SERVICES[1]}" cat /opt/version)" = 1 ]
}

@test "a service that passes mounts on names where the old version stays, also if the tuck was a command before" {
	local second
	service --propagation slave
	in_service "$SERVICE" mount --make-rshared /
	mkfifo /tmp/ready
	nsenter --mount="/proc/$SERVICE/ns/mnt" unshare --mount --propagation slave sh -c "echo >/tmp/ready; exec sleep 1000" 3>&- &
	read -r _ </tmp/ready
	second=$!
	SERVICES+=("$second")
	in_service "$second" umount /opt
	in_service "$second" mount --bind --make-private /srv/v1 /mnt
	in_service "$SERVICE" mount --tuck /srv/v2 /opt
	[ "$(in_service "$second" cat /opt/version)" = 2 ]
	run in_service "$SERVICE" umount --reveal /opt
	[ "$status" -eq 64 ]
	says "the old version stays at /mnt in the mount namespace of process $second (sleep), where nothing is passed on to"
	shows 1
	[ "$(in_service "$SERVICE" cat /opt/version)" = 2 ]
}

@test "reveal-beneath refuses where the bare directory would show, and says how to tuck first" {
	unchanged umount --reveal /opt
	refused reveal-beneath
	says "umount: /opt: cannot reveal here [reveal-beneath]: nothing lies beneath the top mount at this path"
	says "mount --tuck SOURCE /opt"
	mount --tuck /srv/v2 /opt
	umount --reveal /opt
	shows 2
}

@test "reveal-beneath refuses a mount below another mount's root" {
	mkdir /srv/tree
	mount -t tmpfs tree /srv/tree
	mkdir /srv/tree/a
	mount -t tmpfs a /srv/tree/a
	unchanged umount --reveal=force /srv/tree/a
	refused reveal-beneath
}

@test "target-mounted refuses what is no mount's root, silently with --quiet" {
	mkdir -p /opt/sub
	unchanged umount --reveal /opt/sub
	refused target-mounted
	unchanged umount --reveal /nowhere
	refused target-mounted
	unchanged umount --quiet --reveal /opt/sub
	[ "$status" -eq 32 ]
	[ -z "$output" ]
}

@test "caller-capable refuses an ordinary user with status 1" {
	mount --tuck /srv/v2 /opt
	unchanged setpriv --reuid nobody --clear-groups umount --reveal /opt
	refused caller-capable 1
}

@test "reveal-propagates refuses where the unmount would take another mount of the stack" {
	umount /opt
	mount --bind /opt /opt
	mount --bind /tmp /opt
	[ "$(stack /opt)" = $'/tmp\n/opt\n/tmp' ]
	unchanged umount --reveal /opt
	refused reveal-propagates
	says "its unmount would travel on, and also take what lies lower in the stack at /opt in this mount namespace"
	unchanged umount --reveal=force /opt
	refused reveal-propagates
	[ "$(remedy)" = "findmnt --propagation /opt" ]
	run follow_remedy
	[ "$status" -eq 0 ]
	[ "$(grep -c '/opt ' <<<"$output")" -ge 3 ]
	umount /opt
	[ "$(stack /opt)" = /opt ]
}

@test "reveal-propagates refuses where a mount on the top would take the new version with it, also by force" {
	umount /opt
	# The top shows the parent's root, so the new version also arrives on it, at /opt/opt.
	mount --bind / /opt
	unchanged mount --tuck=kernel --reveal=force /srv/v2 /opt
	refused reveal-propagates
	mount --tuck=kernel /srv/v2 /opt
	unchanged umount --reveal=force /opt
	refused reveal-propagates
}

@test "a message names ten of the mounts that would be lost, and the number of the others" {
	mount --tuck /srv/v2 /opt
	mount -t tmpfs kept /opt/sub
	for i in {10..33}; do
		mkdir "/opt/sub/$i"
		mount -t tmpfs kept "/opt/sub/$i"
	done
	unchanged umount --reveal /opt
	refused reveal-children
	says "would be lost: /opt/sub, /opt/sub/10, /opt/sub/11, "
	says ", /opt/sub/18 and 15 more."
	[[ $output != *"/opt/sub/19"* ]]
}

@test "reveal-children refuses where mounts on the top would be lost, and lists them; force names them" {
	mount -t tmpfs one /opt/sub
	mkdir "/opt/sub/a b"
	mount -t tmpfs two "/opt/sub/a b"
	mount --tuck /srv/v2 /opt
	unchanged umount --reveal /opt
	refused reveal-children
	says "mounts on the top mount would be lost: /opt/sub, /opt/sub/a b."
	run umount --reveal=force /opt
	[ "$status" -eq 0 ]
	says "umount: /opt: mounts on the top mount are lost: /opt/sub, /opt/sub/a b"
	shows 2
	[ "$(stack /opt)" = /srv/v2 ]
	run grep -c ' /opt/sub' /proc/self/mountinfo
	[ "$output" = 0 ]
}

@test "reveal-children refuses where the new version has the mount, too, but hidden by another one" {
	mkdir /srv/v1/sub/data /srv/v2/sub/data
	mount -t tmpfs data /opt/sub/data
	mount --bind /opt/sub/data /srv/v2/sub/data
	run mount --tuck --reveal --fake --rbind /srv/v2 /opt
	[ "$status" -eq 0 ]
	mount -t tmpfs hides /srv/v2/sub
	unchanged mount --tuck --reveal --rbind /srv/v2 /opt
	refused reveal-children
	says "mounts on the top mount would be lost: /opt/sub/data."
	# Nobody misses it where it is hidden on the old version, too.
	mount --bind /srv/v2/sub /opt/sub
	run mount --tuck --reveal --rbind /srv/v2 /opt
	[ "$status" -eq 0 ]
	shows 2
}

@test "reveal-incomplete refuses where a service would be left behind, and its remedy works" {
	service --propagation slave
	in_service "$SERVICE" mount -t tmpfs own /opt/sub
	mount --tuck /srv/v2 /opt
	unchanged umount --reveal /opt
	refused reveal-incomplete
	says "the old version would stay at /opt in the mount namespace of process $SERVICE (sleep) (kept by /opt/sub)"
	[ "$(remedy)" = "umount --reveal=force /opt" ]
	run follow_remedy
	[ "$status" -eq 64 ]
	says "the old version stays at /opt in the mount namespace of process $SERVICE (sleep)"
	[ "$(</opt/version)" = 2 ]
	[ "$(in_service "$SERVICE" cat /opt/version)" = 1 ]
}

@test "names that others choose send a terminal no control characters, and break no line" {
	cp "$(command -v sleep)" $'/srv/\e[2Jx'
	service --propagation slave
	in_service "$SERVICE" sh -c $'mount -t tmpfs own /opt/sub && exec "$0" 1000' $'/srv/\e[2Jx' 3>&- &
	SERVICES+=($!)
	mkdir $'/srv/v3/\e[2J\n4026531840 usr'
	mount --tuck $'/srv/v3/\e[2J\n4026531840 usr' /opt
	sleep 0.2
	kill "$SERVICE"
	wait "$SERVICE" || true
	run umount --reveal /opt
	refused reveal-incomplete
	[[ $output == *"(?[2Jx)"* && $output != *$'\e'* ]]
	run -64 umount --reveal=force /opt
	run mount --tuck --fake --verbose --reveal=force /srv/v2 /opt
	[[ $output == *"[/srv/v3/?[2J?4026531840 usr]"* && $output != *$'\e'* ]]
	run ! grep '^4026531840' <<<"$output"
}

@test "umount --reveal of another user's FUSE mount, which not even root can look into, and beneath it" {
	[[ -e /dev/fuse ]] || skip "/dev/fuse is missing"
	mksquashfs /srv/v2 /tmp/image -quiet -no-progress >/dev/null
	squashfuse /tmp/image /opt
	# Root by its capabilities, but not the mount's user.
	as_other() { setpriv --reuid 65534 --clear-groups --inh-caps +sys_admin --ambient-caps +sys_admin "$@"; }
	run -1 as_other stat /opt
	[[ $output == *"Permission denied"* ]]
	run -0 as_other mount --tuck /srv/v3 /opt
	run -0 as_other mount --tuck -t tmpfs new /opt
	[[ $(stack /opt) == *$'/srv/v3\nnew\nsquashfuse' ]]
	run -0 as_other umount --reveal /opt
	run -0 umount --reveal /opt
	shows 3
}

@test "a signal that comes while the top goes is too late, and the work is finished" {
	mount --tuck -o x-new /srv/v2 /opt
	mount --tuck -o x-newer /srv/v3 /opt
	umount /opt
	# LeakSanitizer does not work in a traced process.
	ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 run strace -f -qq -o /dev/null -e inject=umount2:signal=TERM umount --reveal /opt
	[[ $status -eq 0 && $(stack /opt) == /srv/v2 ]]
	[[ $(grep -c TARGET=/opt /run/mount/utab) -eq 1 ]]
	shows 2
}

@test "a reader that has gone does not keep the second half of mount --tuck --reveal from being done" {
	local status=0
	mkfifo /tmp/pipe
	true </tmp/pipe &
	exec 8>/tmp/pipe
	wait $!
	mount --tuck --reveal --verbose /srv/v2 /opt >&8 || status=$?
	exec 8>&-
	[[ $status -eq 0 && $(stack /opt) == /srv/v2 ]]
}

@test "umount --reveal of several tells what failed where none was revealed, and 64 where one was" {
	mount --bind /srv/v1 /mnt
	unchanged umount --reveal /opt /nowhere ""
	refused reveal-beneath
	mount --tuck /srv/v2 /opt
	run -64 umount --reveal /mnt /opt
	shows 2
}

@test "reveal=force leaves a service behind, names it, and ends with 64" {
	service --propagation slave
	in_service "$SERVICE" mount -t tmpfs own /opt/sub
	mount --tuck /srv/v2 /opt
	run umount --reveal=force /opt
	[ "$status" -eq 64 ]
	says "umount: /opt: revealed, but the old version stays at /opt in the mount namespace of process $SERVICE (sleep)"
	shows 2
	[ "$(in_service "$SERVICE" cat /opt/version)" = 1 ]
	# The reveal itself causes it.
	in_service "$SERVICE" umount /opt/sub
	umount --namespace "$SERVICE" --reveal /opt
	shows 2 "$SERVICE"
}

@test "a copy that is locked in a container's user namespace is revealed from the host, and not from there" {
	service --user --map-root-user --propagation slave
	mount --tuck /srv/v2 /opt
	unchanged nsenter --target "$SERVICE" --user --mount --wd=/ umount --reveal /opt
	refused target-locked
	umount --reveal /opt
	shows 2 "$SERVICE"
}

@test "what came to a container after its start is not locked there, and is revealed" {
	umount /opt
	service --user --map-root-user --propagation slave
	mount --bind /srv/v1 /opt
	mount --make-private /opt
	mount --make-shared /opt
	umount /opt
	mount -t tmpfs v1 /opt
	echo 1 >/opt/version
	mount --tuck /srv/v2 /opt
	umount --reveal /opt
	shows 2 "$SERVICE"
}

@test "a service's own mount on top of its copy stays on top, and is no obstacle" {
	service --propagation slave
	in_service "$SERVICE" mount -t tmpfs own /opt
	mount --tuck /srv/v2 /opt
	umount --reveal /opt
	shows 2
	[ "$(stack /opt "$SERVICE")" = $'/srv/v2\nown' ]
}

@test "mount --tuck --reveal replaces a version at once, here and in services" {
	service --propagation slave
	mount --tuck --reveal /srv/v2 /opt
	shows 2 "$SERVICE"
	[ "$(stack /opt)" = /srv/v2 ]
	mount --beneath --reveal -t tmpfs -o mode=700 v3 /opt
	[ "$(stack /opt "$SERVICE")" = v3 ]
	[ "$(stat -c %a /opt)" = 700 ]
}

@test "mount --tuck --reveal checks the rules of the reveal first, and tucks nothing" {
	service --propagation slave
	in_service "$SERVICE" mount -t tmpfs own /opt/sub
	unchanged mount --tuck --reveal /srv/v2 /opt
	refused reveal-incomplete
	says "mount: /opt: cannot reveal here [reveal-incomplete]: the old version would stay"
	in_service "$SERVICE" umount /opt/sub
	mount -t tmpfs one /opt/sub
	unchanged mount --tuck --reveal -t tmpfs v2 /opt
	refused reveal-children
	run mount --tuck --reveal=force /srv/v2 /opt
	[ "$status" -eq 0 ]
	says "mounts on the top mount are lost: /opt/sub"
	shows 2 "$SERVICE"
}

@test "mount --tuck --reveal=force ends with 64 where a service is left behind" {
	service --propagation slave
	in_service "$SERVICE" mount -t tmpfs own /opt/sub
	run mount --tuck --reveal=force /srv/v2 /opt
	[ "$status" -eq 64 ]
	says "the old version stays at /opt in the mount namespace of process $SERVICE (sleep)"
	shows 2
}

@test "mount --tuck --reveal --make-private reveals here only" {
	needs_kernel_feature beneath # by propagation it is shared where the parent is
	service --propagation slave
	mount --tuck --reveal --make-private /srv/v2 /opt
	shows 2
	[ "$(in_service "$SERVICE" cat /opt/version)" = 1 ]
	umount --namespace "$SERVICE" --reveal /opt
	shows 2 "$SERVICE"
}

@test "--reveal without --tuck, or with another word than force, is an error of usage" {
	unchanged mount --reveal /srv/v2 /opt
	[ "$status" -eq 1 ]
	says "umount --reveal TARGET"
	unchanged mount --tuck --reveal=now /srv/v2 /opt
	[ "$status" -eq 1 ]
	unchanged umount --reveal=now /opt
	[ "$status" -eq 1 ]
	unchanged umount --reveal
	[ "$status" -eq 1 ]
}

@test "--fake --verbose prints the rules and the places of a reveal, and changes nothing" {
	service --propagation slave
	ns=$(stat -Lc %i /proc/self/ns/mnt)
	other=$(stat -Lc %i "/proc/$SERVICE/ns/mnt")
	mount --tuck /srv/v2 /opt
	unchanged umount --reveal --fake --verbose /opt
	[ "$status" -eq 0 ]
	# In a pid namespace three rules are unchecked, since there may be further mount namespaces.
	[ "$(grep -c ' ok' <<<"$output")" -eq 9 ]
	[ "$(grep -c '^reveal-.* unchecked' <<<"$output")" -eq 3 ]
	says "NS TARGET UNMOUNTS SHOWS $ns /opt test-root[/srv/v1] test-root[/srv/v2] $other /opt test-root[/srv/v1] test-root[/srv/v2]"
}

@test "--verbose prints what --fake --verbose does, and that it is done" {
	ns=$(stat -Lc %i /proc/self/ns/mnt)
	mount --make-rprivate /
	mount --tuck /srv/v2 /opt
	run umount --reveal --verbose /opt
	[ "$status" -eq 0 ]
	[ "$(grep -c " ok" <<<"$output")" -eq 12 ]
	says "NS TARGET UNMOUNTS SHOWS $ns /opt test-root[/srv/v1] test-root[/srv/v2]"
	says "umount: /opt revealed."
	shows 2
}

@test "--fake --verbose prints where both halves take effect, and the same is printed after the fact" {
	service --propagation slave
	in_service "$SERVICE" umount /opt
	ns=$(stat -Lc %i /proc/self/ns/mnt)
	other=$(stat -Lc %i "/proc/$SERVICE/ns/mnt")
	wanted="NS TARGET BENEATH UNMOUNTS SHOWS $ns /opt test-root[/srv/v1] test-root[/srv/v1] /srv/v2 $other /opt - - /srv/v2"
	unchanged mount --tuck --reveal --fake --verbose /srv/v2 /opt
	says "$wanted"
	run mount --tuck --reveal --verbose /srv/v2 /opt
	[ "$status" -eq 0 ]
	says "$wanted"
	says "mount: /opt revealed."
	shows 2 "$SERVICE"
}

# aligned COLUMN...: the last run printed a table of places with these columns, and in every row each begins below its name.
aligned() {
	awk -v wanted="$*" '
		$1 == "NS" {
			count = split(wanted, names)
			wrong = NF != count
			for (i = 1; i <= count; i++) start[i] = index($0, names[i])
		}
		count && $1 ~ /^[0-9]+$/ {
			rows++
			for (i = 1; i <= count; i++)
				if (index(substr($0, start[i]), $i) != 1 || (i > 1 && substr($0, start[i] - 1, 1) != " ")) wrong = 1
		}
		END { exit wrong || !rows }' <<<"$output" || { echo "$output"; return 1; }
}

@test "the columns of the table of places stand one below the other, whichever are shown" {
	service --propagation slave
	unchanged mount --tuck --fake --verbose /srv/v2 /opt
	aligned NS TARGET BENEATH
	unchanged mount --tuck --reveal --fake --verbose /srv/v2 /opt
	aligned NS TARGET BENEATH UNMOUNTS SHOWS
	mount --tuck /srv/v2 /opt
	unchanged umount --reveal --fake --verbose /opt
	aligned NS TARGET UNMOUNTS SHOWS
}

@test "utab: a reveal drops the old version's line and keeps the new one's" {
	umount /opt
	mkdir -p /run/mount
	mount --bind -o x-one /srv/v1 /opt
	mount --make-private /opt
	mount --tuck --bind -o x-two /srv/v2 /opt
	umount --reveal /opt
	run cat /run/mount/utab
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == *x-two* && $output != *x-one* ]]
	mount --tuck --reveal --bind -o x-three /srv/v3 /opt
	run cat /run/mount/utab
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == *x-three* ]]
	mount --tuck --reveal /srv/v1 /opt
	run cat /run/mount/utab
	[ "${#lines[@]}" -eq 0 ]
}

@test "utab: a forced reveal drops the lines of the mounts that are lost" {
	mkdir -p /run/mount
	mount -t tmpfs -o x-lost one /opt/sub
	mount -t tmpfs -o x-other other /mnt
	mount --tuck --bind -o x-two /srv/v2 /opt
	run umount --reveal=force /opt
	[ "$status" -eq 0 ]
	run cat /run/mount/utab
	[ "${#lines[@]}" -eq 2 ]
	[[ $output == *x-two* && $output == *x-other* ]]
}

@test "a target whose path looks like what a child works with is revealed as any other" {
	mkdir /mount-tuck.0
	mount --bind /srv/v1 /mount-tuck.0
	mount --make-private /mount-tuck.0
	mount --tuck /srv/v2 /mount-tuck.0
	umount --reveal /mount-tuck.0
	[ "$(stack /mount-tuck.0)" = /srv/v2 ]
	mount --replace /srv/v3 /mount-tuck.0
	[ "$(stack /mount-tuck.0)" = /srv/v3 ]
}

@test "a reveal that is refused after the tuck says so, with the command for later, which works as pasted" {
	needs_kernel_feature beneath
	# The first move_mount(2) asks what the kernel can do.
	run at-call --as-root --past move_mount:2 --during "mount -t tmpfs lost /opt/sub" -- mount --tuck --reveal /srv/v2 /opt
	echo "$output"
	[ "$status" -eq 64 ]
	[ "${lines[0]}" = "mount: /opt: /srv/v2 is tucked beneath the top mount, which stays. Later: umount --reveal /opt" ]
	[[ ${lines[1]} == *"[reveal-children]"* ]]
	umount /opt/sub
	bash -ec "${lines[0]#*Later: }"
	[ "$(stack /opt)" = /srv/v2 ]
}

# Examples of updates, command by command, and the trees of mounts that must result.
load lib

# tree [PID]: print every mount that was made after the test began: its path, indented below the mount that
# it is on, its source or root, and its propagation without the ids.
tree() {
	awk '
		{ for (i = 7; $i != "-"; i++); source = $(i + 2); type = $(i + 1) }
		{ words = ""; for (j = 7; j < i; j++) { split($j, part, ":"); if (part[1] != "propagate_from") words = words " " part[1] } }
		{ parent[$1] = $2; text[$1] = $5 " " ($4 == "/" ? source : $4) (words == "" ? " private" : words); order[NR] = $1 }
		function show(id, indent,    k) {
			print indent text[id]
			for (k = 1; k <= NR; k++) if (parent[order[k]] == id) show(order[k], indent "  ")
		}
		$5 == "/" { root = $1 }
		END { for (k = 1; k <= NR; k++) if (parent[order[k]] == root && text[order[k]] ~ /^\/(mnt|opt|srv)/) show(order[k], "") }
	' "/proc/${1:-self}/mountinfo"
}

is_tree() {
	local expected
	expected=$(cat)
	[[ $(tree "$@") == "$expected" ]] || { diff <(echo "$expected") <(tree "$@"); return 1; }
}

@test "a filesystem tucked beneath /mnt shows when the top is unmounted, here and in a slave namespace" {
	needs_loop_devices
	service --propagation slave
	truncate -s 16M /srv/sda /srv/sdb
	mkfs.ext4 -q /srv/sda
	mkfs.ext4 -q /srv/sdb
	sda=$(losetup --find --show /srv/sda)
	sdb=$(losetup --find --show /srv/sdb)
	mount -t ext4 "$sda" /mnt
	is_tree <<-END
		/mnt $sda shared
	END
	is_tree "$SERVICE" <<-END
		/mnt $sda master
	END

	mount --tuck -t ext4 "$sdb" /mnt
	is_tree <<-END
		/mnt $sdb shared
		  /mnt $sda shared
	END
	is_tree "$SERVICE" <<-END
		/mnt $sdb master
		  /mnt $sda master
	END

	umount /mnt
	is_tree <<-END
		/mnt $sdb shared
	END
	is_tree "$SERVICE" <<-END
		/mnt $sdb master
	END
	umount /mnt
	losetup --detach "$sda"
	losetup --detach "$sdb"
}

@test "a service that is a slave and shared passes a tuck on to its own services" {
	local outer
	service --propagation slave
	outer=$SERVICE
	in_service "$outer" mount --make-rshared /
	mkfifo /srv/go
	nsenter --mount="/proc/$outer/ns/mnt" unshare --mount --propagation slave sh -c 'echo >/srv/go; exec sleep 1000' 3>&- &
	inner=$!
	SERVICES+=("$inner")
	read -r _ </srv/go
	mount -t tmpfs one /opt
	mount --tuck /tmp /opt
	is_tree "$outer" <<-END
		/opt /tmp shared master
		  /opt one shared master
	END
	is_tree "$inner" <<-END
		/opt /tmp master
		  /opt one master
	END
	umount /opt
	is_tree "$outer" <<-END
		/opt /tmp shared master
	END
	is_tree "$inner" <<-END
		/opt /tmp master
	END
}

@test "a container with one incoming slave mount receives what is tucked below it" {
	mkdir -p /run/incoming /srv/container
	mount -t tmpfs incoming /run/incoming
	mkdir /run/incoming/ext
	service --propagation private
	in_service "$SERVICE" sh -c 'mount --bind /run/incoming /mnt'
	# As a container manager does: the container has a slave of the host's directory and no other mount of the host's.
	kill "$SERVICE"
	service --propagation slave
	in_service "$SERVICE" sh -ec 'mount --rbind /run/incoming /mnt; mount --make-slave /mnt; mount --make-private /'
	mount -t tmpfs one /run/incoming/ext
	mount --tuck /tmp /run/incoming/ext
	is_tree "$SERVICE" <<-END
		/mnt incoming master
		  /mnt/ext /tmp master
		    /mnt/ext one master
	END
	umount /run/incoming/ext
	is_tree "$SERVICE" <<-END
		/mnt incoming master
		  /mnt/ext /tmp master
	END
}

@test "mount --bind /opt /opt, mount --bind /tmp /opt on a shared / stacks three, and one unmount takes two" {
	mount --bind /opt /opt
	mount --bind /tmp /opt
	[ "$(stack /opt)" = $'/tmp\n/opt\n/tmp' ]
	umount /opt
	[ "$(stack /opt)" = /opt ]
	umount /opt
	[ -z "$(stack /opt)" ]
}

@test "mount --bind /opt /opt in its own peer group, mount --tuck /tmp /opt: two, and unmounts one by one" {
	mount --bind /opt /opt
	mount --make-private /opt
	mount --make-shared /opt
	mount --tuck /tmp /opt
	is_tree <<-END
		/opt /tmp shared
		  /opt /opt shared
	END
	umount /opt
	[ "$(stack /opt)" = /tmp ]
	umount /opt
	[ -z "$(stack /opt)" ]
}

@test "the accident: mount --bind /opt /opt on a shared / is refused, and each remedy leads on, with a service" {
	mount --bind /opt /opt
	service --propagation slave
	unchanged mount --tuck /tmp /opt
	refused parent-propagates
	follow_remedy
	unchanged mount --tuck /tmp /opt
	refused receiver-propagates
	follow_remedy
	# Three updates: every namespace gets each of them.
	for version in 1 2 3; do
		mkdir "/srv/$version"
		mount --tuck "/srv/$version" /opt
		umount /opt
		[ "$(stack /opt)" = "/srv/$version" ]
		[ "$(stack /opt "$SERVICE")" = "/srv/$version" ]
	done
}

@test "a plain directory is a source by itself: mount --tuck /tmp /opt" {
	mount -t tmpfs one /opt
	mount --tuck /tmp /opt
	[ "$(stack /opt)" = $'/tmp\none' ]
}

@test "pivot_root . . puts the new root beneath the old, and the lazy unmount shows it" {
	unshare --mount --propagation private bash -ec '
		mkdir /newroot
		mount -t tmpfs newroot /newroot
		mkdir -p /newroot/{usr,proc,etc}
		for dir in /usr /proc; do mount --bind "$dir" "/newroot$dir"; done
		cp -d /bin /lib /lib64 /sbin /newroot/
		cp -a /etc/alternatives /newroot/etc/
		cd /newroot
		pivot_root . .
		at_root() { awk "\$5 == \"/\" {print \$1, \$2, \$(NF - 1)}" /proc/self/mountinfo; }
		# The old root lies on the new one, which lies on the root of the namespace.
		[ "$(at_root | wc -l)" -eq 2 ]
		new=$(at_root | awk "\$3 == \"newroot\" {print \$1}")
		[ "$(at_root | awk "\$3 == \"test-root\" {print \$2}")" = "$new" ]
		umount --lazy .
		[ "$(at_root | wc -l)" -eq 1 ]
		[ "$(at_root | awk "{print \$1}")" = "$new" ]'
}

@test "where the kernel lets it, --tuck=kernel replaces the root, as mount_tuck(7) says" {
	busybox true 2>/dev/null || skip "busybox is missing"
	mkdir /srv/newroot
	mount -t tmpfs newroot /srv/newroot
	mkdir /srv/newroot/proc
	cp "$(command -v busybox)" /srv/newroot/busybox
	cp "$(command -v busybox)" /busybox
	run mount --tuck=kernel /srv/newroot /
	if [ "$status" -ne 0 ]; then
		refused target-root
		skip "the kernel feature to tuck beneath the root is missing"
	fi
	# The mounts on the old root, such as /usr, cannot be reached any more either.
	/busybox sh -ec "cd /proc
		/busybox umount -l / && exec /busybox nsenter --mount=self/ns/mnt /busybox sh -c '
			/busybox mount -t proc proc /proc; /busybox cat /proc/self/mountinfo >/mounts; /busybox ls /'" |
		/busybox grep -x busybox
}

@test "where the kernel lets it, --tuck=kernel goes beneath a locked top" {
	mount -t tmpfs one /opt
	unshare --user --map-root-user --mount sh -c '
		mount --tuck=kernel /srv /opt && grep " /srv /opt " /proc/self/mountinfo' >/tmp/said 2>&1 || {
		grep -F "[target-locked]" /tmp/said
		skip "the kernel feature to tuck beneath a locked mount is missing"
	}
}

@test "a tucked mount under a shared parent is in a peer group of its own" {
	mount --make-shared /
	mkdir /srv/new
	mount -t tmpfs source /srv/new
	source_group=$(awk '$5 == "/srv/new"' /proc/self/mountinfo | grep -o 'shared:[0-9]*')
	mount -t tmpfs one /opt
	mount --tuck /srv/new /opt
	[ "$(stack /opt)" = $'source\none' ]
	group=$(awk '$5 == "/opt" && $NF !~ /one/' /proc/self/mountinfo | grep ' source ' | grep -o 'shared:[0-9]*')
	[ -n "$group" ]
	[ "$group" != "$source_group" ]
	[ "$(grep -c "$group " /proc/self/mountinfo)" -eq 1 ]
}

@test "ten tucks in a row leave ten more mounts in each receiving namespace and none on the source" {
	local slave peer before_host before_slave before_peer
	mkdir /srv/new
	mount -t tmpfs source /srv/new
	mount -t tmpfs one /opt
	service --propagation slave
	slave=$SERVICE
	service --propagation unchanged
	peer=$SERVICE
	before_host=$(wc -l </proc/self/mountinfo)
	before_slave=$(wc -l <"/proc/$slave/mountinfo")
	before_peer=$(wc -l <"/proc/$peer/mountinfo")
	for _ in 1 2 3 4 5 6 7 8 9 10; do mount --tuck /srv/new /opt; done
	[ "$(wc -l </proc/self/mountinfo)" -eq $((before_host + 10)) ]
	[ "$(wc -l <"/proc/$slave/mountinfo")" -eq $((before_slave + 10)) ]
	[ "$(wc -l <"/proc/$peer/mountinfo")" -eq $((before_peer + 10)) ]
	[ "$(stack /srv/new)" = source ]
	[ "$(stack /srv/new "$slave")" = source ]
	[ "$(stack /opt "$peer" | tail -n 1)" = one ]
}

@test "with --make-private an unmount of the top does not travel, and each service moves on by itself" {
	needs_kernel_feature beneath # beneath the top it can't be made private
	mount -t tmpfs one /opt
	service --propagation slave
	mount --tuck --make-private /tmp /opt
	umount /opt
	[ "$(stack /opt)" = /tmp ]
	[ "$(stack /opt "$SERVICE")" = $'/tmp\none' ]
	in_service "$SERVICE" umount /opt
	[ "$(stack /opt "$SERVICE")" = /tmp ]
}

@test "no lookup ever sees the base while versions change" {
	echo base >/opt/version
	mkdir /srv/1 /srv/2
	echo 1 >/srv/1/version
	echo 2 >/srv/2/version
	mount --bind /srv/1 /opt
	mount --make-private /opt
	mount --make-shared /opt
	service --propagation slave
	nsenter --mount="/proc/$SERVICE/ns/mnt" sh -c 'while [ ! -e /srv/stop ]; do read -r version </opt/version; echo "$version"; done' \
		>/srv/seen 2>/srv/errors 3>&- &
	reader=$!
	SERVICES+=("$reader")
	for round in $(seq 20); do
		mount --tuck "/srv/$((round % 2 + 1))" /opt
		umount --lazy /opt
	done
	touch /srv/stop
	wait $reader
	[ -s /srv/seen ]
	[ ! -s /srv/errors ]
	[ "$(grep -c base /srv/seen)" -eq 0 ]
}

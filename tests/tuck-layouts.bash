#!/bin/bash
# tuck-layouts.bash NAME: make a tree of mounts, tuck in it, and print the result. tests/tuck-ways.bats
# runs it once for each way of attaching, in a root of its own, and compares with tests/tuck-layouts.txt.
set -euo pipefail
SERVICES=()
# shellcheck source=tests/lib.bash
source "$MOUNT_TUCK_SRC/tests/lib.bash"
trap teardown EXIT

# Make the source of an update, and mount a first version at a target.
new() { mkdir -p /srv/new && touch /srv/new/seen; }
one() { mount -t tmpfs one "${1:-/opt}"; }

# Make a parent other than "/": a tmpfs on /mnt with a deep mount point in it.
parent() {
	mount --make-private /
	mount -t tmpfs parent /mnt
	mkdir -p /mnt/a/b/at
	mount "--make-$1" /mnt
}

shared() { new; one; mount --tuck /srv/new /opt; }

private() { new; mount --make-private /; one; mount --tuck /srv/new /opt; }

slave() {
	new
	parent shared
	mkdir /srv/slave
	mount --bind /mnt /srv/slave
	mount --make-slave /srv/slave
	one /srv/slave/a/b/at
	mount --tuck /srv/new /srv/slave/a/b/at
}

slave_and_shared() {
	new
	parent shared
	mkdir /srv/slave /srv/slave-of-that
	mount --bind /mnt /srv/slave
	mount --make-slave /srv/slave
	mount --make-shared /srv/slave
	mount --bind /srv/slave /srv/slave-of-that
	mount --make-slave /srv/slave-of-that
	one /srv/slave/a/b/at
	mount --tuck /srv/new /srv/slave/a/b/at
}

deep_private() { new; parent private; one /mnt/a/b/at; mount --tuck /srv/new /mnt/a/b/at; }

# The parent's root is not the root of its filesystem, and the mount point is directly in it.
part_of_a_filesystem() {
	new
	parent private
	mkdir /srv/part
	mount --bind /mnt/a /srv/part
	one /srv/part/b
	mount --tuck /srv/new /srv/part/b
}

services() {
	local slave
	new
	one
	service --propagation slave
	service --propagation unchanged
	service --propagation private
	service --propagation slave
	slave=$SERVICE
	in_service "$slave" mount --make-rshared /
	mount --tuck /srv/new /opt
}

top_with_peers() {
	new
	parent private
	one /mnt/a/b/at
	mount --make-shared /mnt/a/b/at
	service --propagation slave
	mkdir /mnt/a/b/at/inside
	one /mnt/a/b/at/inside
	mount --tuck /srv/new /mnt/a/b/at
}

top_is_unbindable() { new; one; mount --make-unbindable /opt; mount --tuck /srv/new /opt; }

filesystem() { parent private; one /mnt/a/b/at; mount --tuck -t tmpfs -o ro,nosuid,size=1M two /mnt/a/b/at; }

filesystem_for_services() { one; service --propagation slave; mount --tuck -t tmpfs -o ro,noexec two /opt; }

image() {
	mkdir -p /srv/content
	mksquashfs /srv/content /srv/two.squashfs -quiet -no-progress >/dev/null
	one
	mount --tuck /srv/two.squashfs /opt
}

file() {
	touch /srv/at /srv/two
	mount --bind /etc/fstab /srv/at
	mount --make-private /srv/at
	mount --make-shared /srv/at
	mount --tuck /srv/two /srv/at
}

tree() {
	new
	mkdir -p /srv/new/{x,y}
	mount -t tmpfs x /srv/new/x
	mkdir /srv/new/x/z
	mount -t tmpfs -o ro z /srv/new/x/z
	mount -t tmpfs y /srv/new/y
	mount --make-private /srv/new/y
}
tree_to_private() { tree; parent private; one /mnt/a/b/at; mount --tuck --rbind /srv/new /mnt/a/b/at; }
tree_to_shared() { tree; one; service --propagation slave; mount --tuck --rbind /srv/new /opt; }

moved() {
	mount --make-private /
	mkdir -p /srv/moved
	mount -t tmpfs moved /srv/moved
	mkdir /srv/moved/inside
	mount -t tmpfs inside /srv/moved/inside
}
move_to_private() { moved; one; mount --tuck --move -o nosuid /srv/moved /opt; }
move_to_shared() {
	moved
	parent shared
	one /mnt/a/b/at
	service --propagation slave
	mount --tuck --move /srv/moved /mnt/a/b/at
}

# Three tucks, one beneath the other, and a service that receives them all.
stack_of_four() {
	new
	one
	service --propagation slave
	mount --tuck /srv/new /opt
	mount --tuck -t tmpfs -o ro three /opt
	mkdir /srv/four
	mount --tuck /srv/four /opt
}

# A stack whose middle mount was not tucked, among other mounts, with a mount on the top.
stack_with_neighbours() {
	new
	mkdir -p /mnt/{a,b,at}
	one /mnt/a
	one /mnt/b
	one /mnt/at
	mount --make-private /mnt/at
	mount --make-shared /mnt/at
	mkdir /mnt/at/inside
	one /mnt/at/inside
	mount -t tmpfs two /mnt/at
	mkdir /mnt/at/inside
	one /mnt/at/inside
	service --propagation slave
	mount --tuck /srv/new /mnt/at
}

stack_of_files() {
	touch /srv/at /srv/two /srv/three
	mount --bind /etc/fstab /srv/at
	mount --make-private /srv/at
	mount --make-shared /srv/at
	mount --tuck /srv/two /srv/at
	mount --tuck /srv/three /srv/at
}

natural_propagation() {
	new
	parent private
	one /mnt/a/b/at
	mount --tuck --make-private /srv/new /mnt/a/b/at
	mkdir -p /mnt/shared
	mount -t tmpfs outer /mnt/shared
	mkdir /mnt/shared/at
	mount --make-shared /mnt/shared
	one /mnt/shared/at
	mount --tuck --make-shared /srv/new /mnt/shared/at
}

in_chroot() {
	local dir
	mkdir -p /srv/root/{opt,tmp,srv,proc,usr,dev}
	cp -d /bin /lib /lib64 /sbin /srv/root
	for dir in /usr /proc /dev "$MOUNT_TUCK_BUILD"; do
		mkdir -p "/srv/root$dir"
		mount --bind "$dir" "/srv/root$dir"
	done
	mount "--make-$1" /
	one /srv/root/opt
	chroot /srv/root mount --tuck /tmp /opt
	for dir in /usr /proc /dev "$MOUNT_TUCK_BUILD"; do umount "/srv/root$dir"; done
}
in_chroot_private() { in_chroot private; }
in_chroot_shared() { in_chroot shared; }

in_user_namespace() {
	new
	unshare --user --map-root-user --mount --propagation slave sh -ec '
		mount -t tmpfs parent /mnt
		mkdir -p /mnt/at /mnt/shared
		mount -t tmpfs one /mnt/at
		mount --tuck /srv/new /mnt/at
		mount -t tmpfs two /mnt/shared
		mkdir /mnt/shared/at
		mount --make-shared /mnt/shared
		mount -t tmpfs one /mnt/shared/at
		mount --tuck -t tmpfs -o noexec three /mnt/shared/at
		cat /proc/self/mountinfo' >/tmp/mountinfo
}

# The directory of the target has locked mounts.
# shellcheck disable=SC2016 # expanded by the inner shell
beside_locked_mounts() {
	new
	mkdir /srv/locked
	mount -t tmpfs locked /srv/locked
	unshare --user --map-root-user --mount --propagation "$1" bash -ec '
		mount -t tmpfs one /opt
		[ -z "${3-}" ] || mount "$3" /opt
		mount --tuck /srv/new /opt
		mount "--make-$2" /
		mount -t tmpfs one /mnt
		mount --tuck -t tmpfs two /mnt
		cat /proc/self/mountinfo' bash "$@" >/tmp/mountinfo
}
beside_locked_private() { beside_locked_mounts private private; }
beside_locked_unbindable() { beside_locked_mounts private private --make-unbindable; }
beside_locked_slave() { beside_locked_mounts slave slave; }
beside_locked_shared() { beside_locked_mounts slave shared; }

# Print every mount at or below /opt, /mnt, /srv, and "/", of each table: as a tree, with its source, its flags and its
# propagation. Peer groups are numbered in the order of their appearance.
print_tables() {
	awk '
		function number(id) { if (!(id in seen)) seen[id] = ++groups; return seen[id] }
		function show(id, indent,    k, n, list, words, j, part) {
			words = ""
			n = split(tags[id], list, " ")
			for (j = 1; j <= n; j++) {
				split(list[j], part, ":")
				if (part[1] == "shared" || part[1] == "master") words = words " " part[1] ":" number(part[2])
				else if (part[1] == "unbindable") words = words " unbindable"
			}
			print indent text[id] (words == "" ? " private" : words)
			n = 0
			for (k = 1; k <= count; k++) if (parent[order[k]] == id && order[k] != id) list[++n] = order[k]
			sort(list, n)
			for (k = 1; k <= n; k++) show(list[k], indent "  ")
		}
		function sort(list, n,    i, j, t) {
			for (i = 2; i <= n; i++)
				for (j = i; j > 1 && text[list[j]] < text[list[j - 1]]; j--) { t = list[j]; list[j] = list[j - 1]; list[j - 1] = t }
		}
		function flush_table() {
			if (count) { print "-- a namespace"; show(root, "") }
			count = 0
			split("", text); split("", parent); split("", tags)
		}
		FNR == 1 { flush_table() }
		$5 != "/" && $5 !~ /^\/(opt|mnt|srv)/ { next }
		{
			for (i = 7; $i != "-"; i++) tags[$1] = tags[$1] " " $i
			text[$1] = $5 " " ($4 == "/" ? $(i + 2) : $4) " " $6
			sub(/\/dev\/loop[0-9]*/, "loop", text[$1])
			parent[$1] = $2
			order[++count] = $1
			if ($5 == "/") root = $1
		}
		END { flush_table() }
	' "$@"
}

tables() {
	local pid files=(/proc/self/mountinfo)
	for pid in ${SERVICES[@]+"${SERVICES[@]}"}; do files+=("/proc/$pid/mountinfo"); done
	[[ ! -e /tmp/mountinfo ]] || files+=(/tmp/mountinfo)
	print_tables "${files[@]}"
}

"$1"
tables

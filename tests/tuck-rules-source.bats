# Each rule about the source of a tuck: a command that it refuses, its message, that nothing changed, and that its remedy works.
load lib

@test "source-private refuses to move a shared mount and a slave, and helps out of the group" {
	mount --make-private /
	mount -t tmpfs one /opt
	mkdir /srv/moved
	mount -t tmpfs two /srv/moved
	mount --make-shared /srv/moved
	unchanged mount --tuck --move /srv/moved /opt
	refused source-private
	says "/opt: cannot tuck /srv/moved here [source-private]: it is shared (shared:"
	mount --bind /srv/moved /mnt
	mount --make-slave /srv/moved
	unchanged mount --tuck --move /srv/moved /opt
	refused source-private
	says "it is a slave (master:"
	follow_remedy
	mount --tuck --move /srv/moved /opt
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
	unchanged mount --tuck "/proc/$SERVICE/root/srv/new" /opt
	refused source-namespace
	says "[source-namespace]: it is in the mount namespace of process $SERVICE (sleep)."
	follow_remedy
	[ "$(stack /opt)" = $'/new\none' ]
	unchanged mount --tuck --move "/proc/$SERVICE/root/srv" /opt
	refused source-namespace
}

@test "source-detachable refuses to move a mount out of a shared parent, and a clone helps" {
	mount -t tmpfs one /opt
	mkdir /srv/moved
	mount -t tmpfs two /srv/moved
	unchanged mount --tuck --move /srv/moved /opt
	refused source-detachable
	says "its parent / is shared (shared:"
	says "Tuck a clone of it: mount --tuck --rbind /srv/moved /opt"
	follow_remedy
	[ "$(stack /opt)" = $'two\none' ]
}

@test "source-detachable refuses to move what is no mount" {
	mount -t tmpfs one /opt
	unchanged mount --tuck --move /srv /opt
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
	unchanged mount --tuck --move /proc/self/fd/9 /opt
	refused source-uncovered
	says "another mount covers it, at /srv/moved."
	says "Take that away first: umount /srv/moved"
	follow_remedy
	mount --tuck --move /proc/self/fd/9 /opt
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
	unchanged mount --tuck --move /srv/opt /srv/opt
	refused source-loop
	says "it is the top mount itself"
	unchanged mount --tuck --move /srv /srv/opt
	refused source-loop
	says "/srv/opt is inside it, and a mount can't be moved into itself"
	unchanged mount --tuck --move /srv/opt/inside /srv/opt
	refused source-loop
	says "it is mounted inside /srv/opt, and a mount can't be moved beneath the one that holds it"
	follow_remedy
	[ "$(stack /srv/opt)" = $'two\none' ]
}

@test "source-kind refuses a file for a directory and a directory for a file" {
	mount -t tmpfs one /opt
	touch /srv/file
	mount --bind /etc/fstab /srv/file
	unchanged mount --tuck /etc/fstab /opt
	refused source-kind
	says "/opt: cannot tuck /etc/fstab here [source-kind]: it is a file, and /opt is a directory."
	unchanged mount --tuck --bind /etc/fstab /opt
	refused source-kind
	unchanged mount --tuck --bind /tmp /srv/file
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
	says "cannot tuck /srv/locked here [source-locked]: it came from a mount namespace of another user namespace, which has locked its options: ro,nosuid."
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
	unchanged mount --tuck /srv /opt
	refused source-bindable
	says "its mount /srv is unbindable."
	says "mount --make-private /srv"
	follow_remedy
	mount --tuck /srv /opt
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
	unchanged mount --tuck --move /srv /mnt/opt
	refused source-bindable
	says "/srv/inside is unbindable"
	follow_remedy
	mount --tuck --move /srv /mnt/opt
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

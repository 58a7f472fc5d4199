#!/usr/bin/env bats
# mount --tuck --from-base: source and options are looked up where the target shows its base.

bats_require_minimum_version 1.5.0
load lib

setup() {
	SERVICES=()
	cd /
	versions 1 2 3
	mkdir /srv/usr
	echo base >/srv/usr/base
	mkdir /srv/disk
	mount -t tmpfs disk /srv/disk
	mkdir /srv/disk/{upper,work}
}

overlay() { mount "$@" -t overlay ext /srv/usr; }

@test "each overlay lies on the base, however often it is replaced" {
	overlay -o lowerdir=/srv/v1:/srv/usr
	for version in 2 3 1 2; do
		overlay --tuck --reveal --from-base -o "lowerdir=/srv/v$version:/srv/usr"
		[ "$(</srv/usr/version)" = "$version" ]
		[ "$(</srv/usr/base)" = base ]
		[ "$(grep -c ' /srv/usr ' /proc/self/mountinfo)" -eq 1 ]
	done
	# Without the option the layer is the overlay before.
	touch /srv/v2/only
	overlay --tuck --reveal --from-base -o lowerdir=/srv/v1:/srv/usr
	[ ! -e /srv/usr/only ]
	overlay --tuck --reveal --from-base -o lowerdir=/srv/v2:/srv/usr
	overlay --tuck --reveal -o lowerdir=/srv/v1:/srv/usr
	[ -e /srv/usr/only ]
	umount /srv/usr
	[ "$(ls /srv/usr)" = base ]
}

@test "a file or directory of the base is a source, too, and its kind is looked up there" {
	mkdir /srv/usr/next
	echo next >/srv/usr/next/version
	mksquashfs /srv/v3 /srv/usr/image -quiet -no-progress
	mount --bind /srv/v1 /srv/usr
	mount --make-private /srv/usr
	unchanged mount --tuck --reveal /srv/usr/next /srv/usr
	[ "$status" -ne 0 ]
	mount --tuck --reveal --from-base -o ro /srv/usr/next /srv/usr
	[ "$(</srv/usr/version)" = next ]
	run ! touch /srv/usr/x
	if has_loop_devices; then
		mount --tuck --reveal --from-base /srv/usr/image /srv/usr
		[ "$(</srv/usr/version)" = 3 ]
	fi
	[ "$(grep -c ' /srv/usr ' /proc/self/mountinfo)" -eq 1 ]
}

@test "services see the new version, and nobody the copy of the namespace" {
	service --propagation slave
	mount --bind /srv/v1 /srv/usr
	mount --make-private /srv/usr
	mount --make-shared /srv/usr
	overlay --tuck --reveal --from-base -o lowerdir=/srv/v2:/srv/usr
	[ "$(in_service "$SERVICE" cat /srv/usr/base)" = base ]
	[ "$(in_service "$SERVICE" cat /srv/usr/version)" = 2 ]
	[ "$(pwd)" = / ]
}

@test "it goes back to a chroot and its working directory" {
	mkdir -p /srv/root/{usr,data,dev,proc,v}
	mount --rbind /usr /srv/root/usr
	for dir in bin lib lib64 sbin; do ln -sf "usr/$dir" "/srv/root/$dir"; done
	mkdir -p "/srv/root$MOUNT_TUCK_BUILD"
	mount --bind "$MOUNT_TUCK_BUILD" "/srv/root$MOUNT_TUCK_BUILD"
	mount -t proc proc /srv/root/proc
	echo base >/srv/root/data/base
	echo new >/srv/root/v/version
	mount --bind /srv/v1 /srv/root/data
	mount --make-private /srv/root/data
	run chroot /srv/root sh -c 'cd /v && "$0" --tuck --reveal --from-base -t overlay -o lowerdir=/v:/data ext ../data' "$MOUNT_TUCK_BUILD/mount"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(cat /srv/root/data/{base,version})" = $'base\nnew' ]
}

@test "the upperdir or workdir of a mounted overlay is told, and nothing has changed" {
	overlay -o lowerdir=/srv/usr,upperdir=/srv/disk/upper,workdir=/srv/disk/work
	ln -s /srv/disk/upper /srv/link
	mkdir /srv/disk/other
	unchanged overlay --tuck --reveal --from-base -o lowerdir=/srv/usr,upperdir=/srv/link,workdir=/srv/disk/other
	[ "$status" -eq 32 ]
	says "the upperdir /srv/link is in use by the overlay that is mounted at /srv/usr"
	unchanged overlay --tuck --reveal --from-base -o lowerdir=/srv/usr,upperdir=/srv/disk/other,workdir=/srv/disk/work
	[ "$status" -eq 32 ]
	says "the workdir /srv/disk/work is in use by the overlay that is mounted at /srv/usr"
}

@test "what the rules refuse, and what fails in the copy, changes nothing" {
	unchanged overlay --tuck --from-base -o lowerdir=/srv/v1:/srv/usr
	refused target-mounted
	mount --bind /srv/v1 /srv/usr
	mount --make-private /srv/usr
	unchanged overlay --tuck --from-base -o lowerdir=/srv/none:/srv/usr
	[ "$status" -eq 32 ]
	unchanged mount --tuck --from-base /srv/usr/none /srv/usr
	[ "$status" -eq 32 ]
	unchanged overlay --tuck --from-base --fake --verbose -o lowerdir=/srv/v1:/srv/usr
	[ "$status" -eq 0 ]
}

@test "--from-base without --tuck, with --namespace or --move is refused" {
	mount --bind /srv/v1 /srv/usr
	mount --make-private /srv/usr
	unchanged overlay --from-base
	[ "$status" -eq 1 ]
	says "--from-base goes with --tuck"
	service --propagation private
	unchanged mount --namespace "$SERVICE" --tuck --from-base /srv/v2 /srv/usr
	[ "$status" -eq 1 ]
	says "--from-base does not go with --namespace"
	unchanged mount --tuck --from-base --move /srv/disk /srv/usr
	[ "$status" -eq 1 ]
	says "--from-base does not go with --move"
}

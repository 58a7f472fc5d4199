#!/usr/bin/env bats
# mount --replace: mounts, replaces with no gap, or does nothing if the same is on top already.

bats_require_minimum_version 1.5.0
load lib

setup() {
	SERVICES=()
	cd /
	versions 1 2
	mkdir /mnt/data
}

# image VERSION: make the image /srv/vVERSION.img.
image() {
	versions "$1"
	mksquashfs "/srv/v$1" "/srv/v$1.img" -quiet -no-progress -noappend >/dev/null
}

# done_nothing: check that the last run was a success that said so with --verbose.
done_nothing() {
	[[ $status -eq 0 ]] || { echo "status $status: $output"; return 1; }
	says "is on top at /opt already; nothing is done."
}

# replaces VERSION COMMAND...: check that the command replaces what is on top at /opt, which stays one mount.
replaces() {
	local version=$1 before
	shift
	before=$(findmnt -no ID /opt)
	run "$@"
	[[ $status -eq 0 ]] || { echo "status $status: $output"; return 1; }
	findmnt /opt
	[[ $(</opt/version) == "$version" && $(findmnt -no ID /opt) != "$before" && $(stack /opt | wc -l) == 1 ]]
}

@test "mount --replace of a directory: mounts it, does nothing twice, and replaces it by another one" {
	run -0 mount --replace /srv/v1 /opt
	[[ $(stack /opt) == /srv/v1 ]]
	for _ in 1 2; do
		unchanged mount --replace --verbose /srv/v1 /opt
		done_nothing
		unchanged mount --replace /srv/v1 /opt
		[[ $status -eq 0 && -z $output ]]
	done
	mount --make-private /opt
	mount --make-shared /opt
	mount -t tmpfs kept /opt/sub
	echo kept >/opt/sub/file
	replaces 2 mount --replace /srv/v2 /opt
	[[ $(</opt/sub/file) == kept ]]
}

@test "mount --replace of an image: the same file is the same, one that was exchanged by a rename is not" {
	needs_loop_devices
	image 1
	image 2
	cp /srv/v1.img /srv/now.img
	run -0 mount --replace /srv/now.img /opt
	for _ in 1 2; do
		unchanged mount --replace --verbose /srv/now.img /opt
		done_nothing
	done
	# By another name.
	ln /srv/now.img /srv/name.img
	unchanged mount --replace --verbose /srv/name.img /opt
	done_nothing
	cp /srv/v2.img /srv/new.img
	mv /srv/new.img /srv/now.img
	replaces 2 mount --replace /srv/now.img /opt
	# The same content, but another file.
	cp /srv/v2.img /srv/new.img
	mv /srv/new.img /srv/now.img
	replaces 2 mount --replace /srv/now.img /opt
	rm /srv/now.img
	unchanged mount --replace /srv/now.img /opt
	[[ $status -ne 0 ]]
}

@test "mount --replace of an image by a path from the working directory" {
	needs_loop_devices
	image 1
	image 2
	cd /srv
	run -0 mount --replace v1.img ../opt
	replaces 2 mount --replace v2.img ../opt
	replaces 1 mount --replace v1.img /opt
	unchanged mount --replace --verbose v1.img /opt
	done_nothing
}

@test "mount --replace compares the options that are asked for now" {
	needs_loop_devices
	image 1
	run -0 mount --replace -o nosuid,x-one /srv/v1.img /opt
	unchanged mount --replace --verbose -o nosuid,x-one /srv/v1.img /opt
	done_nothing
	replaces 1 mount --replace -o x-one /srv/v1.img /opt
	[[ $(findmnt -no VFS-OPTIONS /opt) != *nosuid* ]]
	replaces 1 mount --replace -o nodev,noatime /srv/v1.img /opt
	[[ $(findmnt -no VFS-OPTIONS /opt) == *nodev*noatime* ]]
	unchanged mount --replace --verbose -o noatime,nodev /srv/v1.img /opt
	done_nothing
	# By propagation the new mount is shared, as its parent is.
	if kernel-feature beneath; then
		replaces 1 mount --replace --make-private -o noatime,nodev /srv/v1.img /opt
		unchanged mount --replace --verbose --make-private -o noatime,nodev /srv/v1.img /opt
		done_nothing
	fi
	replaces 1 mount --replace -o ro --bind /srv/v1 /opt
	unchanged mount --replace --verbose -o ro --bind /srv/v1 /opt
	done_nothing
	replaces 1 mount --replace --bind /srv/v1 /opt
	touch /opt/new
}

@test "mount --replace of a device, of a label and from fstab" {
	needs_loop_devices
	truncate -s 16M /srv/ext.img
	mke2fs -q -t ext4 -L replace-me /srv/ext.img
	loop=$(losetup --find --show /srv/ext.img)
	run -0 mount --replace "$loop" /opt
	unchanged mount --replace --verbose "$loop" /opt
	done_nothing
	echo "$loop /opt ext4 nodev 0 0" >/etc/fstab
	before=$(findmnt -no ID /opt)
	mount --make-private /opt
	run -0 mount --replace /opt
	[[ $(findmnt -no ID /opt) != "$before" && $(findmnt -no OPTIONS /opt) == *nodev* ]]
	for operand in /opt "$loop"; do
		unchanged mount --replace --verbose "$operand"
		done_nothing
	done
	umount /opt
	losetup --detach "$loop"
}

@test "mount --replace of a filesystem without a device is always a new one" {
	run -0 mount --replace -t tmpfs one /opt
	mount --make-private /opt
	before=$(findmnt -no ID /opt)
	run -0 mount --replace -t tmpfs one /opt
	[[ $(findmnt -no ID /opt) != "$before" && $(stack /opt) == one ]]
}

@test "mount --replace --rbind is the same only if all mounts below the source are there" {
	mount -t tmpfs below /srv/v1/sub
	run -0 mount --replace --rbind /srv/v1 /opt
	unchanged mount --replace --verbose --rbind /srv/v1 /opt
	done_nothing
	mount --make-rprivate /opt
	mkdir /srv/v1/sub/more
	mount --make-private /srv/v1/sub
	mount -t tmpfs more /srv/v1/sub/more
	run -0 mount --replace --rbind /srv/v1 /opt
	[[ $(findmnt -no SOURCE /opt/sub/more) == more ]]
}

@test "mount --replace in another namespace, from there and from the caller's" {
	service --propagation private
	run -0 mount --namespace "$SERVICE" --replace /srv/v1 /opt
	[[ $(in_service "$SERVICE" cat /opt/version) == 1 && -z $(stack /opt) ]]
	unchanged mount --namespace "$SERVICE" --replace --verbose /srv/v1 /opt
	done_nothing
	run -0 mount --namespace "$SERVICE" --source-namespace=caller --replace -o ro /srv/v2 /opt
	[[ $(in_service "$SERVICE" cat /opt/version) == 2 ]]
	unchanged mount --namespace "$SERVICE" --source-namespace=caller --replace --verbose -o ro /srv/v2 /opt
	done_nothing
	run -0 mount --namespace "$SERVICE" --source-namespace=caller --replace -o ro /srv/v1 /mnt/data
	[[ $(in_service "$SERVICE" cat /mnt/data/version) == 1 && -z $(stack /mnt/data) ]]
	run ! in_service "$SERVICE" touch /mnt/data/new
}

@test "mount --replace does not take the other namespace's source for the caller's, also for a first version" {
	mkdir -p /srv/v1/sub
	service --propagation private
	in_service "$SERVICE" mount --bind /srv/v2 /srv/v1
	unchanged mount --namespace "$SERVICE" --source-namespace=caller --replace --bind -o X-mount.subdir=sub /srv/v1 /mnt/data
	[[ $status -eq 32 && -z $(stack /mnt/data "$SERVICE") ]]
	says "/mnt/data: nothing is mounted there to be replaced, and /srv/v1 of the caller's mount namespace can't be mounted there first"
	mount -t tmpfs own /mnt
	mkdir /mnt/{moved,data}
	mount --make-private /mnt
	mount -t tmpfs moved /mnt/moved
	in_service "$SERVICE" mkdir -p /mnt/data
	unchanged mount --namespace "$SERVICE" --source-namespace=caller --replace --move /mnt/moved /mnt/data
	[[ $status -eq 32 && -z $(stack /mnt/data "$SERVICE") ]]
}

@test "mount --replace --fake changes nothing, and --verbose prints the rules" {
	mkdir -p /run/mount # libmount makes it
	unchanged mount --replace --fake /srv/v1 /opt
	[[ $status -eq 0 ]]
	mount --bind /srv/v1 /opt
	mount --make-private /opt
	unchanged mount --replace --fake --verbose /srv/v2 /opt
	[[ $status -eq 0 && $output == *carry-place* && $output == *reveal-children* ]]
}

@test "mount --replace is refused as a tuck, a reveal or a carry is" {
	mount --bind /srv/v1 /opt
	mount --make-private /opt
	mkdir /opt/lacking
	mount -t tmpfs kept /opt/lacking
	unchanged mount --replace /srv/v2 /opt
	refused carry-place
	says "mount: /opt: cannot tuck /srv/v2 here [carry-place]: it has no place for what is mounted on the top mount: /opt/lacking (it is missing)."
	umount /opt/lacking
	mount --make-shared /opt
	service --propagation slave
	in_service "$SERVICE" mount -t tmpfs own /opt/sub
	unchanged mount --replace /srv/v2 /opt
	refused reveal-incomplete
	[[ $(remedy | head -n 1) == "mount --replace --reveal=force /srv/v2 /opt" ]]
	follow_remedy || true
	[[ $(</opt/version) == 2 ]]
}

# wrong MESSAGE COMMAND...: check that the command changes nothing and is a usage error with that message.
wrong() {
	local message=$1
	shift
	unchanged "$@"
	[[ $status -eq 1 ]] && says "$message"
}

@test "mount --replace and --carry with options that make no sense are wrong commands" {
	mount --bind /srv/v1 /opt
	wrong "--replace needs a source and a target" mount --replace
	wrong "--replace mounts one filesystem: it doesn't go with --all" mount --replace --all
	wrong "--replace attaches a new mount: it doesn't go with -o remount" mount --replace -o remount /srv/v2 /opt
	wrong "--carry makes sense with --tuck only" mount --carry --bind /srv/v2 /opt
	wrong "--carry goes with --reveal" umount --carry /opt
	wrong "--json does not go with --carry" umount --reveal --carry --json /opt
}

#!/usr/bin/env bats
# examples/refresh-extensions, on a tree that is like /usr.

load lib
bats_require_minimum_version 1.5.0

setup() {
	SERVICES=()
	cd /
	# A path may have a blank.
	target="/srv/the usr"
	extensions=/srv/extensions
	mkdir -p "$target"/{bin,lib} "$extensions"
	printf 'NAME=Fake\nID=fake\nVERSION_ID="12"\n' >"$target/lib/os-release"
	echo base >"$target/bin/base"
	service --propagation slave
}

# extension NAME [LINE...]: what an extension is made of; the lines of its extension-release.
extension() {
	local tree=$extensions/$1/usr name=$1
	shift
	mkdir -p "$tree"/{bin,lib/extension-release.d}
	echo "$name" >"$tree/bin/$name"
	echo "$name" >"$tree/bin/which"
	(($#)) || set -- ID=fake VERSION_ID=12
	printf '%s\n' "$@" >"$tree/lib/extension-release.d/extension-release.$name"
}

refresh() {
	"$MOUNT_TUCK_SRC/examples/refresh-extensions" -d "$extensions" "$target"
}

# shows FILES: the host and the service have these in bin.
shows() {
	local here there
	here=$(cd "$target/bin" && echo *)
	there=$(in_service "$SERVICE" sh -c "cd '$target/bin' && echo *")
	[[ $here == "$1" && $there == "$1" ]] || { echo "host: $here; service: $there; wanted: $1"; return 1; }
}

# mounts COUNT: so many are at the target, here and in the service.
mounts() {
	[[ $(grep -c 'the.040usr ' /proc/self/mountinfo) -eq $1 && $(grep -c 'the.040usr ' "/proc/$SERVICE/mountinfo") -eq $1 ]]
}

@test "extensions come, change and go; there is one overlay, on the base, however many refreshes there were" {
	extension one
	run -0 refresh
	[[ $output == "$target: one" ]]
	shows "base one which"
	mounts 1
	extension two
	run -0 refresh
	[[ $output == "$target: two one" ]]
	shows "base one two which"
	[[ $(cat "$target/bin/which") == two ]]
	for _ in 1 2 3; do run -0 refresh; done
	mounts 1
	# Two layers and the base, which is the directory itself.
	[[ $(findmnt -no OPTIONS -M "$target") == *"lowerdir=$extensions/two/usr:$extensions/one/usr:$target"* ]]
	rm -r "$extensions/one"
	run -0 refresh
	shows "base two which"
	run touch "$target/file"
	[[ $status -ne 0 && $output == *"Read-only file system" ]]
	rm -r "$extensions/two"
	run -0 refresh
	[[ $output == "$target: no extensions" ]]
	shows base
	mounts 0
	run -0 refresh
	mounts 0
}

@test "what systemd-sysext has merged is an old overlay, and not the base" {
	extension one
	# As "systemd-sysext merge" leaves it.
	mkdir -p /srv/merged/usr/bin
	echo merged >/srv/merged/usr/bin/merged
	mount -t overlay -o "ro,lowerdir=/srv/merged/usr:$target" sysext "$target"
	shows "base merged"
	run -0 refresh
	[[ $output == "$target: one" ]]
	shows "base one which"
	mounts 1
	[[ $(findmnt -no SOURCE -M "$target") == extensions ]]
	# With no extension left it is taken away, too.
	rm -r "$extensions/one"
	run -0 refresh
	mount -t overlay -o "ro,lowerdir=/srv/merged/usr:$target" sysext "$target"
	run -0 refresh
	[[ $output == "$target: no extensions" ]]
	shows base
	mounts 0
	# Another filesystem of that name is not.
	mount -t tmpfs sysext "$target"
	mkdir -p "$target"/{bin,lib}
	printf 'ID=fake\nVERSION_ID="12"\n' >"$target/lib/os-release"
	echo own >"$target/bin/own"
	extension one
	run -0 refresh
	shows "one own which"
	mounts 2
}

@test "a base that is a mount itself stays beneath" {
	cp -r "$target" /srv/base
	mount --bind -o ro /srv/base "$target"
	extension one
	run -0 refresh
	extension two
	run -0 refresh
	run -0 refresh
	shows "base one two which"
	mounts 2
	rm -r "${extensions:?}"/*
	run -0 refresh
	shows base
	mounts 1
}

@test "nobody finds the base without an extension while it is refreshed, here or in a service" {
	extension one
	run -0 refresh
	# shellcheck disable=SC2016 # expanded in there
	watch='looks=0
		until [[ -e /srv/end ]]; do
			read -r found <"$1/bin/one" || { echo "a gap after $looks"; exit 1; }
			looks=$((looks + 1))
		done
		echo "$looks"'
	bash -c "$watch" watch "$target" >/srv/here 2>&1 3>&- &
	here=$!
	in_service "$SERVICE" bash -c "$watch" watch "$target" >/srv/there 2>&1 3>&- &
	there=$!
	for turn in 1 2 3 4 5 6 7 8; do
		if ((turn % 2)); then extension two; else rm -r "$extensions/two"; fi
		run -0 refresh
	done
	touch /srv/end
	wait "$here" || { cat /srv/here; false; }
	wait "$there" || { cat /srv/there; false; }
	[[ $(cat /srv/here) -gt 100 && $(cat /srv/there) -gt 100 ]]
}

@test "a bad extension changes nothing, also beside good ones: no release, another system's, no usr" {
	extension one
	run -0 refresh
	extension two
	for bad in "" ID=other $'ID=fake\nVERSION_ID=13' NAME=fake; do
		extension wrong "$bad"
		[[ -n $bad ]] || rm -r "$extensions/wrong/usr/lib"
		unchanged refresh
		[[ $status -eq 32 && $output == *"$extensions/wrong"*"nothing is changed" ]]
		shows "base one which"
	done
	rm -r "$extensions/wrong/usr"
	unchanged refresh
	[[ $status -eq 32 && $output == *"$extensions/wrong: it has no directory usr"* ]]
	rm -r "$extensions/wrong"
	mkdir "$extensions/not this one"
	unchanged refresh
	[[ $status -eq 32 && $output == *"a name of letters"* ]]
	rmdir "$extensions/not this one"
	# For whatever system.
	extension any ID=_any VERSION_ID=7
	run -0 refresh
	shows "any base one two which"
}

@test "an overlay that the kernel does not make, and one that can't be revealed, change nothing" {
	extension one
	run -0 refresh
	extension two
	# An overlay on overlays on overlays is one too many.
	for _ in 1 2; do mount -t overlay -o "lowerdir=$extensions/two/usr:/mnt" deep "$extensions/two/usr"; done
	unchanged refresh
	[[ $status -eq 32 && $output == "mount: "* ]]
	for _ in 1 2; do umount "$extensions/two/usr"; done
	in_service "$SERVICE" mount -t tmpfs kept "$target/bin"
	unchanged refresh
	refused reveal-incomplete
	in_service "$SERVICE" umount "$target/bin"
	run -0 refresh
	shows "base one two which"
}

@test "what is mounted on the overlay is on the next one, and what is mounted on the base is refused" {
	extension one
	mount -t tmpfs kept "$target/bin"
	unchanged refresh
	[[ $status -eq 32 && $output == *"$target/bin: a mount in $target, on the base; nothing is changed" ]]
	umount "$target/bin"
	run -0 refresh
	mount -t tmpfs kept "$target/bin"
	echo kept >"$target/bin/file"
	extension two
	run -0 refresh
	[[ $(findmnt -no SOURCE --mountpoint "$target/bin") == kept && $(<"$target/bin/file") == kept ]]
	[[ $(in_service "$SERVICE" cat "$target/bin/file") == kept ]]
	umount "$target/bin"
	shows "base one two which"
}

@test "what is mounted on the overlay is not lost with the last extension: it is refused by name" {
	for source in extensions sysext; do
		extension one
		run -0 refresh
		# As systemd-sysext calls it.
		[[ $source == extensions ]] || { umount "$target"; mount -t overlay -o "ro,lowerdir=$extensions/one/usr:$target" sysext "$target"; }
		mount -t tmpfs kept "$target/bin"
		echo kept >"$target/bin/file"
		rm -r "$extensions/one"
		unchanged refresh
		[[ $status -eq 32 && $output == *"$target/bin: a mount on the last overlay, which would be lost; nothing is changed" ]]
		[[ $(in_service "$SERVICE" cat "$target/bin/file") == kept ]]
		umount "$target/bin"
		run -0 refresh
		shows base
		mounts 0
	done
}

@test "used wrongly, it says how it is used" {
	refresh="$MOUNT_TUCK_SRC/examples/refresh-extensions"
	run -1 "$refresh" -x
	[[ ${lines[-1]} == "usage: "* ]]
	run -1 "$refresh" /srv /srv
	run -1 "$refresh" -d /srv/none "$target"
	mkdir /srv/a:b
	unchanged "$refresh" -d /srv/a:b "$target"
	[[ $status -eq 32 ]]
}

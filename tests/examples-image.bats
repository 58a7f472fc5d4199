#!/usr/bin/env bats
# examples/build-image, as nobody, in a user namespace.

load lib
bats_require_minimum_version 1.5.0

setup() {
	SERVICES=()
	cd /srv
	chmod 1777 /srv
	mount -t tmpfs locked /opt # something from outside
	as_nobody unshare --user --map-root-user --mount mount -t tmpfs none /mnt ||
		skip "user namespaces for ordinary users are missing"
	build=$MOUNT_TUCK_SRC/examples/build-image
	no_leak_check # the first process of a pid namespace has another one's /proc
}

as_nobody() {
	setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set -all --inh-caps -all "$@"
}

# layer NAME [PROGRAM...]: a layer of that version, with these programs and their libraries; its setup on standard input.
layer() {
	local name=$1 program file
	shift
	mkdir -p "$name"/usr/{bin,lib,lib64}
	echo "$name" >"$name/usr/version"
	echo "$name" >"$name/usr/$name"
	for program; do
		program=$(command -v "$program")
		cp -L "$program" "$name/usr/bin/"
		while read -r file; do
			mkdir -p "$name/usr/${file%/*}"
			cp -L "$file" "$name/usr/$file"
		done < <(ldd "$program" | grep -o '/[^ :]*' | sed "s|^/usr/|/|")
	done
	cat >"$name/setup"
}

@test "nobody builds a root of layers; each setup sees those so far, and the archive has them all" {
	layer base sh cat mkdir <<-'E'
		#!/bin/sh
		mkdir /etc/base && cat /usr/version /usr/base >/etc/log
	E
	layer tools <<-'E'
		#!/bin/sh
		cat /usr/version /usr/base /usr/tools >>/etc/log
		! echo no 2>/dev/null >/usr/written
	E
	layer last <<<''
	rm last/setup
	before=$(state)
	run -0 as_nobody "$build" image.tar base tools last
	[[ ! -e image.tar.part ]]
	[[ $(tar -xOf image.tar ./etc/log) == $'base\nbase\ntools\nbase\ntools' ]]
	[[ $(tar -xOf image.tar ./usr/version) == last ]]
	list=$(tar -tvf image.tar)
	[[ $list == *" ./usr/base"* && $list == *" ./usr/tools"* && $list == *" ./usr/last"* && $list == *" ./etc/base/"* ]]
	[[ $list != *./tmp/setup* && $list != *./usr/written* && $list != *./dev/null* ]]
	# All of it is root's.
	[[ -z $(awk '$2 != "0/0"' <<<"$list") ]]
	[[ $(state) == "$before" ]]
}

@test "what a setup leaves running always finds a usr, goes on through the later layers, and ends with the build" {
	layer base sh cat sleep <<-'E'
		#!/bin/sh
		while :; do
			read -r version </usr/version || version=none
			[ "$version" = "$last" ] || echo "$version" >>/var/seen
			last=$version
		done &
	E
	for number in 1 2 3 4; do
		# Time for the other to see this one, too.
		layer "$number" <<-E
			#!/bin/sh
			for turn in 1 2 3 4 5 6 7 8 9; do
				case \$(cat /var/seen) in *$number) exit ;; esac
				sleep 0.2
			done
		E
	done
	as_nobody timeout 60 "$build" image.tar base 1 2 3 4 3>&- &
	building=$!
	# The one that shows, and for a moment the one beneath it; not all that ever were.
	most=0
	while kill -0 "$building" 2>/dev/null; do
		for pid in $(pgrep -x setup); do
			count=$(grep -c ' /usr ro' "/proc/$pid/mountinfo" 2>/dev/null) || continue
			((count <= most)) || most=$count
		done
		sleep 0.05
	done
	wait "$building"
	((most == 1 || most == 2))
	[[ $(tar -xOf image.tar ./var/seen) == $'base\n1\n2\n3\n4' ]]
}

@test "a setup that fails, and a layer without usr, leave no archive" {
	layer base sh <<<$'#!/bin/sh\nexit 7'
	run as_nobody "$build" image.tar base
	[[ $status -eq 32 && $output == *"build-image: /srv/base: its setup failed, with status 7"* ]]
	mkdir none
	run -1 as_nobody "$build" image.tar none
	[[ $output == "build-image: /srv/none: no directory with a usr" ]]
	run -1 as_nobody "$build" image.tar
	[[ $output == "build-image: usage: "* ]]
	[[ -z $(find . -name 'image.tar*') && -z $(find /tmp -maxdepth 1 -name 'tmp.*' -user 65534) ]]
}

# inside COMMANDS: in a namespace as the example's.
inside() {
	as_nobody unshare --user --map-root-user --mount bash -c "$1"
}

@test "the rules that its head comment names refuse what it says" {
	mkdir new
	run inside 'mount --tuck /srv/new /opt'
	refused target-locked
	run inside 'mount -t tmpfs mine /mnt && mount --tuck --bind / /mnt'
	refused source-bindable
	run -0 inside 'mount -t tmpfs mine /mnt && mount --tuck --rbind / /mnt'

	# shellcheck disable=SC2016 # expanded in there
	run inside 'mount -t tmpfs mine /mnt
		exec 8< <(exec unshare --mount sh -c "echo \$\$; exec sleep 10")
		read -r -u 8 other
		mount --tuck "/proc/$other/root/srv/new" /mnt
		status=$?
		kill "$other"
		exit $status'
	refused source-namespace
}

@test "at a locked mount, one's own over it can be tucked beneath" {
	needs_kernel_feature beneath # a stack on a private parent
	mkdir new
	run -0 inside 'mount --rbind /opt /opt && mount --tuck /srv/new /opt && umount --reveal /opt && findmnt -no FSROOT -M /opt'
	[[ ${lines[-1]} == /srv/new ]]
}

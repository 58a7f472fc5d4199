#!/usr/bin/env bats
# Machines as they are: what the project's commands and tests do in a chroot, with another PATH, umask, HOME or locale, and
# where they can't work, which they say before anything is installed or built.

load lib
bats_require_minimum_version 1.5.0

# chroot_of KIND DIR: a root for chroot(1) in DIR, with the system's programs and the build: DIR is a mount or a directory.
chroot_of() {
	local name
	mkdir -p "$2"
	[[ $1 != mount ]] || mount -t tmpfs chroot "$2"
	mkdir "$2"/{mnt,tmp,proc,opt}
	for name in usr dev sys proc "${MOUNT_TUCK_BUILD#/}"; do
		mkdir -p "$2/$name"
		mount --rbind "/$name" "$2/$name"
	done
	for name in bin sbin lib lib32 lib64; do [[ ! -L /$name ]] || cp -a "/$name" "$2/$name"; done
}

# sources DIR: what builds the project, copied to DIR; and a PATH on which nothing can be installed without notice.
sources() {
	local program
	mkdir -p "$1" /tmp/stubs
	cp -a "$MOUNT_TUCK_SRC"/{bootstrap,tools,.ci,configure.ac,Makefile.am} "$1"
	for program in apt-get dpkg-query autoreconf make; do
		printf '#!/bin/sh\necho "%s $*" >>/tmp/called\n' "$program" >"/tmp/stubs/$program"
		chmod +x "/tmp/stubs/$program"
	done
	PATH=/tmp/stubs:$PATH
}

# Those that build in the tree.
builders=(bootstrap tools/try tools/check tools/check-cross tools/check-distros tools/check-kernels tools/check-packages tools/build
	tools/check-bare tools/check-system .ci/run)

@test "a test's root is the same in a chroot, be its root a mount or a plain directory" {
	local kind
	for kind in mount directory; do
		chroot_of "$kind" "/srv/$kind"
		# Who enters the namespace comes to the root of the test.
		run -0 env -u MOUNT_TUCK_KEEP chroot "/srv/$kind" "$MOUNT_TUCK_BUILD/in-root" sh -c '
			echo here >/opt/file
			nsenter --mount=/proc/self/ns/mnt cat /opt/file
			head -n 1 /proc/self/mountinfo | cut -d " " -f 5,9-'
		[[ ${lines[0]} == here && ${lines[1]} == "/ tmpfs test-root "* ]]
		[[ ! -e /srv/$kind/opt/file && ! -e /opt/file ]]
	done
}

@test "a test's root leaves a kept directory's mode as it is, and takes one that can't be written to" {
	mkdir -m 700 /srv/kept /srv/kept/inner
	mount --bind /srv/kept /srv/kept
	run -0 env MOUNT_TUCK_KEEP=$'/srv/kept\n/srv/kept/inner' in-root stat -c %a /srv/kept/inner
	[[ $output == 700 && $(stat -c %a /srv/kept/inner) == 700 ]]
	mount -o remount,bind,ro /srv/kept
	run -0 env MOUNT_TUCK_KEEP=$'/srv/kept\n/srv/kept/inner' in-root stat -c %a /srv/kept/inner
	[[ $output == 700 ]]
}

@test "a unit test passes, or is skipped with a reason, in a pid namespace" {
	run -0 in-root test-kernel
	[[ $output != *"not ok"* ]]
}

@test "a path with a blank is refused before anything is installed or built" {
	local command
	sources "/srv/with blank/mount-tuck"
	cd "/srv/with blank/mount-tuck"
	for command in "${builders[@]}"; do
		run -1 "./$command"
		[[ $output == "$command: configure can't work in a path with a blank or a special character: $PWD"$'\n'"$command: move the sources, "* ]]
	done
	[[ ! -e /tmp/called && -z $(find . -maxdepth 1 -name 'build*') ]]
}

@test "sources that can't be written to are refused before anything is installed or built" {
	local command
	sources /srv/mount-tuck
	mount --bind /srv/mount-tuck /srv/mount-tuck
	mount -o remount,bind,ro /srv/mount-tuck
	cd /srv/mount-tuck
	for command in "${builders[@]}"; do
		run -1 "./$command"
		[[ $output == "$command: $PWD can't be written to, and this command builds there"$'\n'"$command: work in a copy: cp -a $PWD "* ]]
	done
	[[ ! -e /tmp/called ]]
}

@test "what a shell has set is put right: PATH, umask, HOME, the locale" {
	# shellcheck disable=SC2016 # expanded by the inner shell
	run -0 env -i PATH=/usr/bin LC_ALL=xx_YY.UTF-8 LANGUAGE=de sh -c '
		umask 077
		. "$1"
		umask
		echo "$PATH $HOME $LC_ALL ${LANGUAGE-unset}"
		command -v losetup' sh "$MOUNT_TUCK_SRC/tools/machine.sh"
	[[ ${lines[0]} == 0022 && ${lines[1]} == "/usr/bin:/usr/sbin:/sbin /root C.UTF-8 unset" && ${lines[2]} == /*sbin/losetup ]]
}

@test "every command of the project puts it right" {
	local file missing=
	for file in "$MOUNT_TUCK_SRC"/{bootstrap,.ci/run,tools/*,tests/run,tests/*/run,tests/bench/*,tests/stress/*}; do
		[[ -x $file && $(head -c 2 "$file") == '#!' ]] || continue
		grep -qE '^\. .*/(machine\.sh|stress\.bash)"?$' "$file" || missing+=" $file"
	done
	[[ -z $missing ]] || { echo "without tools/machine.sh:$missing"; return 1; }
	grep -qF '. "$src/tools/machine.sh"' "$MOUNT_TUCK_SRC/tests/stress/stress.bash"
}

@test "packages are installed when the program that holds a lock of apt or dpkg has ended, and stderr says what is waited for" {
	sources /srv/mount-tuck
	# The second update gets the lock.
	cat >/tmp/stubs/apt-get <<-'STUB'
		#!/bin/sh
		echo "apt-get $*" >>/tmp/called
		[ "$1" != update ] || [ "$(grep -c update /tmp/called)" -gt 1 ] || {
			echo "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 1 (apt)" >&2
			exit 100
		}
	STUB
	run -0 --separate-stderr /srv/mount-tuck/tools/packages distros
	[[ -z $output ]]
	[[ $stderr == *"tools/packages: waiting for another program: E: Could not get lock /var/lib/apt/lists/lock."* ]]
	[[ $(grep apt-get /tmp/called) == "apt-get update --quiet
apt-get update --quiet
apt-get -o DPkg::Lock::Timeout=600 install --yes --quiet --no-install-recommends debootstrap" ]]
	# Any other failure ends it.
	printf '#!/bin/sh\necho "E: no network" >&2\nexit 100\n' >/tmp/stubs/apt-get
	run -100 /srv/mount-tuck/tools/packages distros
	[[ ${lines[-1]} == "E: no network" ]]
}

@test "without loop devices tools/try says so at once, and what needs them is a skip with that reason" {
	mount -t tmpfs -o mode=755 devices /mnt
	cp -a /dev/{null,zero,urandom,fd} /mnt
	mount --bind /mnt /dev
	run -1 "$MOUNT_TUCK_SRC/tools/try"
	[[ $output == "tools/try: needs loop devices to mount images, and there is no /dev/loop-control; modprobe loop makes it" ]]
	run -0 "$MOUNT_TUCK_SRC/tests/stress/killed" --builddir "$MOUNT_TUCK_BUILD"
	[[ $output == "ok - killed # skip this machine has no loop devices"$'\n'"0 passed, 0 failed, 1 skipped" ]]
	skip() { echo "skipped: $*"; }
	[[ $(needs_loop_devices) == "skipped: this machine has no loop devices" ]]
}

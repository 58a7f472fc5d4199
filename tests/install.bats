#!/usr/bin/env bats
# What make install puts where, and that make uninstall takes all of it away.

bats_require_minimum_version 1.5.0
load lib

# The names below /usr of what is installed, sorted: PREFIX is before the programs' names.
expected() {
	local prefix=$1 name
	for name in mount umount findmnt; do
		echo "bin/$prefix$name"
		echo "share/man/man8/$prefix$name.8"
		echo "share/bash-completion/completions/$prefix$name"
	done
	printf '%s\n' include/libmnttuck.h include/libmnttuck-{beneath,everywhere,wait,world}.h share/man/man3/libmnttuck.3 share/man/man7/mount_tuck.7
	(cd "$MOUNT_TUCK_SRC" && find examples -type f ! -name '*.mk') | sed 's,^,share/doc/mount-tuck/,'
}

# What configure makes of no prefix, and of --program-prefix=tuck-, in the makefile.
none='program_transform_name=s,x,x,'
tuck='program_transform_name=s&^&tuck-&'

# install_with MAKE-VARIABLE: into /srv/root; what there is then goes to /srv/installed, libraries aside.
install_with() {
	make -s -C "$MOUNT_TUCK_BUILD" install DESTDIR=/srv/root prefix=/usr "$1" >/srv/log 2>&1 || { cat /srv/log; return 1; }
	(cd /srv/root/usr && find . ! -type d -printf '%P\n') | grep -v '^lib' | sort >/srv/installed
}

uninstalled_with() {
	make -s -C "$MOUNT_TUCK_BUILD" uninstall DESTDIR=/srv/root prefix=/usr "$1" >/srv/log 2>&1 || { cat /srv/log; return 1; }
	run -0 find /srv/root ! -type d
	[[ -z $output ]]
}

setup() {
	SERVICES=()
	cd /
	command -v make >/dev/null || skip "make is missing"
}

@test "programs, manual pages, completions, the library and the examples are installed, and uninstalled" {
	install_with "$none"
	diff <(expected '' | sort) /srv/installed
	(cd /srv/root/usr/share/doc/mount-tuck/examples && [[ -x update-forced && -x build-image && ! -x tuck.c && ! -x README.md ]])
	[[ -s /srv/root/usr/lib/libmnttuck.so ]]
	uninstalled_with "$none"
}

@test "--program-prefix is for the programs, their pages and their completions, and for nothing else" {
	install_with "$tuck"
	diff <(expected tuck- | sort) /srv/installed
	[[ -x /srv/root/usr/share/doc/mount-tuck/examples/update-forced ]]
	# The examples call the programs by these names.
	mkdir /srv/old /srv/new
	echo new >/srv/new/version
	mount --bind /srv/old /opt
	mount --make-private /opt
	PATH=/srv/root/usr/bin:/usr/sbin:/usr/bin:/sbin:/bin run -0 /srv/root/usr/share/doc/mount-tuck/examples/update-forced /srv/new /opt
	[[ $(</opt/version) == new ]]
	run grep -rlE '(^| )(mount|umount|findmnt)=tuck-' /srv/root/usr/share/doc/mount-tuck/examples
	[[ ${#lines[@]} -eq $(grep -lE '^u?(mount|findmnt)=' "$MOUNT_TUCK_SRC"/examples/* 2>/dev/null | wc -l) ]]
	run grep -rE '(^| )(mount|umount|findmnt)=(mount|umount|findmnt)' /srv/root/usr/share/doc/mount-tuck/examples
	[[ -z $output ]]
	uninstalled_with "$tuck"
}

@test "what replaces mounts in an initramfs is installed where configure is told to, and names what is installed" {
	mkdir /srv/build
	cd /srv/build
	[[ -x $MOUNT_TUCK_SRC/configure ]] || skip "configure is missing"
	"$MOUNT_TUCK_SRC/configure" --quiet --prefix=/usr --program-prefix=tuck- --with-initramfstoolsdir=/usr/share/initramfs-tools \
		--with-dracutmodulesdir=/usr/lib/dracut/modules.d >/srv/log 2>&1 || { cat /srv/log; return 1; }
	make -s install-nodist_hooksSCRIPTS install-nodist_bottomSCRIPTS install-nodist_dracutSCRIPTS install-nodist_pkglibexecSCRIPTS \
		DESTDIR=/srv/root >/srv/log 2>&1 || { cat /srv/log; return 1; }
	cd /srv/root
	run -0 find . ! -type d -executable
	diff <(sort <<<"$output") - <<-'END'
		./usr/lib/dracut/modules.d/90mount-tuck/module-setup.sh
		./usr/lib/dracut/modules.d/90mount-tuck/mount-tuck.sh
		./usr/libexec/mount-tuck/tuck-boot
		./usr/share/initramfs-tools/hooks/mount-tuck
		./usr/share/initramfs-tools/scripts/local-bottom/mount-tuck
	END
	run grep -rn '@' usr/libexec usr/share/initramfs-tools
	[[ -z $output ]]
	grep -q '/usr/bin/tuck-mount -n' usr/libexec/mount-tuck/tuck-boot
	grep -q 'copy_exec /usr/bin/tuck-mount$' usr/share/initramfs-tools/hooks/mount-tuck
	grep -q 'inst_multiple /usr/bin/tuck-mount ' usr/lib/dracut/modules.d/90mount-tuck/module-setup.sh
	for script in usr/libexec/mount-tuck/tuck-boot usr/share/initramfs-tools/scripts/local-bottom/mount-tuck \
		usr/lib/dracut/modules.d/90mount-tuck/mount-tuck.sh; do
		sh -n "$script"
	done
	grep -rl '^/usr/libexec/mount-tuck/tuck-boot "' usr/share/initramfs-tools/scripts/local-bottom usr/lib/dracut | wc -l | grep -qx 2
}

@test "the unit names what is installed, also if it was made for another prefix before" {
	mkdir /srv/build
	cd /srv/build
	[[ -x $MOUNT_TUCK_SRC/configure ]] || skip "configure is missing"
	for options in --prefix=/usr/local "--prefix=/usr --program-prefix=tuck-"; do
		# shellcheck disable=SC2086 # words
		"$MOUNT_TUCK_SRC/configure" --quiet $options --with-systemdsystemunitdir=/lib/systemd/system >/srv/log 2>&1 ||
			{ cat /srv/log; return 1; }
		make -s install-systemdsystemunitDATA DESTDIR=/srv/root >/srv/log 2>&1 || { cat /srv/log; return 1; }
		grep -o '/[^ ]*/[^ ]*mount\>' '/srv/root/lib/systemd/system/tuck@.service' | sort -u >>/srv/named
	done
	diff /srv/named - <<-'END'
		/usr/local/bin/mount
		/usr/bin/tuck-mount
	END
}

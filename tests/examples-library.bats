#!/usr/bin/env bats
# examples/tuck.c: the library as a program outside of this project sees it.

load lib

# What is installed, below DESTDIR=$1; the libraries and the header, not the programs' whole build.
install_library() {
	make -s -C "$MOUNT_TUCK_BUILD" DESTDIR="$1" install-libLTLIBRARIES install-includeHEADERS \
		install-pkgconfigDATA
}

@test "the example tucks a directory beneath a mount, and unmounting the top shows it" {
	mkdir /srv/v1 /srv/v2
	echo 1 >/srv/v1/version
	echo 2 >/srv/v2/version
	mount --bind /srv/v1 /opt
	mount --make-private /opt
	run "$MOUNT_TUCK_BUILD/examples/tuck" /srv/v2 /opt
	[ "$status" -eq 0 ]
	[[ $output =~ ^"/srv/v2 now lies beneath /opt, as mount "[0-9]+$ ]]
	[ "$(stack /opt)" = "/srv/v2
/srv/v1" ]
	[ "$(cat /opt/version)" = 1 ]
	umount /opt
	[ "$(cat /opt/version)" = 2 ]
}

@test "the example prints a refusal's rule, reason and remedy, and changes nothing" {
	mkdir /srv/v2
	unchanged "$MOUNT_TUCK_BUILD/examples/tuck" /srv/v2 /opt
	[ "$status" -eq 32 ]
	[ "$output" = "tuck: /opt: refused by target-mounted: nothing is mounted there to go beneath.
      Mount the first one in the ordinary way: mount --bind /srv/v2 /opt" ]
}

@test "the example names a source that does not exist" {
	mount -t tmpfs old /opt
	unchanged "$MOUNT_TUCK_BUILD/examples/tuck" /srv/none /opt
	[ "$status" -eq 32 ]
	[ "$output" = "tuck: /srv/none: No such file or directory" ]
}

@test "without privileges the example says so and ends with 1" {
	mkdir /srv/v2
	mount -t tmpfs old /opt
	unchanged setpriv --reuid 1234 --clear-groups --bounding-set -all --inh-caps -all \
		"$MOUNT_TUCK_BUILD/examples/tuck" /srv/v2 /opt
	[ "$status" -eq 1 ]
	[[ $output == *"refused by caller-capable:"* ]]
}

@test "the example compiles against an installed copy, through pkg-config, and runs with it" {
	install_library /tmp/installed
	libdir=$(find /tmp/installed -name libmnttuck.so -printf '%h')
	export PKG_CONFIG_SYSROOT_DIR=/tmp/installed PKG_CONFIG_PATH="$libdir/pkgconfig"
	pkg-config --exists 'mnttuck >= 0.1.0'

	mkdir /tmp/elsewhere
	cd /tmp/elsewhere
	cp "$MOUNT_TUCK_SRC/examples/tuck.c" .
	sanitize=$(sed -n 's/^SANITIZE_CFLAGS = *//p' "$MOUNT_TUCK_BUILD/Makefile")
	# shellcheck disable=SC2046,SC2086 # words
	cc -Wall -Wextra -Werror $sanitize -o tuck tuck.c $(pkg-config --cflags --libs mnttuck)

	mkdir /srv/v2
	mount -t tmpfs old /opt
	LD_LIBRARY_PATH=$libdir run ./tuck /srv/v2 /opt
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(stack /opt)" = "/srv/v2
old" ]
}

@test "the public header is C99, C17 and C++, and needs nothing else" {
	for standard in c99 c17; do
		echo '#include <libmnttuck.h>' |
			cc -std=$standard -pedantic -Wall -Wextra -Werror -I"$MOUNT_TUCK_SRC/libmount" -x c -fsyntax-only -
	done
	compiler=$(command -v c++ || command -v clang++) || skip "no C++ compiler"
	echo '#include <libmnttuck.h>' |
		"$compiler" -pedantic -Wall -Wextra -Werror -I"$MOUNT_TUCK_SRC/libmount" -x c++ -fsyntax-only -
}

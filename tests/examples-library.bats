#!/usr/bin/env bats
# examples/tuck.c: the library as a program outside of this project sees it.

load lib

# What is installed, below DESTDIR=$1. LIBDIR is where the library is, there.
install_below() {
	make -s -C "$MOUNT_TUCK_BUILD" DESTDIR="$1" install >/dev/null
	LIBDIR=$(find "$1" -name libmnttuck.so -printf '%h')
	export PKG_CONFIG_SYSROOT_DIR=$1 PKG_CONFIG_PATH="$LIBDIR/pkgconfig"
	sanitize=$(sed -n 's/^SANITIZE_CFLAGS = *//p' "$MOUNT_TUCK_BUILD/Makefile")
}

# build_elsewhere WORDS...: the installed example, away from the project, by the compiler with these words.
build_elsewhere() {
	local example
	example=$(find /tmp/installed -path '*/examples/tuck.c')
	mkdir /tmp/elsewhere
	cd /tmp/elsewhere
	# shellcheck disable=SC2086 # words
	cc -Wall -Wextra -Werror $sanitize -o tuck "$example" "$@"
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
      Mount the first one in the ordinary way:
	mount --bind /srv/v2 /opt" ]
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

@test "with -r the example goes on to reveal, in a service, too; with -n it tells what either would do" {
	mkdir /srv/v1 /srv/v2
	echo 1 >/srv/v1/version
	echo 2 >/srv/v2/version
	mount --bind /srv/v1 /opt
	service --propagation slave
	tuck=$MOUNT_TUCK_BUILD/examples/tuck
	unchanged "$tuck" -n /srv/v2 /opt
	[ "$status" -eq 0 ]
	[[ ${lines[0]} == *": /opt: beneath "*"[/srv/v1], then "*"[/srv/v1] shows" ]]
	unchanged "$tuck" -nr /srv/v2 /opt
	[ "$status" -eq 0 ]
	[[ $output == *"$SERVICE (sleep): /opt: beneath "*"[/srv/v1], then /srv/v2 shows"* ]]
	run "$tuck" -r /srv/v2 /opt
	[ "$status" -eq 0 ]
	[ "$output" = "/srv/v2 shows at /opt" ]
	[ "$(stack /opt)" = /srv/v2 ]
	[ "$(in_service "$SERVICE" cat /opt/version)" = 2 ]
}

@test "with -r the example refuses before the tuck what a reveal would refuse" {
	mkdir -p /srv/v1/child /srv/v2
	mount --bind /srv/v1 /opt
	mount -t tmpfs kept /opt/child
	for how in -r -nr; do
		unchanged "$MOUNT_TUCK_BUILD/examples/tuck" $how /srv/v2 /opt
		[ "$status" -eq 32 ]
		[[ $output == "tuck: /opt: refused by reveal-children: "* ]]
	done
	for how in -x "-r /opt" "/srv/v1 /srv/v2 /opt"; do
		# shellcheck disable=SC2086 # words
		unchanged "$MOUNT_TUCK_BUILD/examples/tuck" $how
		[ "$status" -eq 1 ]
		[[ $output == *"usage: tuck [-nr] SOURCE TARGET" ]]
	done
}

# needs_first_libasan: a program that is not built with AddressSanitizer loads a library that is only if its runtime comes first.
needs_first_libasan() {
	PRELOAD=$(ldd "$MOUNT_TUCK_BUILD/.libs/libmnttuck.so" | awk '/libasan/ { print $3 }')
	[[ -z $PRELOAD ]] || export ASAN_OPTIONS=detect_leaks=0
}

# command_of EXAMPLE: COMMAND replaces by it. replace.py uses the library that is built here.
command_of() {
	COMMAND=("$MOUNT_TUCK_BUILD/examples/tuck" -r)
	[[ $1 != replace.py ]] || COMMAND=(env "LD_LIBRARY_PATH=$MOUNT_TUCK_BUILD/.libs" "LD_PRELOAD=${PRELOAD:-}"
		python3 "$MOUNT_TUCK_SRC/examples/replace.py")
}

replace_py() {
	command_of replace.py
	"${COMMAND[@]}" "$@"
}

@test "replace.py prints the plan, replaces with no gap, and waits until a service lets go of the old version" {
	needs_first_libasan
	mkdir /srv/v1 /srv/v2
	echo 2 >/srv/v2/version
	mount --bind /srv/v1 /opt
	# It does not receive.
	service --propagation private
	replace_py /srv/v2 /opt >/tmp/said 2>&1 3>&- &
	replacing=$!
	until grep -q "^still there: $SERVICE: /opt: " /tmp/said; do
		kill -0 "$replacing"
		sleep 0.1
	done
	[ "$(stack /opt)" = /srv/v2 ]
	[ "$(</opt/version)" = 2 ]
	in_service "$SERVICE" umount /opt
	status=0
	wait "$replacing" || status=$?
	cat /tmp/said
	[ "$status" -eq 64 ]
	grep -q "^plan: [0-9]*: /opt: /srv/v2$" /tmp/said
	grep -q "the old version stays at /opt in the mount namespace of process $SERVICE" /tmp/said
}

@test "the numbers in replace.py are those of the header" {
	python3 - "$MOUNT_TUCK_SRC/examples/replace.py" >/tmp/numbers.c <<-'END'
		import re
		import sys

		numbers = {}
		for line in open(sys.argv[1]):
		    if re.match(r"[A-Z_]+(, [A-Z_]+)* = ", line) and not line.startswith("AT_"):
		        exec(line, {"range": range}, numbers)
		print("#include <libmnttuck.h>")
		for name, number in numbers.items():
		    print(f'_Static_assert(MNTTUCK_{name} == {number}, "{name}");')
	END
	[ "$(grep -c ^_Static_assert /tmp/numbers.c)" -gt 20 ]
	cc -I"$MOUNT_TUCK_SRC/libmount" -fsyntax-only /tmp/numbers.c
}

@test "replace.py prints a refusal, and changes nothing" {
	needs_first_libasan
	mkdir -p /srv/v1/child /srv/v2
	mount --bind /srv/v1 /opt
	mount -t tmpfs kept /opt/child
	unchanged replace_py /srv/v2 /opt
	[ "$status" -eq 32 ]
	[[ $output == *"reveal-children"*"mounts on the top mount would be lost: /opt/child"* ]]
	unchanged replace_py /srv/none /opt
	[[ $status -eq 32 && $output == *"No such file or directory"* ]]
	unchanged replace_py /srv/v2
	[[ $status -eq 1 && $output == "usage: replace.py SOURCE TARGET" ]]
}

@test "replace.py names what can't be seen, in its plan and at its end, which is 64 then" {
	needs_first_libasan
	mkdir /srv/v1 /srv/v2
	mount --bind /srv/v1 /opt
	# In a pid namespace the kernel lists no mount namespaces.
	run replace_py /srv/v2 /opt
	[[ $status -eq 64 && $(stack /opt) == /srv/v2 ]]
	reason=${lines[-1]##*: }
	[ "$output" = "plan: $(grep -o '[0-9]*: /opt: /srv/v2' <<<"${lines[0]}")
plan: 0: can't be seen: $reason
may still be there: 0: can't be seen: $reason" ]
}

@test "without privileges replace.py says so and ends with 1, as the example does" {
	needs_first_libasan
	mkdir /srv/v2
	mount -t tmpfs old /opt
	command_of replace.py
	unchanged setpriv --reuid 1234 --clear-groups --bounding-set -all --inh-caps -all "${COMMAND[@]}" /srv/v2 /opt
	[ "$status" -eq 1 ]
	[[ $output == *"caller-capable"* ]]
}

# at_move WHEN TEXT SAID: both examples replace, and are stopped before ("--only") or past ("--past") their second move_mount,
# while TEXT is run. The first one is a question to the kernel; the second one tucks. Checks that they end with 64 and this
# message, and prints the stacks. All messages are in /tmp/said.
at_move() {
	local example
	for example in tuck replace.py; do
		command_of $example
		mount --bind /srv/v1 /opt
		run at-call --as-root "$1" move_mount:2 --during "$2" -- "${COMMAND[@]}" /srv/v2 /opt
		[[ $status -eq 64 && $output == *"$3"* ]] || { echo "$example: status $status: $output"; return 1; }
		echo "$output" >>/tmp/said
		stack /opt | xargs
		umount --recursive /opt
		while umount /opt 2>/dev/null; do :; done
	done
}

@test "a mount on the old version that comes between tuck and reveal: both examples say that the tuck is done" {
	needs_kernel_feature beneath # the calls of propagation are others
	needs_first_libasan
	mkdir -p /srv/v1/child /srv/v2
	at_move --past "mount -t tmpfs other /opt/child" "reveal-children" >/tmp/stacks || { cat /tmp/stacks; false; }
	[ "$(uniq /tmp/stacks)" = "/srv/v2 /srv/v1" ]
}

@test "a mount that comes over the target in the moment of the tuck: both examples leave it, and go no further" {
	needs_kernel_feature beneath # the calls of propagation are others
	needs_first_libasan
	mkdir /srv/v1 /srv/v2
	at_move --only "mount -t tmpfs other /opt" "somebody else mounted" >/tmp/stacks || { cat /tmp/stacks; false; }
	[ "$(uniq /tmp/stacks)" = "/srv/v1 /srv/v2 other" ]
	[[ $(</tmp/said) != *reveal-* ]]
}

@test "the example compiles against an installed copy, through pkg-config, and runs with it" {
	install_below /tmp/installed
	pkg-config --exists 'mnttuck >= 0.1.0'
	# shellcheck disable=SC2046 # words
	build_elsewhere $(pkg-config --cflags --libs mnttuck)
	mkdir /srv/v2
	mount -t tmpfs old /opt
	LD_LIBRARY_PATH=$LIBDIR run ./tuck /srv/v2 /opt
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(stack /opt)" = "/srv/v2
old" ]
}

@test "the example has the library in it, where that is built static, and needs none that is installed" {
	install_below /tmp/installed
	[[ -e $LIBDIR/libmnttuck.a ]] || skip "the library is not built static"
	# shellcheck disable=SC2046 # words
	build_elsewhere $(pkg-config --cflags --libs-only-L mnttuck) -l:libmnttuck.a \
		$(env -u PKG_CONFIG_SYSROOT_DIR pkg-config --libs mount)
	[[ $(ldd tuck) != *libmnttuck* ]]
	mkdir /srv/v2
	mount -t tmpfs old /opt
	run ./tuck -r /srv/v2 /opt
	[ "$output" = "/srv/v2 shows at /opt" ]
	[ "$(stack /opt)" = /srv/v2 ]
}

@test "every example is installed, as it is in the project, and the README tells of each" {
	install_below /tmp/installed
	examples=$(dirname "$(find /tmp/installed -path '*/examples/tuck.c')")
	diff -r --exclude=local.mk "$MOUNT_TUCK_SRC/examples" "$examples"
	for example in "$MOUNT_TUCK_SRC"/examples/*; do
		[[ ! -x $example || -d $example ]] || [[ -x $examples/${example##*/} ]]
		case ${example##*/} in
		README.md | local.mk) ;;
		*)
			grep -qF "| \`${example##*/}" "$examples/README.md"
			grep -qF "${example##*/}" "$MOUNT_TUCK_SRC/man/mount_tuck.7"
			;;
		esac
	done
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

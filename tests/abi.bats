#!/usr/bin/env bats
# The ABI of the library is frozen: libmount/libmnttuck.abi describes it, and tools/abi compares.

load lib

setup() {
	SERVICES=()
	command -v abidiff >/dev/null || skip "abidiff is missing"
	[[ $(uname -m) == x86_64 ]] || skip "a 64-bit x86 machine is missing"
	readelf --sections "$MOUNT_TUCK_BUILD/.libs/libmnttuck.so" | grep -q '\.debug_info' || skip "debugging information is missing"
	description=$MOUNT_TUCK_SRC/libmount/libmnttuck.abi
}

# differs SED: check that tools/abi fails if the description is changed by SED.
differs() {
	sed "$1" "$description" >/tmp/changed.abi
	! cmp -s "$description" /tmp/changed.abi
	run "$MOUNT_TUCK_SRC/tools/abi" --builddir "$MOUNT_TUCK_BUILD" --description /tmp/changed.abi
	echo "$output"
	[ "$status" -ne 0 ]
}

@test "the library has the ABI that is described" {
	"$MOUNT_TUCK_SRC/tools/abi" --builddir "$MOUNT_TUCK_BUILD"
}

@test "a value, a function and a parameter that are not as described are found" {
	differs "s/name='MNTTUCK_SHOWS_ID' value='[0-9]*'/name='MNTTUCK_SHOWS_ID' value='99'/"
	[[ $output == *MNTTUCK_SHOWS_ID* ]]
	differs "/elf-symbol name='mnttuck_find'/d"
	[[ $output == *mnttuck_find* ]]
	differs "/<function-decl name='mnttuck_set_target'/,/<\/function-decl>/{/<parameter/{h;p;g}}"
	[[ $output == *mnttuck_set_target* ]]
}

@test "the values of flags and kinds, which no parameter has as its type, are the published ones" {
	cat >/tmp/values.c <<'END'
		#include <libmnttuck.h>
		_Static_assert(MNTTUCK_TUCK == 1 && MNTTUCK_REVEAL == 2 && MNTTUCK_FORCE == 4, "operations");
		_Static_assert(MNTTUCK_REMOVE_BENEATH == 8 && MNTTUCK_REMOVE_ALL == 16, "operations");
		_Static_assert(MNTTUCK_CARRY == 32 && MNTTUCK_EVERYWHERE == 64, "operations");
		_Static_assert(MNTTUCK_AFFECTED == 0 && MNTTUCK_APART == 1 && MNTTUCK_FOUND == 2, "places");
		_Static_assert(MNTTUCK_LEFT == 3 && MNTTUCK_REPLACED == 4 && MNTTUCK_UNSEEN == 5 && MNTTUCK_HOLDS == 6, "places");
		_Static_assert(MNTTUCK_LOST == 7 && MNTTUCK_PLACE_RULE == 7, "places");
END
	cc -I"$MOUNT_TUCK_SRC/libmount" -fsyntax-only /tmp/values.c
}

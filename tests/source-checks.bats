#!/usr/bin/env bats
# What can be read from sources and object files alone.

load lib

# not_called OBJECT...: print the public functions that none of these object files calls.
not_called() {
	local called
	called=$(nm --undefined-only "$@") || return
	comm -23 <(sed -n 's/^\t\(mnttuck_[a-z_]*\);$/\1/p' "$MOUNT_TUCK_SRC/libmount/libmnttuck.sym" | sort) \
		<(awk '{ print $NF }' <<<"$called" | sort -u)
}

@test "every public function is called by a unit test, and by two threads at once" {
	command -v nm >/dev/null || skip "nm is missing"
	[ "$(grep -c '^.mnttuck_' "$MOUNT_TUCK_SRC/libmount/libmnttuck.sym")" -gt 40 ]
	threads=$MOUNT_TUCK_BUILD/tests/unit/test_threads-test-threads.o
	mapfile -t others < <(find "$MOUNT_TUCK_BUILD/tests/unit" -name 'test_*-test-*.o' ! -path "$threads")
	run not_called "${others[@]}"
	[[ $status -eq 0 && -z $output ]]
	run not_called "$threads"
	[[ $status -eq 0 && -z $output ]]
}

# numbers OPTION...: print the numbers of statmount(2) and listmount(2) that kernel.c has for a machine of which the compiler
# says this, where the headers have none.
numbers() {
	local words
	words=$({
		sed -n '/^#if defined __alpha__/,/^#define SYS_listmount/p' "$MOUNT_TUCK_SRC/libmount/kernel.c"
		echo '#endif'
		echo 'SYS_statmount / SYS_listmount'
	} | cc -E -P -undef "$@" -)
	echo "$((${words%/*})) $((${words#*/}))"
}

@test "statmount and listmount have the numbers of each machine" {
	mips=(-D__mips__ -D_ABIO32=1 -D_ABIN32=2 -D_ABI64=3)
	[ "$(numbers -D__x86_64__)" = "457 458" ]
	[ "$(numbers -D__x86_64__ -D__ILP32__)" = "1073742281 1073742282" ]
	[ "$(numbers -D__alpha__)" = "567 568" ]
	[ "$(numbers "${mips[@]}" -D_MIPS_SIM=1)" = "4457 4458" ]
	[ "$(numbers "${mips[@]}" -D_MIPS_SIM=2)" = "6457 6458" ]
	[ "$(numbers "${mips[@]}" -D_MIPS_SIM=3)" = "5457 5458" ]
}

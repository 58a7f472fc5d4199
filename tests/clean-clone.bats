#!/usr/bin/env bats
# Where nothing is built, each command that the README and CONTRIBUTING offer says in one line what builds it, or builds it.

load lib

setup() {
	SERVICES=()
	mkdir /srv/clone
	cp -r "$MOUNT_TUCK_SRC"/{tests,tools} /srv/clone/
	cd /srv/clone
}

# asks_for_build PROGRAM COMMAND...: COMMAND ends with 1 and one line: what is missing, and what builds it.
asks_for_build() {
	local program=$1
	shift
	# A program that goes on instead must not go on for long.
	run timeout 60 "$@"
	[[ $status -eq 1 && $output == "$1: $PWD/build has no $program; this builds it: $PWD/tools/build $PWD/build" ]] ||
		{ echo "$*: $status: $output"; return 1; }
}

@test "with nothing built, each command of the tests says what builds it" {
	local command
	for command in tests/run "tests/run --unit" "tests/run tests/walk.bats" tests/stress/{exposure,killed,race,soak} \
		"tests/stress/race --long" tests/fault/run "tests/fuzz/run 10 options" tests/bench/{tuck,findmnt} \
		tools/check-kernels "tools/check-kernels --all-tests 6.1" "tests/run --builddir build" "tests/fault/run --builddir build"; do
		# shellcheck disable=SC2086 # words
		asks_for_build mount $command
	done
	[[ ! -e build ]]
}

@test "with a part built, the first program that is missing is named" {
	mkdir build
	cp "$MOUNT_TUCK_BUILD"/{mount,umount,findmnt,in-root} build/
	asks_for_build mount-state tests/run
	asks_for_build stress-kill tests/stress/soak
	asks_for_build kernel-feature tools/check-kernels
	cp "$MOUNT_TUCK_BUILD"/stress-{kill,reader} build/
	asks_for_build fault tests/fault/run
	rm build/in-root
	asks_for_build in-root tests/bench/tuck
	asks_for_build in-root tests/fuzz/run
}

@test "without bats, tests/run says what installs it" {
	local directory
	mkdir -p build /srv/bin
	cp "$MOUNT_TUCK_BUILD"/{mount,umount,findmnt,in-root,mount-state,kernel-feature} build/
	for directory in /usr/bin /bin; do
		find "$directory"/ -maxdepth 1 ! -type d ! -name bats -exec ln -sft /srv/bin {} +
	done
	PATH=/srv/bin run tests/run
	[[ $status -eq 1 && $output == "tests/run: bats is not there (tools/packages check installs it)" ]] || { echo "$output"; false; }
}

@test "every program that configures makes configure first, if it is not there" {
	local file found=0
	# Those that begin in a clone; a build is there for what runs in one.
	for file in tools/* tests/fuzz/run; do
		grep -q '"$src/configure"' "$file" || continue
		found=$((found + 1))
		grep -qE '\[\[ -x \$src/configure \]\] \|\| .*bootstrap' "$file" || { echo "$file"; return 1; }
	done
	((found >= 6))
}

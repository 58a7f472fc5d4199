# For the programs of the tests, which work on a build directory.

# build_directory DIR: its absolute path, also of one that is not there yet: needs_built tells of that.
build_directory() {
	realpath --canonicalize-missing --no-symlinks "$1"
}

# needs_built NAME DIR PROGRAM...: if DIR lacks one of the project's programs, in-root or a PROGRAM, print a line that says how
# to build it, and end NAME.
needs_built() {
	local name=$1 dir=$2 program
	shift 2
	for program in mount umount findmnt in-root "$@"; do
		[[ ! -e $dir/$program ]] || continue
		echo "$name: $dir has no $program; this builds it: $src/tools/build $dir" >&2
		exit 1
	done
}

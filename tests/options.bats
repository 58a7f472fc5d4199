#!/usr/bin/env bats
# --help, the manual pages, the completions and the tests know the same options.

load lib

programs=(mount umount findmnt)

# options PROGRAM: each as --help prints it, "-o --options" or one of the two, a line each.
options() {
	"$1" --help | sed -nE 's/^ +(-([a-zA-Z])[ ,])? *(--([a-z-]+))?([^a-z-].*|$)/\2 \4/p' |
		sed -E 's/^([a-zA-Z]) /-\1 /; s/ ([a-z-]+)$/ --\1/; s/^ //; s/ $//' | grep '^-'
}

@test "--help fits into 80 columns" {
	for program in "${programs[@]}"; do
		run "$program" --help
		[ "${#lines[@]}" -ge 20 ]
		for line in "${lines[@]}"; do
			[ "${#line}" -le 80 ] || { echo "$program: ${#line} columns: $line"; return 1; }
		done
	done
}

@test "every option has an entry in its manual page" {
	for program in "${programs[@]}"; do
		page=$MOUNT_TUCK_SRC/man/$program.8
		[ "$(options "$program" | wc -l)" -ge 19 ]
		while read -r -a names; do
			for name in "${names[@]}"; do
				grep -qE "^\.It .*(Fl |, )${name#-}( |\$)" <(sed 's/\\-/-/g' "$page") ||
					{ echo "$program(8) has no entry $name"; return 1; }
			done
		done < <(options "$program")
	done
}

@test "every option is offered by the completion" {
	for program in "${programs[@]}"; do
		# shellcheck disable=SC2016 # expanded there
		offered=$(bash -c 'source "$0"; COMP_WORDS=("$1" -) COMP_CWORD=1; _mount_tuck "$1" - "$1"
			printf "%s\n" "${COMPREPLY[@]}"' "$MOUNT_TUCK_SRC/bash-completion/mount-tuck" "$program")
		for name in $(options "$program"); do
			grep -qxE -e "$name=?" <<<"$offered" || { echo "$program $name is not offered"; return 1; }
		done
	done
}

# Where programs are run: the bats files but those that go through all options, and the tables of invocations.
# Those of findmnt's tables begin without its name.
invocations() {
	cd "$MOUNT_TUCK_SRC/tests"
	find . -name '*.bats' ! -name options.bats ! -name completion.bats ! -name documents.bats -exec cat {} +
	cat ./*-compare.txt ./*.bash
	[ "$1" != findmnt ] || sed -n 's/^[^#]/findmnt &/p' findmnt/*.table
}

@test "every option is used by a test" {
	for program in "${programs[@]}"; do
		text=$(invocations "$program" | grep -E "(^|[^a-z])$program ")
		while read -r -a names; do
			found=no
			for name in "${names[@]}"; do
				case $name in
				--*) grep -qE -e "$program .*$name([^a-z-]|\$)" <<<"$text" && found=yes ;;
				*) grep -qE -e "$program (.* )?-[a-zA-Z]*${name#-}" <<<"$text" && found=yes ;;
				esac
			done
			[ "$found" = yes ] || { echo "no test uses $program ${names[*]}"; return 1; }
		done < <(options "$program")
	done
}

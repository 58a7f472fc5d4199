#!/usr/bin/env bats
# The manual pages are well-formed, and say all that the programs and the library have.

load lib

# A page as one long line of words.
page() {
	mandoc -K utf-8 -T utf8 -O width=1000 "$MOUNT_TUCK_SRC/man/$1" | col -bx | tr -s ' \n' ' '
}

# The rules' ids, in the order of the table.
rule_ids() {
	mount -t tmpfs old /opt
	mkdir -p /srv/new
	{
		mount --tuck --reveal --carry --fake --verbose /srv/new /opt
		# Those of the other operation that are not among them, which come last.
		umount --beneath --fake --verbose /opt 2>/dev/null || true
	} | awk '$1 == "NS" { places = 1 } $1 == "RULE" { places = 0; next } !places && !seen[$1]++ { print $1 }'
}

# "id<tab>what it refuses", a rule a line, from the table in C: neighbouring strings are one.
rule_rows() {
	tr -s '\n\t' '  ' <"$MOUNT_TUCK_SRC/libmount/rules.c" | sed -e 's/" "//g' |
		grep -oE '\{"[a-z-]+", *N_\("[^"]+"\), ABOUT_' | sed -E 's/^\{"([^"]+)", *N_\("([^"]+)".*/\1\t\2/'
}

@test "every manual page is free of warnings" {
	for file in "$MOUNT_TUCK_SRC"/man/*.[1-8]; do
		run mandoc -T lint -W warning "$file"
		echo "$output"
		[ "$status" -eq 0 ]
	done
}

# Markup that was meant as such comes out as text: "‘shared, ‘private’’".
@test "no manual page has a quotation in a quotation" {
	for file in "$MOUNT_TUCK_SRC"/man/*.[1-8]; do
		# shellcheck disable=SC1112 # as mandoc prints them
		run grep -oE '.{0,20}‘[^’]{0,40}‘.{0,20}' <<<"$(page "${file##*/}")"
		[ "$status" -eq 1 ] || { echo "${file##*/}: $output"; return 1; }
	done
}

@test "mount_tuck(7) says of each range of kernels something else" {
	rows=$(sed -n '/^\.Sh KERNELS/,/^\.El/s/^\.It [0-9b][^T]* Ta //p' "$MOUNT_TUCK_SRC/man/mount_tuck.7")
	[ "$(wc -l <<<"$rows")" -ge 4 ]
	# Nor is a word for "as in the row above" a difference.
	run grep -E ' Ta (the same|as above)' <<<"$rows"
	[ "$status" -eq 1 ]
	diff <(sort <<<"$rows") <(sort -u <<<"$rows")
}

@test "mount_tuck(7) lists every rule, in the order in which they are checked" {
	ids=$(rule_ids)
	[ "$(wc -l <<<"$ids")" -ge 16 ]
	listed=$(sed -n '/^\.Sh RULES/,/^\.Sh WHEN/s/^\.It Cm //p' "$MOUNT_TUCK_SRC/man/mount_tuck.7")
	diff <(echo "$ids") <(echo "$listed")
}

@test "mount_tuck(7) says what each rule refuses in the words of the table" {
	text=$(page mount_tuck.7)
	rows=$(rule_rows)
	diff <(rule_ids) <(cut -f 1 <<<"$rows")
	while IFS=$'\t' read -r id refuses; do
		[[ $text == *"$id Refuses $refuses."* ]] || {
			echo "not there: $id Refuses $refuses."
			return 1
		}
	done <<<"$rows"
}

@test "every rule has a test in which it refuses" {
	for id in $(rule_ids); do
		grep -qE "^\s*refused $id( [0-9]+)?\$" "$MOUNT_TUCK_SRC"/tests/*.bats || { echo "no test has: refused $id"; return 1; }
	done
}

# has_every_option PROGRAM COUNT: its page has all that its --help prints, at least COUNT.
has_every_option() {
	local text options option letter
	text=$(page "$1.8")
	options=$("$1" --help | grep -oE '^ +(-[a-zA-Z], )?--[a-z-]+' | grep -oE -- '--[a-z-]+')
	[ "$(wc -l <<<"$options")" -ge "$2" ]
	for option in $options; do
		[[ $text =~ [\ ,]${option}[^a-z-] ]] || { echo "not there: $option"; return 1; }
	done
	for letter in $("$1" --help | grep -oE '^ -[a-zA-Z]'); do
		[[ $text =~ [\ \[]${letter}[^a-zA-Z] ]] || { echo "not there: $letter"; return 1; }
	done
}

# has_no_other_option PROGRAM OPTION...: its page names no long option that its --help lacks, but these,
# which are other commands' in examples, or the stem of a family.
has_no_other_option() {
	local program=$1 help option
	shift
	help=$("$program" --help)
	for option in $(page "$program.8" | grep -oE ' --[a-z]+[a-z-]*' | sort -u); do
		[[ " $* " != *" $option "* ]] || continue
		[[ $help =~ ${option}[^a-z-] ]] || { echo "no such option: $option"; return 1; }
	done
}

@test "mount(8) has every option that mount --help prints" { has_every_option mount 40; }

@test "umount(8) has every option that umount --help prints" { has_every_option umount 19; }

@test "mount(8) names no long option that mount does not have" {
	has_no_other_option mount --lazy --make- --mount --ro --rw
}

@test "umount(8) names no long option that umount does not have" {
	has_no_other_option umount --everywhere --replace --tuck
}

@test "libmnttuck(3) and the header have every public function, and no others" {
	symbols=$(sed -n 's/^\t\(mnttuck_[a-z_]*\);/\1/p' "$MOUNT_TUCK_SRC/libmount/libmnttuck.sym" | sort)
	[ "$(wc -l <<<"$symbols")" -ge 16 ]
	diff <(echo "$symbols") \
		<(grep -oE '^[a-z].*\bmnttuck_[a-z_]+\(' --no-filename "$MOUNT_TUCK_SRC"/libmount/libmnttuck*.h |
			grep -oE 'mnttuck_[a-z_]+\(' | tr -d '(' | sort)
	diff <(echo "$symbols") <(sed -n 's/^\.F[no] \(mnttuck_[a-z_]*\).*/\1/p' \
		<(sed '/^\.Sh DESCRIPTION/,$d' "$MOUNT_TUCK_SRC/man/libmnttuck.3") | sort)
	diff <(echo "$symbols") <(sed -n '/^\.Sh NAME/,/^\.Nd/s/^\.Nm \([a-z_]*\).*/\1/p' \
		"$MOUNT_TUCK_SRC/man/libmnttuck.3" | sort)
}

@test "libmnttuck(3) tells the errors of every function that returns any" {
	# A negative errno is what functions return that are int and not called is_.
	fail=$(grep -oE '^int mnttuck_[a-z_]+\(' --no-filename "$MOUNT_TUCK_SRC"/libmount/libmnttuck*.h | grep -oE 'mnttuck_[a-z_]+' | grep -v _is_ | sort)
	[ "$(wc -l <<<"$fail")" -ge 14 ]
	diff <(echo "$fail") <(sed -n '/^\.Sh ERRORS/,/^\.Sh SEE ALSO/s/^\.Fn \(mnttuck_[a-z_]*\).*/\1/p' \
		"$MOUNT_TUCK_SRC/man/libmnttuck.3" | grep -vE '_is_|_get_(refusal|outcome)$' | sort -u)
}

@test "the library exports exactly the public functions" {
	library=$MOUNT_TUCK_BUILD/.libs/libmnttuck.so
	diff <(sed -n 's/^\t\(mnttuck_[a-z_]*\);/\1/p' "$MOUNT_TUCK_SRC/libmount/libmnttuck.sym" | sort) \
		<(nm --dynamic --defined-only "$library" | awk '$2 == "T" { sub(/@.*/, "", $3); print $3 }' | sort)
}

@test "libmnttuck(3)'s example compiles" {
	sed -n '/^#include <fcntl.h>/,/^}/p' "$MOUNT_TUCK_SRC/man/libmnttuck.3" | sed 's/\\e/\\/g' |
		cc -Wall -Wextra -Werror -I"$MOUNT_TUCK_SRC/libmount" -x c -fsyntax-only -
}

@test "the files that README, ARCHITECTURE and CONTRIBUTING name are there" {
	cd "$MOUNT_TUCK_SRC"
	for document in README.md ARCHITECTURE.md CONTRIBUTING.md; do
		[ -s "$document" ]
		# shellcheck disable=SC2016 # the backquotes are Markdown's
		for file in $(grep -oE '`(libmount|sys-utils|man|tests|tools|examples)/[A-Za-z0-9_./-]+`' "$document" | tr -d '`'); do
			[ -e "$file" ] || { echo "$document: no $file"; return 1; }
		done
	done
}

@test "the packages have the version that configure.ac has" {
	version=$(sed -nE 's/^AC_INIT\(\[mount-tuck\], \[(.*)\]\)$/\1/p' "$MOUNT_TUCK_SRC/configure.ac")
	[ -n "$version" ]
	[[ $(head -n 1 "$MOUNT_TUCK_SRC/packaging/debian/changelog") == "mount-tuck ($version-"* ]]
	grep -qE "^Version: +$version\$" "$MOUNT_TUCK_SRC/packaging/mount-tuck.spec"
}

@test "the symbols that Debian's package promises are those that the library exports" {
	node=$(sed -nE 's/^(MNTTUCK_[0-9.]+) \{$/\1/p' "$MOUNT_TUCK_SRC/libmount/libmnttuck.sym")
	diff <(echo "$node") <(sed -nE 's/^ \(symver\)([^ ]+) .*/\1/p' "$MOUNT_TUCK_SRC/packaging/debian/libmnttuck0.symbols")
}

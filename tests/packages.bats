#!/usr/bin/env bats
# What tools/packages installs: each package has a use; and nothing but an answer is printed where an answer is read.

load lib

# fake NAME: make a program of the script on standard input, which is found before the system's.
fake() {
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	{ echo '#!/bin/sh'; cat; } >"$BATS_TEST_TMPDIR/bin/$1"
	chmod +x "$BATS_TEST_TMPDIR/bin/$1"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
}

# A Debian on which no package is installed, with an installer that talks on standard output, as apt-get and dpkg do.
bare_debian() {
	fake dpkg-query <<<'echo "dpkg-query talks" >&2; exit 1'
	fake apt-get <<-'END'
		case " $* " in
		*' indextargets '*) echo 'http://mirror.invalid/debian Debian bookworm' ;;
		*' download '*) echo "apt-get talks"; touch mount.deb ;;
		*) echo "apt-get talks" ;;
		esac
	END
	fake dpkg <<-'END'
		case $1 in
		--print-architecture) echo amd64; exit ;;
		-x) ;;
		*) exit 1 ;;
		esac
		echo "dpkg talks"
		mkdir -p "$3/usr/bin" "$3/usr/lib64"
		touch "$3/usr/lib64/libmount.so.1" "$3/usr/lib64/ld-linux.so.2"
		for program in mount umount findmnt; do
			printf '#!/bin/sh\necho "%s talks"\n' "$program" >"$3/usr/bin/$program"
		done
	END
	fake patchelf <<<'echo "patchelf talks"'
}

# answers TOOL ARGUMENT...: sets ANSWER to its standard output, and OTHER to what else it says.
answers() {
	OTHER=$BATS_TEST_TMPDIR/other
	ANSWER=$("$MOUNT_TUCK_SRC/tools/$1" "${@:2}" 2>"$OTHER") || { cat "$OTHER"; return 1; }
	echo "answer: $ANSWER"
}

@test "tools/packages prints nothing on standard output when it installs" {
	bare_debian
	answers packages build check
	[ -z "$ANSWER" ]
	grep -q '^tools/packages: installing gcc ' "$OTHER"
	[ "$(grep -c '^apt-get talks' "$OTHER")" -eq 2 ]
}

@test "tools/packages --list prints the names on standard output, and installs nothing" {
	bare_debian
	answers packages --list try peer
	[ "$ANSWER" = "patchelf
squashfs-tools" ]
	[ ! -s "$OTHER" ]
}

@test "tools/peer prints the directory alone on standard output, also when it first has to install patchelf" {
	bare_debian
	answers peer "$BATS_TEST_TMPDIR/peer"
	[ "$ANSWER" = "$BATS_TEST_TMPDIR/peer" ]
	[ -x "$ANSWER/bin/mount" ]
	for program in apt-get dpkg patchelf mount; do grep -q "^$program talks" "$OTHER"; done
	grep -q '^tools/packages: installing patchelf' "$OTHER"
	# The second time nothing is to be done.
	answers peer "$BATS_TEST_TMPDIR/peer"
	[ "$ANSWER" = "$BATS_TEST_TMPDIR/peer" ]
	[ ! -s "$OTHER" ]
}

@test "tests/run takes no peer that is not a directory with bin/mount" {
	before=$(mount_table)
	for peer in "installing patchelf
/var/tmp" /var/tmp peer; do
		run env MOUNT_TUCK_PEER="$peer" "$MOUNT_TUCK_SRC/tests/run" --builddir "$MOUNT_TUCK_BUILD" "$MOUNT_TUCK_SRC/tests/walk.bats"
		[ "$status" -eq 1 ]
		[[ $output == "tests/run: MOUNT_TUCK_PEER is to be a directory with bin/mount, by its absolute path: $peer" ]]
	done
	[ "$(mount_table)" = "$before" ]
}

# The table's rows without comments: set, package, what is a word of it, and the file of the project with that word.
uses() {
	grep -vE '^(#|$)' "$MOUNT_TUCK_SRC/tests/packages.txt"
}

@test "every package that is installed has a use, and every use has its package" {
	for set in build try check kernels packages system peer cross distros; do
		"$MOUNT_TUCK_SRC/tools/packages" --list "$set" | sed "s/^/$set /"
	done | sort >"$BATS_TEST_TMPDIR/installed"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/installed")" -gt 50 ]
	diff "$BATS_TEST_TMPDIR/installed" <(uses | awk '{ print $1, $2 }' | sort)
}

@test "what is used of each package is in the file that the table names" {
	uses | while read -r _ package used file; do
		[[ -n $file ]] && grep -qwF -- "$used" "$MOUNT_TUCK_SRC/$file" || { echo "$package: no $used in $file"; exit 1; }
	done
}

#!/usr/bin/env bats
# The command line of umount; options that --reveal is refused with; trees, stacks and hidden mount points, where
# umount(2), which is given a path, would unmount another mount.

load lib

# The long options of util-linux 2.42.
long_options="all all-targets detach-loop fake force help internal-only lazy namespace no-canonicalize
no-mtab quiet read-only recursive test-opts types verbose version"

# new PATH...: make each directory and mount a tmpfs there, with the path as its source.
new() {
	local path
	for path; do
		mkdir -p "$path"
		mount -t tmpfs "$path" "$path"
	done
}

# mounted: print the paths of the mounts in /mnt, in the order of the table.
mounted() {
	mount_table | awk '$5 ~ "^/mnt" { printf "%s ", $5 }'
}

# answers STATUS LINE...: check that the last run ended so and printed these lines.
answers() {
	local wanted=$1
	shift
	[[ $status -eq $wanted && $output == "$(printf '%s\n' "$@")" ]] ||
		{ printf '%s\n' "status $status:" "$output" "wanted $wanted:" "$@"; return 1; }
}

@test "every abbreviation that util-linux accepts means the same, and no other is accepted" {
	same_abbreviations umount "$long_options"
}

@test "an abbreviation of --reveal works where it is no older option's" {
	run umount --re /mnt
	answers 1 "umount: option '--re' is ambiguous; possibilities: '--read-only' '--recursive'" \
		"Try 'umount --help' for more information."
	run umount --rev=slowly /mnt
	[[ $status -eq 1 && $output == 'umount: --reveal takes "force", "exact" or nothing, not "slowly"'* ]]
	run umount --recursiv /opt
	answers 1 "umount: /opt: not mounted"
}

@test "--reveal with a word that it does not know is a usage error" {
	new /mnt/a
	for word in x "force," FORCE ""; do
		unchanged umount --reveal="$word" /mnt/a
		[[ $status -eq 1 && ${lines[0]} == "umount: --reveal takes \"force\", \"exact\" or nothing, not \"$word\"" ]]
		says "Try 'umount --help' for more information."
	done
}

@test "--reveal needs a mount point, and lists nothing" {
	for alone in --reveal --reveal=force "--reveal -v" "-q --reveal"; do
		# shellcheck disable=SC2086
		unchanged umount $alone
		answers 1 "umount: --reveal needs a mount point"
	done
}

@test "--reveal with what takes other mounts away, or in other ways, says that it makes no sense" {
	local option name
	new /mnt/a
	while read -r option name; do
		for reveal in --reveal --reveal=force; do
			# shellcheck disable=SC2086
			unchanged umount $option "$reveal" /mnt/a
			answers 1 "umount: options --$name and --reveal cannot be combined"
			# shellcheck disable=SC2086
			unchanged umount "$reveal" $option /mnt/a
			answers 1 "umount: options --reveal and --$name cannot be combined"
		done
	done <<-'END'
		-a all
		-A all-targets
		-R recursive
		-r read-only
		-f force
		-i internal-only
		-ttmpfs types
		-Oro test-opts
	END
}

@test "an operand that looks like --reveal is not one" {
	mkdir /mnt/--reveal
	new /mnt/--reveal
	cd /mnt
	run umount -v -- --reveal
	answers 0 "umount: /mnt/--reveal (/mnt/--reveal) unmounted"
}

@test "of the children of a mount, the last goes first" {
	new /mnt/a /mnt/a/1 /mnt/a/1/1 /mnt/a/2 /mnt/a/1/2
	run umount -Rv /mnt/a
	answers 0 "umount: /mnt/a/2 unmounted" "umount: /mnt/a/1/2 unmounted" "umount: /mnt/a/1/1 unmounted" \
		"umount: /mnt/a/1 unmounted" "umount: /mnt/a unmounted"
	[[ -z $(mounted) ]]
}

@test "a recursive unmount takes all that is mounted at the path, the top first" {
	new /mnt/a /mnt/a/x
	mount -t tmpfs b /mnt/a
	new /mnt/a/y
	run umount -Rv --fake /mnt/a
	[[ $status -eq 0 && ${#lines[@]} -eq 4 && $(stack /mnt/a) == $'/mnt/a\nb' ]]
	run umount -Rv /mnt/a
	answers 0 "umount: /mnt/a/y unmounted" "umount: /mnt/a unmounted" "umount: /mnt/a/x unmounted" \
		"umount: /mnt/a unmounted"
	[[ -z $(mounted) ]]
}

@test "a busy mount ends a recursive unmount, and what was to come stays" {
	new /mnt/a /mnt/a/1 /mnt/a/2 /mnt/a/3
	exec 7</mnt/a/2
	run umount -Rv /mnt/a
	answers 32 "umount: /mnt/a/3 unmounted" "umount: /mnt/a/2: target is busy."
	[[ $(mounted) == "/mnt/a /mnt/a/1 /mnt/a/2 " ]]
}

@test "a child that hides others goes before them, however it came there" {
	mount --make-private /
	new /opt/z /mnt/a /mnt/a/d/x /mnt/a/d/y
	mount --move /opt/z /mnt/a/d
	run umount -Rv /mnt/a
	answers 0 "umount: /mnt/a/d unmounted" "umount: /mnt/a/d/y unmounted" "umount: /mnt/a/d/x unmounted" \
		"umount: /mnt/a unmounted"
	[[ -z $(mounted) ]]
}

@test "a recursive unmount takes nothing that lies over its path from above" {
	new /mnt/a /mnt/a/x
	mount -t tmpfs over /mnt
	mkdir -p /mnt/a/x
	unchanged umount -Rv /mnt/a
	answers 32 "umount: /mnt/a/x: not mounted."
	mount -t tmpfs b /mnt/a
	run umount -Rv /mnt
	[[ $status -eq 0 && $(mounted) == "/mnt/a /mnt/a/x " ]]
}

@test "a mount that went with another is no failure" {
	new /mnt/b
	mkdir /mnt/b/k
	mount --bind /mnt/b /mnt/b/k
	new /mnt/b/x
	[[ $(mounted) == *"/mnt/b/k/x "* ]]
	run umount -Rv /mnt/b
	[[ $status -eq 0 && -z $(mounted) && $(grep -c /x <<<"$output") -eq 1 ]]
}

@test "an empty operand names nothing, and never the root" {
	new /mnt/a
	for option in -R -A -AR; do
		unchanged umount $option ''
		answers 1 "umount: : not found"
	done
	unchanged umount ''
	answers 32 "umount: : no mount point specified."
}

@test "a tucked mount is unmounted after the one on top of it" {
	new /mnt/a
	mkdir -p /srv/new/x
	mount --tuck --bind /srv/new /mnt/a
	[[ $(stack /mnt/a) == $'/srv/new\n/mnt/a' ]]
	run umount -Rv /mnt/a
	[[ $status -eq 0 && -z $(mounted) && $(grep -c '^umount: /mnt/a' <<<"$output") -eq 2 ]]
}

@test "all targets of a stack of one filesystem go, the top first" {
	needs_kernel_feature beneath # a stack on a private parent
	mount --make-private /
	new /mnt/c
	mount --make-private /mnt/c
	new /mnt/b
	mount --make-private /mnt/b
	mount --bind /mnt/c /mnt/b
	mount --make-private /mnt/b
	mount --tuck --bind /mnt/c /mnt/b
	mount --tuck --bind /mnt/c /mnt/b
	[[ $(stack /mnt/b) == $'/mnt/b\n/mnt/c\n/mnt/c\n/mnt/c' ]]
	run umount -Av /mnt/c
	echo "$output"
	[[ $status -eq 0 && $(mounted) == "/mnt/b " && $(stack /mnt/b) == /mnt/b ]]
}

@test "all targets never take a mount of another filesystem" {
	mount --make-private /
	new /mnt/a
	mkdir /mnt/b
	mount --bind /mnt/a /mnt/b
	mount -t tmpfs over /mnt/a
	run umount -Av /mnt/b
	answers 32 "umount: /mnt/b unmounted" "umount: /mnt/a: not mounted."
	[[ $(stack /mnt/a) == $'/mnt/a\nover' ]]
}

@test "where /proc is missing, nothing is said to be done that was not" {
	[[ -z ${MOUNT_TUCK_SANITIZED:-} ]] || skip "LeakSanitizer reads /proc"
	new /mnt/a
	/usr/bin/umount -l /proc
	for command in "-a" "-a -t tmpfs" "-R /mnt/a" "-A /mnt/a" "-AR /mnt/a"; do
		# shellcheck disable=SC2086
		run umount $command
		answers 4 "umount: failed to parse /proc/self/mountinfo: No such file or directory"
	done
	/usr/bin/mount -t proc proc /proc
	[[ $(stack /mnt/a) == /mnt/a ]]
}

@test "output that can't be written is an error, whatever it is" {
	mount -t ramfs a /mnt
	for command in --help --version "-av -t ramfs"; do
		run bash -c "umount $command >/dev/full"
		echo "$command: $status: $output"
		[[ $status -eq 1 && $output == "umount: write error: No space left on device" ]]
	done
	run bash -c "umount --bogus 2>&-"
	[[ $status -eq 1 && -z $output ]]
	run bash -c "trap '' PIPE; umount --help | true; exit \${PIPESTATUS[0]}"
	[[ $status -eq 0 && -z $output ]]
}

@test "--graceful is a success where nothing is mounted, or nothing is there, whatever names it" {
	new /mnt/a
	mkdir -p /run/blkid # libblkid makes it when it looks for the label
	for operand in /mnt/b /mnt /nonexistent /etc/passwd/x '' nosuch LABEL=nosuch /dev/null; do
		for options in "" -v -l -f -c -R -A -RA; do
			# shellcheck disable=SC2086
			unchanged umount --graceful $options "$operand"
			[[ $operand != /mnt || $options != *A* ]] || continue # the root's filesystem is mounted
			answers 0 ""
		done
	done
}

@test "--graceful unmounts what is mounted, between targets that are not" {
	new /mnt/a /mnt/b
	run umount --graceful -v /mnt/c /mnt/a /nonexistent /mnt/b
	answers 0 "umount: /mnt/a unmounted" "umount: /mnt/b unmounted"
	[[ -z $(mounted) ]]
}

@test "--graceful reports every other failure" {
	new /mnt/a
	cd /mnt/a
	unchanged umount --graceful /mnt/b /mnt/a
	answers 32 "umount: /mnt/a: target is busy."
	cd /
	# The kernel's error for a locked mount is the one for no mount at all.
	unchanged unshare --user --map-root-user --mount umount --graceful /mnt/a
	answers 32 "umount: /mnt/a: not mounted."
	unchanged umount --graceful -N /nonexistent /mnt/a
	[[ $status -eq 2 && $output == *" to /nonexistent: No such file or directory" ]]
	unchanged umount --graceful --reveal /mnt/a
	answers 1 "umount: options --graceful and --reveal cannot be combined"
	unchanged umount --g /mnt/b
	answers 0 ""
}

@test "the help has a line for every option, and none is wider than a terminal" {
	local name
	run umount --help
	[[ $status -eq 0 ]]
	for name in $long_options graceful reveal; do
		[[ $output =~ --$name([^a-z-]|$) ]] || { echo "no --$name"; return 1; }
	done
	[[ $(grep -cE '^.{81}' <<<"$output") -eq 0 ]]
}

@test "the version names the project, and the libmount that is linked" {
	run umount --version
	[[ $status -eq 0 && $output =~ ^umount\ from\ mount-tuck\ [0-9.]+\ \(libmount\ [0-9.]+:.*\)$ ]]
	[[ $(umount -V) == "$output" ]]
}

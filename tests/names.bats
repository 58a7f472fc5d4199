#!/usr/bin/env bats
# Messages and remedies name the programs as they were called: tuck-mount names tuck-umount. Here only these names lead to the
# project's programs; mount is the system's, which can't do what most remedies need.

bats_require_minimum_version 1.5.0
load lib

setup() {
	SERVICES=()
	cd /
	versions 1 2
	mkdir /srv/bin
	for program in mount umount findmnt; do ln -s "$MOUNT_TUCK_BUILD/$program" "/srv/bin/tuck-$program"; done
	export PATH=/srv/bin:/usr/sbin:/usr/bin:/sbin:/bin
	PATH=$PATH:$MOUNT_TUCK_BUILD # for the tests' own programs
}

# first_version: mount it, in a peer group of its own.
first_version() {
	mount --bind /srv/v1 /opt
	mount --make-private /opt
	mount --make-shared /opt
}

# rest: the last run's output without the project's names of the programs. No other name of them may be left.
rest() {
	sed -E "s,(/srv/bin/)?tuck-(mount|umount|findmnt),,g" <<<"$output"
}

@test "a refusal of tuck-mount gives a command of tuck-mount" {
	mount --bind /opt /opt
	unchanged tuck-mount --tuck /srv/v2 /opt
	refused parent-propagates
	[[ $(remedy) == "tuck-mount --make-private /opt && tuck-mount --make-shared /opt" ]]
	[[ $(rest) != *mount\ --* ]]
	follow_remedy
	tuck-mount --tuck /srv/v2 /opt
	tuck-umount --reveal /opt
	[[ $(</opt/version) == 2 ]]
}

@test "a service's copy: the command is for its namespace, and is of tuck-mount" {
	mount --bind /opt /opt
	service --propagation slave
	mount --make-private /opt
	mount --make-shared /opt
	unchanged tuck-mount --tuck /srv/v2 /opt
	refused receiver-propagates
	[[ $(remedy) == "tuck-mount --namespace $SERVICE --set-group=/opt --make-slave /opt" ]]
	follow_remedy
	tuck-mount --tuck /srv/v2 /opt
}

@test "with --namespace the command names the namespace once, and is of tuck-mount" {
	service --propagation private
	in_service "$SERVICE" sh -c "mount --make-shared / && mount --bind /opt /opt"
	unchanged tuck-mount -N "$SERVICE" --tuck /srv/v2 /opt
	refused parent-propagates
	[[ $(remedy) == "tuck-mount --namespace $SERVICE --make-private /opt && tuck-mount --namespace $SERVICE --make-shared /opt" ]]
	follow_remedy
	tuck-mount -N "$SERVICE" --tuck /srv/v2 /opt
}

@test "tuck-umount names tuck-mount, itself and tuck-findmnt" {
	first_version
	unchanged tuck-umount --reveal /opt
	refused reveal-beneath
	says "by tuck-mount --tuck SOURCE /opt"
	[[ $(remedy) == "tuck-umount /opt" ]]
	follow_remedy
	[[ ! -e /opt/version ]]
	run -32 tuck-mount --tuck /srv/v2 /opt
	refused target-mounted
	[[ $(remedy) == "tuck-mount --bind /srv/v2 /opt" ]]
	follow_remedy
	[[ $(</opt/version) == 2 ]]
	run -1 tuck-mount --reveal /opt
	says "tuck-umount --reveal TARGET"
}

@test "what force accepts is the command that was refused, with force, in the same words" {
	mkdir -p "/srv/the target"
	mount --bind /srv/v1 "/srv/the target"
	mount --make-private "/srv/the target"
	mount -t tmpfs own "/srv/the target/sub"
	unchanged tuck-mount --bind --tuck --rev -o ro /srv/v2 "/srv/the target"
	refused reveal-children
	[[ $(remedy) == "tuck-mount --bind --tuck --reveal=force -o ro /srv/v2 '/srv/the target'" ]]
	follow_remedy
	[[ $(<"/srv/the target/version") == 2 ]]
	mount -t tmpfs own "/srv/the target/sub"
	tuck-mount --tuck /srv/v1 "/srv/the target"
	unchanged tuck-umount --reveal "/srv/the target"
	refused reveal-children
	[[ $(remedy) == "tuck-umount --reveal=force '/srv/the target'" ]]
	follow_remedy
	[[ $(<"/srv/the target/version") == 1 ]]
}

@test "a password of the command that was refused is not repeated" {
	first_version
	mount -t tmpfs own /opt/sub
	run -32 tuck-mount --tuck --reveal -o x-app.passwd=secret /srv/v2 /opt
	refused reveal-children
	[[ $output != *secret* ]]
	says "tuck-mount --tuck --reveal=force --bind /srv/v2 /opt"
}

@test "what is left behind is named with a command of tuck-mount" {
	first_version
	mkdir /root-of
	service --propagation slave
	in_service "$SERVICE" sh -ec "mount -t tmpfs r /root-of; mkdir /root-of/data; mount --bind /opt /root-of/data; mount --make-slave /root-of/data"
	run -64 tuck-mount --tuck --reveal /srv/v2 /opt
	[[ $(remedy) == "tuck-mount --namespace $SERVICE --source-namespace=caller --tuck --reveal /opt /root-of/data" ]]
	follow_remedy
	[[ $(in_service "$SERVICE" cat /root-of/data/version) == 2 ]]
}

@test "a program that is called by a path names the others by their paths" {
	mount --bind /opt /opt
	cd /srv
	run -32 bin/tuck-mount --tuck /srv/v2 /opt
	[[ $output == "tuck-mount: /opt: cannot tuck here [parent-propagates]"* ]]
	[[ $(remedy) == "/srv/bin/tuck-mount --make-private /opt && /srv/bin/tuck-mount --make-shared /opt" ]]
	cd /
	PATH=/usr/sbin:/usr/bin:/sbin:/bin follow_remedy
	/srv/bin/tuck-mount --tuck /srv/v2 /opt
}

@test "a name that needs quotes, one after the program's name, and one without it" {
	mount --bind /opt /opt
	mkdir "/srv/a b"
	for name in mount-2 "mo unt" "mount;id"; do ln -s "$MOUNT_TUCK_BUILD/mount" "/srv/a b/$name"; done
	run -32 "/srv/a b/mount-2" --tuck /srv/v2 /opt
	[[ $(remedy) == "'/srv/a b/mount-2' --make-private /opt && '/srv/a b/mount-2' --make-shared /opt" ]]
	run -32 "/srv/a b/mount;id" --tuck /srv/v2 /opt
	[[ $(remedy) == "'/srv/a b/mount;id' --make-private /opt && "* ]]
	run -32 "/srv/a b/mo unt" --tuck /srv/v2 /opt
	[[ $(remedy) == "mount --make-private /opt && mount --make-shared /opt" ]]
	# No name at all, and one that would break the line.
	# shellcheck disable=SC2016 # perl's
	run -32 perl -e 'exec { $ARGV[0] } "x\n       mount", "--tuck", "/srv/v2", "/opt"' "$MOUNT_TUCK_BUILD/mount"
	[[ $(remedy) != *$'\n'* ]]
}

@test "a path with a line break puts no command into a remedy" {
	local bad=$'/srv/x:\n       umount -a\n\tumount -a'
	mkdir -p "$bad"
	mount --bind "$bad" "$bad"
	unchanged tuck-mount --tuck /srv/v2 "$bad"
	refused parent-propagates
	[[ ${#lines[@]} -eq 2 && $(remedy | wc -l) -eq 1 ]]
	[[ $(remedy) == "tuck-mount --make-private '"*"?"*"' && tuck-mount --make-shared '"*"?"*"'" ]]
}

@test "the mount that is hidden is unmounted by tuck-umount" {
	first_version
	mkdir /srv/disk
	mount -t tmpfs disk /srv/disk
	mount -t tmpfs top /srv/disk
	run -32 tuck-umount disk
	says "tuck-umount --beneath /srv/disk"
}

@test "--help and hints name the program as it was called" {
	for program in mount umount findmnt; do
		run -0 "tuck-$program" --help
		[[ $output == "Usage:"*"tuck-$program "* && $output != *" $program "[[-]* ]]
		run -1 "tuck-$program" --no-such-option
		says "'tuck-$program --help'"
	done
	run -1 tuck-findmnt -o NONE
	says "(tuck-findmnt --list-columns says which there are)"
	run -0 tuck-findmnt --help
	says "tuck-findmnt --list-columns"
}

@test "the library alone names the programs as they are installed" {
	command -v make >/dev/null || skip "make is missing"
	grep -q '^#define MOUNT_NAME "mount"$' "$MOUNT_TUCK_BUILD/config.h" || skip "the build has other names"
	mount --bind /opt /opt
	run ! "$MOUNT_TUCK_BUILD/examples/tuck" /srv/v2 /opt
	says "mount --make-private /opt && mount --make-shared /opt"
}

@test "no command is hidden in a sentence, where it would keep the programs' own names" {
	cd "$MOUNT_TUCK_SRC"
	# What _() translates has no command; what commands.h makes has no program's own name.
	run grep -nE '_\("[^"]*\b(mount|umount|findmnt|tuck-[a-z]+) --?[a-z]' libmount/*.c sys-utils/*/*.c
	echo "$output"
	[[ $status -eq 1 ]]
	for file in libmount/*.c; do
		found=$(tr -s '\n\t' '  ' <"$file" | grep -oE '\b(finding_command|command_make)\([^;]*;' |
			sed 's/{[a-z ]*}//g; s,/ns/mnt,,g' | grep -E '\b(mount|umount|findmnt) --?' || true)
		[[ -z $found ]] || { echo "$file: $found"; return 1; }
	done
}

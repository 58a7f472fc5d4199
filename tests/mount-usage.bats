#!/usr/bin/env bats
# The command line of mount: abbreviations, what --tuck is refused with, output that can't be written.

load lib

# The long options of util-linux 2.42.
long_options="all beneath bind exclusive fake fork fstab help internal-only label make-private
make-rprivate make-rshared make-rslave make-runbindable make-shared make-slave make-unbindable
map-groups map-users mkdir move namespace no-canonicalize no-mtab onlyonce options options-mode
options-source options-source-force rbind read-only read-write ro rw show-labels source target
target-prefix test-opts types uuid verbose version"

@test "every abbreviation that util-linux accepts means the same, and no other is accepted" {
	same_abbreviations mount "$long_options"
}

@test "--so, --sourc and --source stay --source although there is --source-namespace" {
	local word
	echo 'a /mnt tmpfs rw' >/etc/fstab
	for word in --so --sou --sourc --source --sour=a; do
		[[ $word == *=* ]] && run mount -v "$word" || run mount -v "$word" a
		echo "$word: $output"
		[[ $status -eq 0 && $output == "mount: a mounted on /mnt." ]]
		umount /mnt
	done
	run mount --source a -t tmpfs /opt --so b
	[[ $status -eq 0 && $(stack /opt) == *b ]]
}

@test "an abbreviation of a new option works where it is no older one's" {
	run mount --source-n=elsewhere --tu a /opt
	[[ $status -eq 1 && $output == 'mount: --source-namespace takes "caller", not "elsewhere"'* ]]
	run mount --tu
	[[ $status -eq 1 && $output == "mount: --tuck needs "* ]]
	run mount --source-names
	[[ $status -eq 1 && $output == "mount: option '--source-namespace' requires an argument"* ]]
}

@test "an operand or an argument that looks like a new option is not one" {
	run mount -t tmpfs -o --tuck -- --source-namespace=x /opt
	# libmount 2.38 names the source, a later one the option that the filesystem does not know.
	[[ $output == *"bad superblock on --source-namespace=x"* || $output == *"Unknown parameter '--tuck'"* ]]
	[[ $status -eq 32 ]]
	run mount /opt /mnt --source-namespace=x
	says '--source-namespace takes "caller"'
}

@test "--tuck with words that it does not know is a usage error" {
	unchanged mount --tuck=foo /opt /mnt
	[[ $status -eq 1 && ${lines[0]} == 'mount: --tuck takes "strict" or "kernel", not "foo"' ]]
	says "Try 'mount --help' for more information."
	unchanged mount --tuck= /opt /mnt
	[[ $status -eq 1 ]]
	unchanged mount --tuck --source-namespace=mine /opt /mnt
	[[ $status -eq 1 ]]
}

@test "--tuck with --all, remount or a second --tuck says that it makes no sense" {
	echo '/opt /mnt none bind' >/etc/fstab
	unchanged mount --tuck --all
	[[ $status -eq 1 && $output == "mount: --tuck mounts one filesystem: it doesn't go with --all" ]]
	unchanged mount -a --beneath
	[[ $status -eq 1 && $output == *"it doesn't go with --all" ]]
	unchanged mount --tuck -o ro,remount /opt /mnt
	[[ $status -eq 1 && $output == *"it doesn't go with -o remount" ]]
	for twice in "--tuck --tuck" "--tuck --tuck=kernel" "--beneath --tuck" "--beneath --beneath"; do
		# shellcheck disable=SC2086
		unchanged mount $twice /opt /mnt
		[[ $status -eq 1 && $output == *"give one of them, once" ]]
	done
}

@test "--tuck without operands says what it needs, and lists nothing" {
	for alone in --tuck --beneath "--tuck -l" "--tuck -t tmpfs" "--tuck -o ro"; do
		# shellcheck disable=SC2086
		unchanged mount $alone
		[[ $status -eq 1 && $output == "mount: --tuck needs a source and a target, or one that fstab has" ]]
	done
	unchanged mount --tuck a b c
	[[ $status -eq 1 && $output == "mount: bad usage"* ]]
}

@test "--source-namespace without --tuck says that it makes no sense" {
	unchanged mount --source-namespace=caller --bind /opt /mnt
	[[ $status -eq 1 && $output == "mount: --source-namespace makes sense with --tuck only" ]]
}

@test "an option that the linked libmount lacks names itself and the version that it needs" {
	local linked option
	linked=$(mount --version | sed -n 's/.*(libmount \([0-9.]*\).*/\1/p')
	[[ $linked == 2.38* ]] || skip "libmount $linked may have them all"
	while read -r option version; do
		unchanged mount "--$option=0:1000:1" --bind /opt /mnt
		[[ $output == *"doesn't allow an argument"* ]] && unchanged mount "--$option" --bind /opt /mnt
		[[ $status -eq 1 ]]
		[[ $output == "mount: --$option needs libmount $version or later; this is libmount $linked" ]]
	done <<<"map-users 2.39
map-groups 2.39
onlyonce 2.39
exclusive 2.42"
}

@test "a mount option that the linked libmount lacks names itself and the version that it needs" {
	local linked option version
	linked=$(mount --version | sed -n 's/.*(libmount \([0-9.]*\).*/\1/p')
	[[ $linked == 2.38* ]] || skip "libmount $linked may have them all"
	while read -r option version; do
		for command in "mount -t tmpfs" "mount --bind" "mount --tuck --bind"; do
			[[ $command != *--tuck* || $option != *=recursive ]] || continue
			# shellcheck disable=SC2086
			unchanged $command -o "nosuid,$option,x-foo" /opt /mnt
			[[ $status -eq 1 ]]
			[[ $output == "mount: option $option needs libmount $version or later; this is libmount $linked" ]]
		done
	done <<<"X-mount.owner=3 2.39
X-mount.group=3 2.39
X-mount.mode=0700 2.39
X-mount.idmap=b:0:1000:1 2.39
X-mount.auto-fstypes=ext4 2.39
X-mount.nocanonicalize 2.41
X-mount.noloop 2.41
ro=recursive 2.39
noexec=recursive 2.39
ro=vfs 2.41
rw=fs 2.41"
	mount -o X-mount.unknown,x-mount.owner=3,X-mount.mkdir,x-recursive=recursive -t tmpfs a /mnt
}

@test "a second --fstab is an error" {
	echo 'a /mnt tmpfs rw' >/etc/fstab
	for second in "-T /etc/fstab" "--fstab /nonexistent"; do
		# shellcheck disable=SC2086
		unchanged mount -T /etc/fstab $second -a
		[[ $status -eq 1 && $output == "mount: --fstab is given more than once" ]]
	done
}

@test "output that can't be written is an error, whatever it is" {
	echo 'a /mnt tmpfs rw' >/etc/fstab
	for command in "" "-l" "--help" "--version" "-v -t tmpfs a /opt" "-av"; do
		run bash -c "mount $command >/dev/full"
		echo "$command: $status: $output"
		[[ $status -eq 1 && $output == "mount: write error: No space left on device" ]]
	done
}

@test "closed output is no error" {
	run bash -c "mount -l >&-"
	[[ $status -eq 0 && -z $output ]]
	run bash -c "mount --bogus 2>&-"
	[[ $status -eq 1 && -z $output ]]
	run bash -c "trap '' PIPE; mount --help | true; exit \${PIPESTATUS[0]}"
	[[ $status -eq 0 && -z $output ]]
}

@test "on a terminal, mount reminds of a daemon-reload after fstab was edited" {
	mkdir -p /run/systemd
	touch -d '1 hour ago' /run/systemd/systemd-units-load
	echo 'a /mnt tmpfs rw' >/etc/fstab
	run script -qec "mount /mnt" /dev/null
	says "(hint) your fstab has been modified"
	run script -qec "mount /mnt >/dev/null" /dev/null
	[[ -z $output ]]
	run script -qec "mount -t tmpfs" /dev/null
	[[ $output != *hint* ]]
	run script -qec "mount -a -T /etc/fstab" /dev/null
	[[ $output != *hint* ]]
	touch /run/systemd/systemd-units-load
	run script -qec "mount /mnt" /dev/null
	[[ -z $output ]]
}

@test "the help has a line for every option, and none is wider than a terminal" {
	local name
	run mount --help
	[[ $status -eq 0 ]]
	for name in $long_options tuck source-namespace; do
		[[ $output =~ --$name([^a-z-]|$) ]] || { echo "no --$name"; return 1; }
	done
	[[ $(grep -cE '^.{81}' <<<"$output") -eq 0 ]]
}

@test "a helper's exit status is mount's" {
	mkdir /o /o/upper /o/work
	/usr/bin/mount -t overlay -o lowerdir=/usr/sbin,upperdir=/o/upper,workdir=/o/work o /usr/sbin ||
		skip "no overlay here"
	printf '#!/bin/sh\necho "helper: $*"; exit 3\n' >/usr/sbin/mount.foo
	chmod +x /usr/sbin/mount.foo
	run mount -v -s -n -o ro,nosuid,x-y -t foo.bar x /mnt
	[[ $status -eq 3 && $output == "helper: x /mnt -s -n -v -o ro,nosuid -t foo.bar" ]] ||
		{ echo "$status: $output"; return 1; }
	run mount -i -t foo x /mnt
	[[ $status -eq 32 && $output != *helper:* ]]
}

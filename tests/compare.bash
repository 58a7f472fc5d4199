# shellcheck shell=bash disable=SC2016,SC2034,SC2154,SC2317 # read by bats files; words for another shell
# The comparison of a program with util-linux's: NAME-compare.bats sets "program" to NAME, and loads this
# file after lib. Its table, NAME-compare.txt, has a command line in each line:
#
#   KIND | SENTENCE | SHELL COMMAND        "== GROUP" begins a group
#
# Each command runs with this project's program, the system's (libmount 2.38) and the peer's (util-linux 2.42),
# each time in a new root. KIND says which of the two must have the same standard output, standard error, exit
# status, mounts and utab as this project's program:
#   same              both, which agree with each other
#   newer             2.42's; 2.38's is different
#   library: REASON   2.38's; 2.42's is different, because the result comes from the linked libmount
#   escaped: REASON   2.38's; since 2.39 util-linux prints control characters, which this project's program does not
#   system: REASON    both, but on kernels before 6.5 only the system's: 2.42's result depends on the kernel
#   ours: REASON      none
#   since VERSION     the system's, if it has this version or a later one; else none, because the library lacks it
# If the system's is not 2.38, it must be the same for "library", too, and for "newer" if it is 2.42 or later.
# In the commands:
#   try COMMAND       runs it and prints its exit status
#   $setuid           installs the program set-user-ID;  $user COMMAND runs it as user 1000
#   joe               gives user 1000 that name, and nobody else any
#   helper NAME TEXT  makes /sbin/NAME a script, in place of all that is in /sbin
#   service           starts a mount namespace of a process $SERVICE, with private mounts
#   has_its COMMAND   runs COMMAND there

table=$BATS_TEST_DIRNAME/$program-compare.txt

setup_file() {
	[[ -n ${MOUNT_TUCK_PEER:-} ]] ||
		echo "# MOUNT_TUCK_PEER is not set: $program is compared with the SYSTEM'S ONLY, not with 2.42" >&3
}

# The functions and variables that the commands use, for the shell that runs them.
compare_words() {
	setuid="chmod 4755 /program/$program"
	user="setpriv --reuid 1000 --regid 1000 --clear-groups"
	try() { "$@"; echo "status $?"; }
	joe() { echo joe:x:1000:1000::/:/bin/sh >/etc/passwd; }
	helper() {
		mkdir -p /helpers
		printf '#!/bin/sh\n%s\n' "$2" >"/helpers/$1"
		chmod 755 "/helpers/$1"
		/usr/bin/mount --bind /helpers /usr/sbin
	}
	service() {
		mkfifo /ready
		/usr/bin/unshare --mount --propagation private sh -c 'echo >/ready; exec sleep 20' &
		read -r _ </ready
		rm /ready
		SERVICE=$!
	}
	has_its() { /usr/bin/nsenter --mount="/proc/$SERVICE/ns/mnt" --wd=/ "$@"; }
}

# invoke PROGRAM COMMAND: run COMMAND in a new root where $program is PROGRAM; prints its exit status,
# standard output and error, and the utab and the mounts that are there then.
invoke() {
	"$MOUNT_TUCK_BUILD/in-root" bash -c "
		program=$program
		$(declare -f compare_words)"'
		exec 3>&- 4>&-
		mkdir -p /program /mnt/a /mnt/b /mnt/c /opt/x
		cp "$1" /program/$program
		PATH=/program:$PATH
		compare_words
		cd /
		(eval "$2") >/tmp/stdout 2>/tmp/stderr </dev/null
		echo "exit status: $?"
		[[ -e /proc/self ]] || /usr/bin/mount -t proc proc /proc
		utab=/run/mount/utab
		[[ -s $utab ]] || utab=
		tail -n +1 /tmp/stdout /tmp/stderr $utab /proc/self/mountinfo
		' sh "$1" "$2" | normalize
}

# Replace ids and device numbers by numbers in the order of their appearance, and leave out the numbers of loop devices.
normalize() {
	awk '
		function nth(kind, id) {
			if (!((kind, id) in seen)) seen[kind, id] = ++count[kind]
			return kind seen[kind, id]
		}
		/^ID=[0-9]+ SRC=/ { sub(/[0-9]+/, nth("mount", substr($1, 4))) }
		{ gsub(/\/dev\/loop[0-9]+/, "/dev/loop"); gsub(/ on loop[0-9]+/, " on loop") }
		mounts {
			$1 = nth("mount", $1); $2 = nth("mount", $2); $3 = nth("device", $3)
			for (i = 7; $i != "-"; i++) {
				split($i, field, ":")
				if (field[2]) $i = field[1] ":" nth("group", field[2])
			}
		}
		/^==> .proc.self.mountinfo <==$/ { mounts = 1 }
		{ print }'
}

# compare GROUP: run and compare every command of that group in the table.
compare() {
	local kind sentence command group="" ours system peer failed=0 ran=0
	while IFS= read -r line; do
		[[ $line == "== "* ]] && group=${line#== }
		[[ $group == "$1" && $line == *" | "* ]] || continue
		kind=${line%% | *}
		command=${line#* | }
		sentence=${command%% | *}
		command=${command#* | }
		ran=$((ran + 1))
		# libmount 2.38 uses memory that it has not set, which is zero without sanitizers.
		# LeakSanitizer needs /proc.
		[[ -z ${MOUNT_TUCK_SANITIZED:-} || $command != *@("mount -aF"|"umount -l /proc")* ]] || continue
		ours=$(invoke "$MOUNT_TUCK_BUILD/$program" "$command")
		system=$(invoke "/usr/bin/$program" "$command")
		peer=
		[[ -z ${MOUNT_TUCK_PEER:-} ]] || peer=$(invoke "$MOUNT_TUCK_PEER/bin/$program" "$command")
		case $kind in
		newer) if system_is 2.42; then kind=same; elif system_is 2.39; then continue; fi ;;
		library:*) if system_is 2.39; then kind=same; fi ;;
		escaped:*) if system_is 2.39; then kind="ours: $kind"; else kind="library: $kind"; fi ;;
		system:*) if kernel-feature beneath; then kind=same; fi ;;
		since*) if system_is "${kind#since }"; then kind=same; else kind="ours: not yet"; fi ;;
		esac
		case $kind in
		same) [[ $ours == "$system" && (-z $peer || $ours == "$peer") ]] && continue ;;
		newer) [[ -z $peer || ($ours == "$peer" && $ours != "$system") ]] && continue ;;
		library:*) [[ $ours == "$system" && $ours != "$peer" ]] && continue ;;
		system:*) [[ $ours == "$system" ]] && continue ;;
		ours:*) [[ $ours != "$system" && $ours != "$peer" ]] && continue ;;
		*) echo "no such kind: $kind" ;;
		esac
		failed=$((failed + 1))
		printf '%s: not as "%s":\n  %s\n' "$sentence" "$kind" "$command"
		echo "--- system's, +++ ours"
		diff <(echo "$system") <(echo "$ours") || true
		[[ -z $peer ]] || { echo "--- 2.42's, +++ ours"; diff <(echo "$peer") <(echo "$ours") || true; }
	done <"$table"
	echo "$ran invocations, $failed not as they should be"
	((failed == 0 && ran > 0))
}

# every_group: check that the bats file has a test for each group of its table.
every_group() {
	local group
	while IFS= read -r group; do
		grep -qF "compare \"$group\"" "$BATS_TEST_DIRNAME/$program-compare.bats" ||
			{ echo "no test for: $group"; return 1; }
	done < <(sed -n 's/^== //p' "$table")
}

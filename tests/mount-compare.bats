#!/usr/bin/env bats
# mount is drop-in: the invocations in mount-compare.txt, run with this project's program, the system's
# (libmount 2.38) and util-linux 2.42's, where MOUNT_TUCK_PEER names a directory with its bin/mount.

load lib

table=$BATS_TEST_DIRNAME/mount-compare.txt

setup_file() {
	[[ -n ${MOUNT_TUCK_PEER:-} ]] ||
		echo "# MOUNT_TUCK_PEER is not set: mount is compared with the SYSTEM'S ONLY, not with 2.42" >&3
}

# invoke PROGRAM COMMAND: run COMMAND in a new root where "mount" is PROGRAM; prints its standard
# output, standard error and status, and the mounts that are there then.
invoke() {
	cp "$1" /tmp/program
	unshare --mount --propagation private "$MOUNT_TUCK_SRC/tests/in-root" bash -c '
		exec 3>&- 4>&-
		mkdir -p /program /mnt/a /mnt/b /opt/x
		cat >/program/mount
		chmod 755 /program/mount
		PATH=/program:$PATH
		setuid="chmod 4755 /program/mount"
		user="setpriv --reuid 1000 --regid 1000 --clear-groups"
		cd /
		(eval "$1") >/tmp/stdout 2>/tmp/stderr </dev/null
		status=$?
		echo "standard output:"; cat /tmp/stdout
		echo "standard error:"; cat /tmp/stderr
		echo "exit status: $status"
		echo "mounts:"; cat /proc/self/mountinfo
		' sh "$2" </tmp/program | normalize
}

# Ids, device numbers and loop devices become the order of their appearance. The root's size is the
# machine's memory; what is there whoever runs, stays.
normalize() {
	awk '
		function nth(kind, id) {
			if (!((kind, id) in seen)) seen[kind, id] = ++count[kind]
			return kind seen[kind, id]
		}
		{ gsub(/\/dev\/loop[0-9]+/, "/dev/loop"); gsub(/ on loop[0-9]+/, " on loop") }
		mounts {
			$1 = nth("mount", $1); $2 = nth("mount", $2); $3 = nth("device", $3)
			for (i = 7; $i != "-"; i++) {
				split($i, field, ":")
				if (field[2]) $i = field[1] ":" nth("group", field[2])
			}
		}
		/^mounts:$/ { mounts = 1 }
		{ print }'
}

# compare GROUP: every invocation of that group in the table, in the table's words.
compare() {
	local kind sentence command group="" ours system peer wanted failed=0 ran=0
	while IFS= read -r line; do
		[[ $line == "== "* ]] && group=${line#== }
		[[ $group == "$1" && $line == *" | "* ]] || continue
		kind=${line%% | *}
		command=${line#* | }
		sentence=${command%% | *}
		command=${command#* | }
		ran=$((ran + 1))
		# libmount 2.38 keeps its children in memory that it has not written; ordinary memory is zero.
		[[ -z ${MOUNT_TUCK_SANITIZED:-} || $command != *"mount -aF"* ]] || continue
		ours=$(invoke "$MOUNT_TUCK_BUILD/mount" "$command")
		system=$(invoke /usr/bin/mount "$command")
		peer=
		[[ -z ${MOUNT_TUCK_PEER:-} ]] || peer=$(invoke "$MOUNT_TUCK_PEER/bin/mount" "$command")
		case $kind in
		same) [[ $ours == "$system" && (-z $peer || $ours == "$peer") ]] && continue ;;
		newer) [[ -z $peer || ($ours == "$peer" && $ours != "$system") ]] && continue ;;
		library:*) [[ $ours == "$system" && $ours != "$peer" ]] && continue ;;
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

@test "mount is drop-in for binding and moving" { compare "binding and moving"; }
@test "mount is drop-in for propagation" { compare "propagation"; }
@test "mount is drop-in for new filesystems" { compare "new filesystems"; }
@test "mount is drop-in for remounting" { compare "remounting"; }
@test "mount is drop-in for images" { compare "images"; }
@test "mount is drop-in for fstab" { compare "fstab"; }
@test "mount is drop-in for labels and UUIDs" { compare "labels"; }
@test "mount is drop-in for --all and its exit statuses" { compare "all of fstab"; }
@test "mount is drop-in for lists" { compare "lists"; }
@test "mount is drop-in for other namespaces" { compare "namespaces"; }
@test "mount is drop-in for usage errors" { compare "usage"; }
@test "mount is drop-in for ordinary users" { compare "ordinary users"; }
@test "mount is drop-in for ordinary users when it is set-user-ID" {
	compare "ordinary users, installed set-user-ID"
}

@test "the tests above run every group of the table" {
	local group
	while IFS= read -r group; do
		grep -qF "compare \"$group\"" "$BATS_TEST_DIRNAME/mount-compare.bats" ||
			{ echo "no test for: $group"; return 1; }
	done < <(sed -n 's/^== //p' "$table")
}

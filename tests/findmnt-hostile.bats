#!/usr/bin/env bats
# findmnt with forged tables, or tables that change while they are read: a correct answer, or a clear error.

load lib.bash

fixtures=$MOUNT_TUCK_SRC/tests/findmnt
views=("" -l -J -P -r -U --shadowed -R "-t tmpfs -R" --propagation --propagation=groups --propagation=dot --tucked "-T /" "--propagation -R /opt -J")

# survives FILE: check that every view of FILE ends by itself with 0 or 1.
survives() {
	local view
	for view in "${views[@]}"; do
		# shellcheck disable=SC2086 # options are words
		run timeout 20 findmnt -F "$1" $view
		[[ $status -le 1 ]] || { echo "findmnt -F ${1##*/} $view: status $status"; return 1; }
	done
}

@test "findmnt survives every table that the comparison has" {
	for file in "$fixtures"/*; do survives "$file"; done
}

@test "findmnt survives mounts that are below themselves, and groups that are their own masters" {
	cat >/tmp/rings <<-'END'
		10 10 0:1 / /self rw shared:1 master:1 - tmpfs a rw
		20 21 0:2 / /one rw shared:2 master:3 - tmpfs b rw
		21 22 0:3 / /two rw shared:3 master:2 - tmpfs c rw
		22 20 0:4 / /three rw master:2 - tmpfs d rw
		23 22 0:5 / /three/kid rw - tmpfs e rw
		-5 -6 0:6 / /minus rw shared:-1 master:2147483648 - tmpfs f rw
		2147483648 1 0:7 / /large rw - tmpfs g rw
	END
	survives /tmp/rings
	run findmnt -F /tmp/rings -n -r -o TARGET
	[[ ${#lines[@]} -ge 5 ]]
	run findmnt -F /tmp/rings -n -o SOURCE --tree
	[[ $output == *a* && $output == *b* && $output == *c* && $output == *d* && $output == *e* ]]
}

@test "findmnt survives lines that are none, are cut short, or are not text" {
	printf '1 2 3\n36 35 98:0 /mnt1 /mnt2 rw\n\n # no\n36 35 98:0 / / rw - ext4 /dev/root rw\n' >/tmp/short
	survives /tmp/short
	head -c 4000 /dev/urandom >/tmp/noise
	survives /tmp/noise
	for length in 40 100 333 700; do
		head -c $length "$fixtures/mountinfo" >/tmp/cut
		survives /tmp/cut
	done
	printf '20 1 0:1 / /%s rw - tmpfs a rw\n' "$(printf 'x%.0s' {1..9000})" >/tmp/long
	survives /tmp/long
}

@test "findmnt survives a stack of 3,000 mounts at one path, and a chain as deep" {
	awk 'BEGIN { for (i = 1; i <= 3000; i++) print i + 1, i, "0:1 / /x rw shared:" i " master:" i - 1 " - tmpfs t" i " rw" }' >/tmp/deep
	for view in -l -r --tucked --propagation=dot; do
		run timeout 20 findmnt -F /tmp/deep "$view" -n
		[[ $status -eq 0 ]]
	done
	run findmnt -F /tmp/deep --tucked -n -r
	[[ $output == "/x t3000 t2999" ]]
	run findmnt -F /tmp/deep -U -n -r -o SOURCE
	[[ $output == t3000 ]]
	run timeout 20 findmnt -F /tmp/deep --propagation=groups -n -o TARGET -a
	[[ $status -eq 0 ]]
}

@test "findmnt takes unknown optional fields for what they are" {
	run findmnt -F "$fixtures/strange" --propagation -n -r -o TARGET,PROPAGATION
	[[ ${lines[0]} == "/ shared:1" && ${lines[1]} == '/tab\x09dir private' ]]
}

@test "findmnt reads 200 times while mounts come and go, and never misses one that stays" {
	local mark=/tmp/going
	mkdir -p /opt/stays /mnt/{1,2,3,4,5,6,7,8}
	mount -t tmpfs stays /opt/stays
	: >"$mark"
	(while [[ -e $mark ]]; do
		for n in 1 2 3 4 5 6 7 8; do mount -t tmpfs "come$n" "/mnt/$n"; done
		sleep 0.02
		umount /mnt/{1,2,3,4,5,6,7,8}
	done) 3>&- &
	changer=$!
	for ((i = 0; i < 50; i++)); do
		for way in "" --kernel=listmount --propagation "--propagation=groups"; do
			# shellcheck disable=SC2086 # options are words
			output=$(findmnt $way -n -o TARGET,SOURCE) && [[ $output == *stays* ]] ||
				{ rm "$mark"; echo "findmnt $way: $output"; false; }
		done
	done
	rm "$mark"
	wait "$changer"
}

#!/usr/bin/env bats
# What findmnt's views print on a terminal, as text: tests/screens.bash has the layout. findmnt(8) shows the same screens.

load lib.bash
load screens.bash

# on_screen COLUMNS ARGUMENTS...: what findmnt prints on a terminal of that width, as SCREEN; every number is N.
on_screen() {
	local columns=$1
	shift
	script -qc "stty cols $columns; exec findmnt $(printf '%q ' "$@")" /dev/null </dev/null | tr -d '\r' |
		grep -v "can't be found: the kernel lists" >"$BATS_TEST_TMPDIR/lines" || true
	SCREEN=$(sed -E 's/[0-9]+/N/g; s/  +/ /g; s/ $//' "$BATS_TEST_TMPDIR/lines")
}

# shows COLUMNS ARGUMENTS...: check that the screen is the text on standard input, and that no line is longer than the terminal.
shows() {
	local longest
	on_screen "$@"
	diff <(sed -E 's/-[0-9]/-N/g') <(echo "$SCREEN")
	longest=$(wc -L <"$BATS_TEST_TMPDIR/lines")
	[[ $longest -le $1 ]] || { echo "$longest columns"; return 1; }
}

setup_file() {
	command -v script >/dev/null || skip "no script(1)"
}

@test "findmnt --propagation --namespaces has a heading for each namespace, and its mounts below" {
	needs_kernel_feature beneath
	make_screens
	for columns in 80 120; do
		shows $columns --propagation --namespaces -t ramfs <<-'END'
			TARGET SOURCE FSTYPE PROPAGATION
			bash (N), your own
			└─/srv/apps apps ramfs shared:N
			 └─/srv/apps/web web-2 ramfs shared:N
			 └─/srv/apps/web web-3 ramfs shared:N
			 └─/srv/apps/web web-1 ramfs shared:N
			db (N)
			└─/srv/apps apps ramfs master:N
			 └─/srv/apps/web web-2 ramfs master:N
			 └─/srv/apps/web web-3 ramfs master:N
			 └─/srv/apps/web web-1 ramfs master:N
			web (N)
			└─/srv/apps apps ramfs master:N
			 └─/srv/apps/web web-2 ramfs master:N
			 └─/srv/apps/web web-3 ramfs master:N
			 └─/srv/apps/web web-1 ramfs private
			mail (N)
			└─/srv/apps apps ramfs shared:N
			 └─/srv/apps/web web-2 ramfs shared:N
			 └─/srv/apps/web web-3 ramfs shared:N
			 └─/srv/apps/web web-1 ramfs shared:N
			container (N)
			└─/incoming web-1 ramfs master:N
		END
	done
}

@test "findmnt --propagation=groups --namespaces TARGET shows the groups at that path, and all that is in them" {
	needs_kernel_feature beneath
	make_screens
	for columns in 80 120; do
		shows $columns --propagation=groups --namespaces /srv/apps <<-'END'
			TARGET ROLE SOURCE PID COMMAND
			group N group
			├─/srv/apps peer apps N bash
			├─/srv/apps peer apps N mail
			├─/srv/apps slave apps N db
			└─/srv/apps slave apps N web
		END
		on_screen $columns --propagation=groups --namespaces /srv/apps/web
		[[ $(grep -c '^group N group$' <<<"$SCREEN") -eq 3 ]]
		grep -qx '└─/incoming slave web-N N container' <<<"$SCREEN"
	done
}

@test "findmnt --propagation=receivers, --tucked and a mount point alone, with --namespaces" {
	needs_kernel_feature beneath
	make_screens
	for columns in 80 120; do
		shows $columns --propagation=receivers --namespaces /srv/apps/web <<-'END'
			TARGET ACTION SOURCE PROPAGATION MNT_ID
			bash (N), your own
			└─/srv/apps/web tuck web-1 shared:N N
			db (N)
			└─/srv/apps/web tuck web-1 master:N N
			web (N)
			└─/srv/apps/web tuck web-1 private N
			mail (N)
			└─/srv/apps/web tuck web-1 shared:N N
			container (N)
			└─/incoming stays web-1 master:N N
		END
		shows $columns --tucked --namespaces -t ramfs <<-'END'
			TARGET SOURCE TUCKED DEPTH
			bash (N), your own
			└─/srv/apps/web web-1 web-3 N
			db (N)
			└─/srv/apps/web web-1 web-3 N
			web (N)
			└─/srv/apps/web web-1 web-3 N
			mail (N)
			└─/srv/apps/web web-1 web-3 N
		END
		shows $columns --namespaces /srv/apps/web <<-'END'
			TARGET SOURCE WAY
			bash (N), your own
			└─/srv/apps/web web-1 own
			db (N)
			└─/srv/apps/web web-1 receives
			web (N)
			└─/srv/apps/web web-1 receives
			mail (N)
			└─/srv/apps/web web-1 receives
			container (N)
			└─/incoming web-1 own
		END
	done
	run findmnt --tucked -n -r -o DEPTH /srv/apps/web
	[[ $output == 2 ]]
}

@test "findmnt --namespaces leaves the kernel's filesystems out, unless -A or another option asks for them" {
	mount --make-rprivate /
	mkdir /srv/kernel
	mount -t sysfs seen /srv/kernel
	service --propagation private
	run findmnt --propagation --namespaces -n -r -o TARGET
	[[ $output != *"/srv/kernel"* ]]
	for option in -A "-S seen" "-t sysfs" "-M /srv/kernel"; do
		# shellcheck disable=SC2086 # options are words
		run findmnt --propagation --namespaces -n -r -o TARGET $option
		[[ $(grep -cx /srv/kernel <<<"$output") -eq 2 ]]
	done
	run findmnt --propagation -n -r -o TARGET
	[[ $output == *"/srv/kernel"* ]]
}

@test "in a view no row is broken in two where a source is too long" {
	local long
	long=$(printf 'x%.0s' {1..120})
	mount -t ramfs "$long" /opt
	mount --make-shared /opt
	for view in --propagation --propagation=groups --tucked; do
		[[ $view != --tucked ]] || mount -t ramfs "$long" /opt
		on_screen 80 $view -t ramfs
		[[ $(wc -L <"$BATS_TEST_TMPDIR/lines") -le 80 && $SCREEN == *xxx* ]]
	done
}

@test "findmnt --namespaces TARGET and -S tell who has it, in any namespace, and which way it came" {
	mount --make-rprivate /
	mount -t ramfs outer /srv
	mount --make-shared /srv
	mkdir /srv/in
	mount -t ramfs inner /srv/in
	service --propagation slave
	local receives=$SERVICE
	service --propagation private
	local own=$SERVICE
	in_service "$own" mount --bind /srv/in /home
	for what in /srv/in "-M /srv/in" "-S inner" inner; do
		# shellcheck disable=SC2086 # options are words
		run findmnt --namespaces $what -n -r -o TARGET,WAY,PID
		[[ $(grep -c ' [0-9]*$' <<<"$output") -eq 4 ]]
		grep -qx "/srv/in receives $receives" <<<"$output"
		grep -qx "/srv/in own $own" <<<"$output"
		grep -qx "/home own $own" <<<"$output"
	done
	run findmnt --namespaces /nothing-there
	[[ $status -eq 1 || $status -eq 64 ]]
	run findmnt --namespaces
	[[ $status -eq 1 && $output == *"or with a mount point or a source to look for" ]]
}

@test "findmnt prints the image of a loop device in BACKING, and finds its mounts by the image" {
	needs_loop_devices
	truncate -s 8M "$BATS_TEST_TMPDIR.image"
	mkfs.ext4 -q "$BATS_TEST_TMPDIR.image"
	mountpoint -q /sys || { mkdir -p /sys && mount -t sysfs sys /sys; }
	mount -o loop "$BATS_TEST_TMPDIR.image" /opt
	run findmnt --propagation -n -r -o TARGET,BACKING -M /opt
	local told=$output
	run findmnt --namespaces -n -r -o TARGET -S "$BATS_TEST_TMPDIR.image"
	local by_image=$output
	run findmnt --tucked -n -r -S "$BATS_TEST_TMPDIR.image"
	umount /opt
	[[ $told == "/opt $BATS_TEST_TMPDIR.image" && $'\n'$by_image$'\n' == *$'\n/opt\n'* && $status -eq 1 ]]
}

@test "findmnt's views refuse options that they can't do, and do all others" {
	local arguments
	mount --make-rprivate /
	mount -t ramfs outer /srv
	mount --make-shared /srv
	mkdir /srv/in
	mount -t ramfs inner /srv/in
	mount -t ramfs -o ro inner-2 /srv/in
	for arguments in "--propagation=groups -f" "--propagation=groups -d backward" "--propagation=groups -R" "--propagation=dot -J" \
		"--propagation=dot -o TARGET" "--propagation=dot -P" "--propagation=dot -r" "--tucked -R" "--tucked -U" "--propagation=receivers -R /srv/in" \
		"--poll --tucked" "--poll --propagation"; do
		# shellcheck disable=SC2086 # options are words
		run findmnt $arguments
		[[ $status -eq 1 && $output == *" does not go with --"* ]] || { echo "$arguments: $output"; return 1; }
	done
	service --propagation unchanged
	run findmnt --propagation=receivers /srv/in -N $$ -n -r -o SOURCE
	[[ $output == inner-2 ]]
	for arguments in "-t ramfs" "-O ro" "-i -t tmpfs" "-f"; do
		# shellcheck disable=SC2086 # options are words
		run findmnt --propagation=receivers /srv/in -n -r -o SOURCE $arguments
		[[ $output == inner-2 ]] || { echo "$arguments: $output"; return 1; }
	done
	for arguments in "-t tmpfs" "-O rw" "-i -t ramfs"; do
		# shellcheck disable=SC2086 # options are words
		run findmnt --propagation=receivers /srv/in -n -r -o SOURCE $arguments
		[[ $status -eq 1 && -z $output ]] || { echo "$arguments: $output"; return 1; }
	done
	run findmnt --propagation=groups -t ramfs -n -r -o SOURCE -U
	[[ $output == *inner-2* && $output != *$'inner\n'* ]]
	run findmnt --propagation=dot -t absent
	[[ $status -eq 1 && $output != *cluster* ]]
	run findmnt --propagation --output-all -M /srv/in -J
	[[ $output == *'"peer-group"'* && $output == *'"depth"'* ]]
	run findmnt -M /srv/in --output-all -J
	[[ $output != *'"depth"'* ]]
	echo "outer /srv ramfs rw 0 0" >/tmp/mtab
	run findmnt --propagation -F /tmp/mtab -n -r -o TARGET,PROPAGATION
	[[ $output == "/srv " || $output == /srv ]]
}

@test "findmnt --propagation=groups as JSON is data, and as a list it has no labels" {
	mount --make-rprivate /
	mount -t ramfs outer /srv
	mount --make-shared /srv
	run findmnt --propagation=groups -t ramfs -J -o TARGET,ROLE,PEER-GROUP,MASTER
	[[ $output == *'"target": null'*'"role": "group"'*'"peer-group": '[0-9]*'"children"'*'"target": "/srv"'*'"role": "peer"'* ]]
	[[ $output != *'"group '* ]]
	for form in -l -P -r; do
		run findmnt --propagation=groups -t ramfs -n $form -o ROLE,TARGET
		[[ ${#lines[@]} -eq 1 && $output == *peer*/srv* ]]
	done
}

@test "a filter applies to the rows of every view" {
	mount --make-rprivate /
	mount -t ramfs outer /srv
	mount --make-shared /srv
	mkdir /srv/in
	mount -t ramfs inner /srv/in
	mount -t ramfs over /srv/in
	findmnt -Q 'TARGET == "/"' >/dev/null 2>&1 || skip "libsmartcols has no filters"
	for view in --propagation --propagation=groups --tucked "--propagation=receivers /srv/in" "--namespaces -S over"; do
		# shellcheck disable=SC2086 # options are words
		run findmnt $view -n -r -o SOURCE -Q 'SOURCE == "over"'
		grep -qx over <<<"$output"
		# shellcheck disable=SC2086 # options are words
		run findmnt $view -n -r -o SOURCE -Q 'SOURCE == "other"'
		[[ $output != *over* && ($status -eq 1 || $status -eq 64) ]]
	done
}

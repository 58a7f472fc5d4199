#!/usr/bin/env bats
# Which mount findmnt and the list of mount(8) name where several are mounted at one path. After a tuck the hidden mount
# has the higher id, and so its line is the last one of the kernel's table, since Linux 6.8.

load lib.bash

# tucked: at /mnt "old", which is visible, and "new" beneath it.
tucked() {
	mount -t tmpfs -o nosuid,nodev,size=1M old /mnt
	mount --tuck -t tmpfs -o noexec,size=77M new /mnt
}

# answers EXPECTED FINDMNT-ARGUMENTS...: the sources that findmnt prints, in one line.
answers() {
	local expected=$1
	shift
	run findmnt -n -r -o SOURCE "$@"
	[[ $status -eq 0 && ${lines[*]} == "$expected" ]] ||
		{ echo "findmnt $*: $status, '${lines[*]}', not '$expected'"; return 1; }
}

@test "findmnt -T and -U name the visible mount alone, in every way of reading the table" {
	tucked
	mkdir /mnt/directory
	ln -s /mnt/directory /tmp/link
	# shellcheck disable=SC2086 # several words
	for way in "" -k -m --kernel=mountinfo "-N $$" "-F /proc/self/mountinfo"; do
		for path in /mnt /mnt/ /mnt/directory /tmp/link; do
			answers old $way -T $path
		done
		answers old $way -U -M /mnt
		answers old $way -U /mnt
		answers old $way -U -t tmpfs -M /mnt
	done
	cd /mnt/directory
	answers old -T .
	answers old -T /mnt -f
	answers old -T /mnt --tree
	answers old --propagation -T /mnt
	run findmnt -n -r -o SOURCE -i -T /mnt -t tmpfs
	[[ ${lines[*]} == *new* && ${lines[*]} != *old* ]]
}

@test "findmnt -T by listmount names the visible mount" {
	needs_listmount
	tucked
	answers old --kernel=listmount -T /mnt
	answers "new old" --kernel=listmount -M /mnt
}

@test "findmnt -T of a mount of another type steps up to the mounts above, not down the stack" {
	mount -t ramfs old /mnt
	mount --tuck -t tmpfs new /mnt
	run findmnt -n -r -o TARGET,SOURCE -T /mnt -t tmpfs
	[[ $output == "/ "* ]]
}

@test "findmnt -M, findmnt PATH and the lists print the lines of a path in the order of the stack" {
	tucked
	mount --tuck -t tmpfs newest /mnt
	answers "new newest old" /mnt
	answers "new newest old" -M /mnt
	answers "new newest old" -M /mnt -k
	answers "new newest old" -D -M /mnt
	answers "new newest old" -I -M /mnt
	answers "new newest old" -M /mnt -m
	answers "new newest old" -M /mnt -N $$
	answers "old newest new" -M /mnt -d backward
	for form in -l -r -P -J -D "-D -A" "-l -m" "-l --propagation" "-l -N $$"; do
		# shellcheck disable=SC2086 # several words
		run findmnt -n -o TARGET,SOURCE $form
		[[ $(grep -oE '\b(newest|new|old)\b' <<<"$output" | tr '\n' ' ') == "new newest old " ]] ||
			{ echo "findmnt $form: $output"; false; }
	done
}

@test "findmnt --namespaces prints the lines of a path in the order of the stack, in each namespace" {
	tucked
	service
	findmnt --propagation --namespaces -n -r -o SOURCE -M /mnt >/tmp/answer 2>/tmp/errors || true
	[[ $(tr '\n' ' ' </tmp/answer) == "new old new old " ]] || { cat /tmp/answer /tmp/errors; false; }
	findmnt --propagation --namespaces -n -r -o SOURCE -T /mnt >/tmp/answer 2>/tmp/errors || true
	[[ $(tr '\n' ' ' </tmp/answer) == "old old " ]] || { cat /tmp/answer /tmp/errors; false; }
}

@test "findmnt -T of a file names the mount that the file is on, in the views of other namespaces and tables, too" {
	tucked
	mkdir -p /mnt/a/b
	touch /mnt/a/b/file
	ln -s /mnt/a/b /tmp/link
	mount --make-private /
	mount --make-shared /mnt
	service --propagation unchanged
	cp /proc/self/mountinfo /tmp/table
	for file in /mnt /mnt/a /mnt/a/b/file /tmp/link/file; do
		for view in --tucked --propagation --propagation=groups --propagation=dot; do
			for how in "" --namespaces "-F /tmp/table" "-N $SERVICE" "-N $SERVICE -N $$"; do
				# shellcheck disable=SC2086 # several words
				findmnt $view $how -T /mnt >/tmp/wanted 2>/tmp/errors || [[ $how == --namespaces ]]
				# shellcheck disable=SC2086 # several words
				findmnt $view $how -T "$file" >/tmp/answer 2>/tmp/errors || true
				diff /tmp/wanted /tmp/answer || { echo "findmnt $view $how -T $file"; false; }
			done
		done
	done
}

@test "findmnt -f names the visible mount of the first path that matches" {
	tucked
	answers old -f /mnt
	answers old -f -M /mnt
	answers old -f -M /mnt -d backward
	mount -t ramfs older /home
	mount --tuck -t ramfs newer /home
	answers older -f -t ramfs
	answers older -f -t ramfs -d backward
	answers new -f -S new
	run findmnt -f -R -n -r -o SOURCE -M /mnt
	[[ ${lines[*]} == old ]]
}

@test "findmnt -f takes another mount of the path if the filter refuses the visible one" {
	tucked
	run findmnt -f -n -r -o SOURCE -M /mnt -Q 'SOURCE == "new"'
	[[ $status -eq 0 || $output == *"libsmartcols"* ]]
	[[ $status -ne 0 || $output == new ]]
}

@test "findmnt --shadowed lists what is hidden, lowest first, and not what is visible" {
	tucked
	mount --tuck -t tmpfs newest /mnt
	answers "new newest" --shadowed -M /mnt
}

@test "findmnt names the visible mount where it lies on a path that was covered" {
	mkdir -p /mnt/in
	mount -t tmpfs covered /mnt/in
	mount -t tmpfs cover /mnt
	mkdir /mnt/in
	mount -t tmpfs old /mnt/in
	mount --tuck -t tmpfs new /mnt/in
	answers old -T /mnt/in
	answers old -k -T /mnt/in
	answers old -U -M /mnt/in
	answers "covered new old" -k -M /mnt/in
}

@test "findmnt --task -T asks in the task's namespace, where a mount at the path can be hidden by one on a directory above" {
	mkdir -p /mnt/in /opt/deep
	service --propagation private
	in_service "$SERVICE" /usr/bin/mount -t tmpfs hidden /mnt/in
	in_service "$SERVICE" /usr/bin/mount -t tmpfs cover /mnt
	in_service "$SERVICE" mkdir /mnt/in
	in_service "$SERVICE" /usr/bin/mount -t tmpfs there /opt/deep
	in_service "$SERVICE" ln -s /opt/deep /mnt/link
	answers cover -N "$SERVICE" -T /mnt/in
	answers there -N "$SERVICE" -T /mnt/link
	answers hidden -N "$SERVICE" -M /mnt/in
	run findmnt -n -r -o TARGET -T /mnt/in
	[[ $output == / ]]
}

@test "the tree has the visible mount of a path last, also if an older mount covers the path's directory" {
	mkdir -p /mnt/in /srv/older
	mount --make-private /
	mount -t tmpfs cover /srv/older
	mkdir /srv/older/in
	mount -t tmpfs hidden /mnt/in
	mount --move /srv/older /mnt
	mount -t tmpfs visible /mnt/in
	for form in "" -J --propagation; do
		# shellcheck disable=SC2086 # several words
		run findmnt $form -n -o TARGET,SOURCE
		[[ $(grep -oE '\b(hidden|visible)\b' <<<"$output" | tr '\n' ' ') == "hidden visible " ]] || { echo "$output"; false; }
	done
}

@test "--tucked --namespaces lists by type and source, also where a service's root hides an older one with mounts" {
	mount -t tmpfs old /mnt
	mount --tuck -t tmpfs new /mnt
	mkdir /unit-root
	prepared slave "mount --rbind / /unit-root; cd /unit-root; mount --move . /; run='chroot .'"
	for how in "-t tmpfs" "-t noautofs" "-S old" "-O rw"; do
		# shellcheck disable=SC2086 # two words
		run findmnt --tucked --namespaces -n -r -o PID,TARGET,SOURCE,TUCKED $how
		echo "$how: $status $output"
		[[ $status -eq 0 || $status -eq 64 ]]
		grep -qE "^$SERVICE /mnt old new\$" <<<"$output"
	done
}

@test "the list of mount(8) has the visible mount of a path last" {
	tucked
	run mount -t tmpfs
	[[ $(grep -oE '^(new|old) on /mnt' <<<"$output" | tr '\n' ' ') == "new on /mnt old on /mnt " ]]
	run mount
	[[ $(grep -oE '^(new|old) on /mnt' <<<"$output" | tr '\n' ' ') == "new on /mnt old on /mnt " ]]
}

@test "the list of mount(8) leaves out automounters' mounts that ask for it" {
	cat /proc/self/mountinfo >/tmp/table
	printf '%s\n' "9001 1 0:99 / /auto rw - autofs hidden rw,fd=3,ignore" "9002 1 0:99 / /other rw - autofs listed rw,fd=3" \
		>>/tmp/table
	# shellcheck disable=SC2016 # the inner shell's
	run unshare --mount sh -c 'mount --bind /tmp/table /proc/$$/mountinfo; exec mount'
	[[ $status -eq 0 && $output == *"listed on /other type autofs"* && $output != *"hidden on"* ]]
}

@test "findmnt -T asks no server: a mount whose server does not answer is named at once" {
	[[ -c /dev/fuse ]] || skip "no /dev/fuse"
	exec 7<>/dev/fuse
	/usr/bin/mount -i -t fuse -o fd=7,rootmode=40000,user_id=0,group_id=0 silent /mnt ||
		skip "no fuse filesystem in this kernel"
	run timeout 20 "$MOUNT_TUCK_BUILD/findmnt" -n -o SOURCE -T /mnt
	exec 7<&-
	[[ $status -eq 0 && $output == silent ]]
}

@test "findmnt NAME looks for a source first, also where a mount point is called so" {
	mkdir /srv/here
	mount -t tmpfs here /srv/here
	mount -t tmpfs here /home
	cd /srv
	run findmnt -n -r -o TARGET here
	[[ ${lines[*]} == "/srv/here /home" ]]
	umount /home
	mount -t tmpfs elsewhere /srv/here
	run findmnt -n -r -o SOURCE here
	[[ ${lines[*]} == here ]]
}

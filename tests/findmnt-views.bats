#!/usr/bin/env bats
# findmnt's views of propagation: --propagation, --tucked, --namespaces, and where they read from.

load lib.bash
load watching.bash

# The three layouts: a host with /opt and /opt/app; a service whose namespace is the host's slave
# and shared in itself; a container, which has its own tree and one mount that comes in, as a slave.
# Of ramfs, which nothing else on a test machine uses, so that -t ramfs leaves other namespaces out.
layouts() {
	mount --make-rprivate /
	mount -t ramfs host-opt /opt
	mount --make-shared /opt
	mkdir /opt/app /opt/data
	mount -t ramfs app-1 /opt/app
	service --propagation unchanged
	PROGRAM=$SERVICE
	in_service "$PROGRAM" mount --make-slave /opt
	in_service "$PROGRAM" mount --make-shared /opt
	in_service "$PROGRAM" mount --make-slave /opt/app
	in_service "$PROGRAM" mount --make-shared /opt/app
	service --propagation unchanged
	CONTAINER=$SERVICE
	in_service "$CONTAINER" mount -t ramfs rootfs /mnt
	in_service "$CONTAINER" mkdir /mnt/incoming
	in_service "$CONTAINER" mount --bind /opt/app /mnt/incoming
	in_service "$CONTAINER" mount --make-private /opt
	in_service "$CONTAINER" umount /opt/app
	in_service "$CONTAINER" umount /opt
	in_service "$CONTAINER" mount --make-slave /mnt/incoming
	HOST_NS=$(stat -Lc %i /proc/self/ns/mnt) PROGRAM_NS=$(stat -Lc %i "/proc/$PROGRAM/ns/mnt")
	CONTAINER_NS=$(stat -Lc %i "/proc/$CONTAINER/ns/mnt")
	HOST_GROUP=$(group_of /opt) APP_GROUP=$(group_of /opt/app)
	PROGRAM_GROUP=$(group_of /opt "$PROGRAM") PROGRAM_APP_GROUP=$(group_of /opt/app "$PROGRAM")
}

group_of() {
	mount_table "${2:-self}" | awk -v path="$1" '$5 == path { for (i = 7; $i != "-"; i++) if (sub("shared:", "", $i)) print $i }' | tail -n 1
}

id_of() {
	mount_table "${2:-self}" | awk -v path="$1" '$5 == path { id = $1 } END { print id }'
}

# everywhere ARGUMENTS...: run findmnt --namespaces. In the process numbers of a test the kernel lists no mount
# namespaces, so it must say so and end with 64: a status of 0 is then left in place of that, and no other complaint.

everywhere() {
	findmnt "$@" --namespaces >"$BATS_TEST_TMPDIR.out" 2>"$BATS_TEST_TMPDIR.err" && status=0 || status=$?
	output=$(cat "$BATS_TEST_TMPDIR.out")
	mapfile -t lines <"$BATS_TEST_TMPDIR.out"
	if [[ $(cat "$BATS_TEST_TMPDIR.err") == "$unfound" ]]; then
		[[ $status -eq 64 ]] || { echo "status $status, wanted 64"; return 1; }
		status=0
	fi
	cat "$BATS_TEST_TMPDIR.err"
}

prints() {
	diff <(cat) <(echo "$output")
}

@test "findmnt --propagation shows the host's tree with the kernel's words and ids" {
	layouts
	run findmnt --propagation -t ramfs --raw
	prints <<-END
		TARGET SOURCE FSTYPE PROPAGATION MNT_ID PARENT_ID
		/opt host-opt ramfs shared:$HOST_GROUP $(id_of /opt) $(id_of /)
		/opt/app app-1 ramfs shared:$APP_GROUP $(id_of /opt/app) $(id_of /opt)
	END
	run findmnt --propagation -t ramfs -n -o TARGET,PEER-GROUP,MASTER
	[[ ${lines[1]} =~ ^'└─/opt/app'\ +"$APP_GROUP"\ *$ ]]
}

@test "findmnt --propagation of a service and of a container: slave and shared, and one incoming slave" {
	layouts
	run findmnt --propagation -t ramfs -n -r -o TARGET,PROPAGATION -N "$PROGRAM"
	prints <<-END
		/opt shared:$PROGRAM_GROUP\\x20master:$HOST_GROUP
		/opt/app shared:$PROGRAM_APP_GROUP\\x20master:$APP_GROUP
	END
	run findmnt --propagation -t ramfs -n -r -o TARGET,PROPAGATION -N "$CONTAINER"
	prints <<-END
		/mnt private
		/mnt/incoming master:$APP_GROUP
	END
	run findmnt --propagation /opt/app -J
	[[ $output == *"\"propagation\": \"shared:$APP_GROUP\""* ]]
	run findmnt -o PROPAGATION -n /opt
	[[ $output == shared ]]
}

@test "findmnt --propagation --namespaces says whose namespace each mount is in" {
	layouts
	everywhere --propagation -t ramfs -n -r -o TARGET,NS,PID,COMMAND
	[[ $status -eq 0 ]]
	grep -qx "/opt $HOST_NS [0-9]* [a-z]*" <<<"$output"
	grep -qx "/opt $PROGRAM_NS $PROGRAM sleep" <<<"$output"
	grep -qx "/mnt/incoming $CONTAINER_NS $CONTAINER sleep" <<<"$output"
	[[ ${#lines[@]} -eq 6 ]]
}

@test "findmnt --propagation=groups shows each group, its members and what is below it" {
	layouts
	everywhere --propagation=groups -t ramfs -n -a -o TARGET,PROPAGATION,PID
	# A group's slaves, and the members before them; groups by number, which the kernel gives as they become free.
	local host app
	host="group $HOST_GROUP
	|-/opt shared:$HOST_GROUP
	\`-group $PROGRAM_GROUP master:$HOST_GROUP
	 \`-/opt shared:$PROGRAM_GROUP master:$HOST_GROUP"
	app="group $APP_GROUP
	|-/opt/app shared:$APP_GROUP
	|-group $PROGRAM_APP_GROUP master:$APP_GROUP
	| \`-/opt/app shared:$PROGRAM_APP_GROUP master:$APP_GROUP
	\`-/mnt/incoming master:$APP_GROUP"
	if ((HOST_GROUP > APP_GROUP)); then
		local swap=$host
		host=$app app=$swap
	fi
	diff <(printf '%s\n' "${host//$'\t'/}" "${app//$'\t'/}") <(tr -s ' ' <<<"$output" | sed -E 's/^(.*\/.*) [0-9]+ ?$/\1/; s/ $//')
	[[ $output == *"/mnt/incoming"*" $CONTAINER"* ]]
}

@test "findmnt --propagation=groups names a master that is nowhere to be seen" {
	layouts
	run findmnt --propagation=groups -t ramfs -n -a -o TARGET -N "$CONTAINER"
	prints <<-END
		group $APP_GROUP
		\`-/mnt/incoming
	END
}

@test "findmnt --propagation=receivers lists every place that a tuck would come to, and those that it would not" {
	layouts
	everywhere --propagation=receivers /opt/app -n -r -o TARGET,ACTION,PID
	echo "$output"
	[[ $(sort <<<"$output") == "$(printf '%s\n' "/opt/app tuck $PROGRAM" "/opt/app tuck $(findmnt -rno PID /)" \
		"/mnt/incoming stays $CONTAINER" | sort)" ]]
	everywhere --propagation=receivers,mount /opt/app -n -r -o TARGET,ACTION,PID
	[[ ${#lines[@]} -eq 3 && $output == *"/mnt/incoming mount $CONTAINER"* ]]
	everywhere --propagation=receivers /opt/data -n -r -o TARGET,ACTION,SOURCE
	[[ ${#lines[@]} -eq 2 && ${lines[0]} == "/opt/data mount host-opt" && ${lines[1]} == "${lines[0]}" ]]
}

@test "findmnt --propagation=receivers tells the truth: a mount comes to just those places" {
	layouts
	everywhere --propagation=receivers /opt/data -n -r -o TARGET,NS
	mount -t ramfs landed /opt/data
	run diff <(sort <<<"$output") <(findmnt --propagation --namespaces 2>/dev/null -S landed -n -r -o TARGET,NS | sort)
	[[ $status -eq 0 ]]
}

@test "findmnt --propagation=receivers --task follows symbolic links as the task does" {
	mount --make-rprivate /
	prepared private "mount -t ramfs base /srv; mount --make-shared /srv; mkdir -p /srv/real /srv/data /srv/plain/in
		ln -s real /srv/link; ln -s /srv/real /srv/absolute; ln -s /srv/plain /srv/directory
		mount --bind /srv /mnt; mount -t ramfs top /srv/real"
	for path in /srv/real /srv/link /srv/absolute /srv/../srv/link/; do
		run findmnt --propagation=receivers -N "$SERVICE" -n -r -o TARGET,ACTION,SOURCE "$path"
		echo "$path: $output"
		[[ $status -eq 0 && $(sort <<<"$output") == $'/mnt/real tuck top\n/srv/real tuck top' ]]
	done
	run findmnt --propagation=receivers -N "$SERVICE" -n -r -o TARGET,ACTION,SOURCE /srv/directory/in
	[[ $(sort <<<"$output") == $'/mnt/plain/in mount base\n/srv/plain/in mount base' ]]
	run findmnt --propagation=receivers -N "$SERVICE" /srv/absent
	[[ $status -eq 1 && $output == "findmnt: /srv/absent: No such file or directory" ]]
}

@test "findmnt --propagation=receivers --task of a task in a chroot has paths that begin at its root" {
	mount --make-rprivate /
	mount -t tmpfs base /srv
	plain_chroot /srv
	mount --bind /tmp /srv/tmp
	mount --make-shared /srv
	mount -t ramfs top /srv/opt
	ln -s /opt /srv/link
	prepared unchanged "run='chroot /srv'"
	for path in /opt /link; do
		run findmnt --propagation=receivers -N "$SERVICE" -n -r -o TARGET,ACTION,SOURCE "$path"
		echo "$path: $output"
		[[ $status -eq 0 && $output == "/opt tuck top" ]]
	done
}

# node GROUP: the name of the box that shows the members of this peer group.
node() {
	sed -nE "s/^\t*(n[0-9_]+) \[shape=box, .*peer group $1\"\];/\1/p" <<<"$output"
}

@test "findmnt --propagation=dot draws a cluster for each namespace, the groups with their sources, and their slaves" {
	layouts
	everywhere --propagation=dot -t ramfs
	[[ ${lines[0]} == "digraph propagation {" && ${lines[-1]} == "}" ]]
	[[ $(grep -c 'subgraph cluster' <<<"$output") -eq 3 && $output == *"label=\"sleep ($PROGRAM)\";"* ]]
	[[ $output == *" -> $(node "$PROGRAM_GROUP");"* && $output == *"$(node "$HOST_GROUP") -> $(node "$PROGRAM_GROUP");"* ]]
	[[ $output == *"$(node "$APP_GROUP") -> $(node "$PROGRAM_APP_GROUP");"* ]]
	[[ $output =~ (n[0-9_]+)' [shape=ellipse, label="/mnt/incoming  app-1\nslave"];' ]]
	[[ $output == *"$(node "$APP_GROUP") -> ${BASH_REMATCH[1]};"* ]]
}

@test "findmnt --propagation=dot draws namespaces that are alike once, and stacks, and counts what is too much" {
	local i
	mount --make-rprivate /
	mount -t ramfs many /srv
	mount --make-shared /srv
	for ((i = 0; i < 10; i++)); do
		mkdir "/srv/$i"
		mount --bind /srv/$i /srv/$i
	done
	mount -t ramfs one /opt
	mount --make-shared /opt
	mount -t ramfs two /opt
	mount --make-shared /opt
	for i in 1 2 3 4 5 6; do service --propagation slave; done
	everywhere --propagation=dot -t ramfs
	echo "$output"
	[[ $(grep -c 'subgraph cluster' <<<"$output") -eq 2 ]]
	grep -qE 'label="sleep \([0-9]+\), sleep \([0-9]+\), sleep \([0-9]+\), sleep \([0-9]+\), and 2 more"' <<<"$output"
	[[ $(grep -c 'label="/srv  many\\n/srv/0  many\[/0\]\\n.*\\nand 3 more\\n' <<<"$output") -eq 2 ]]
	[[ $(grep -c 'style=dotted' <<<"$output") -eq 2 ]]
	run findmnt --propagation=dot -t absent
	[[ $status -eq 1 && -z $output ]]
}

@test "the picture in the README shows what its command prints" {
	local dot
	dot=$(FINDMNT=$MOUNT_TUCK_BUILD/findmnt "$MOUNT_TUCK_SRC/examples/propagation" --propagation=dot 2>/dev/null |
		sed "s|\"/  $(findmnt -no SOURCE /)|\"/  /dev/vda|")
	diff <(grep -o 'label="[^"]*' <<<"$dot" | sed 's/^label="//; s/\\n/\n/g; s/  */ /g' | tr -d '0-9' | sort) \
		<(sed -n 's/.*<text.*>\(.*\)<\/text>/\1/p' "$MOUNT_TUCK_SRC/man/propagation.svg" | sed 's/&#160;/ /g; s/  */ /g' | tr -d '0-9' | sort)
	[[ $(grep -c ' -> ' <<<"$dot") -eq $(grep -c 'class="edge"' "$MOUNT_TUCK_SRC/man/propagation.svg") ]]
}

@test "findmnt --tucked lists what lies beneath what, in every namespace that still has it" {
	layouts
	run findmnt --tucked -t ramfs
	[[ $status -eq 1 && -z $output ]]
	mount -t ramfs app-2 /opt/app
	run findmnt --tucked -t ramfs -n -r
	[[ $status -eq 0 && $output == "/opt/app app-2 app-1" ]]
	everywhere --tucked -S app-2 -n -r -o TARGET,SOURCE,TUCKED,PID
	[[ $output == *"/opt/app app-2 app-1 $PROGRAM"* && $output == *"/mnt/incoming app-2 app-1 $CONTAINER"* ]]
	[[ ${#lines[@]} -eq 3 ]]
	run findmnt --tucked -S app-1
	[[ $status -eq 1 && -z $output ]]
	run findmnt -n -r -o TUCKED /opt/app
	[[ $output == *app-1* ]]
}

# tucked_places [OPTION...]: TARGET, the two roots and the PID of each place that is listed without a target, below /opt and
# /srv. The machine has others.
tucked_places() {
	findmnt --tucked --namespaces --raw --noheadings -o TARGET,FSROOT,PID "$@" 2>/dev/null | grep -E '^/(opt|srv)' | sort
}

@test "findmnt --tucked --namespaces lists what tucking did, and not what lies on a mount for another reason" {
	mkdir -p /srv/{v1,v2,own,plain,tmp} /srv/tmp/private
	mount --make-rprivate /
	mount --make-shared /
	mount --bind /srv/v1 /opt
	mount --make-private /opt
	mount --make-shared /opt
	mount -t ramfs tmp /srv/tmp
	mkdir /srv/tmp/private
	service --propagation slave
	old=$SERVICE
	# As PrivateTmp=, ReadOnlyPaths= and TemporaryFileSystem= do, and as somebody may.
	in_service "$old" mount --bind /srv/tmp/private /srv/tmp
	in_service "$old" mount --bind /opt /opt
	in_service "$old" umount /opt
	mount -t ramfs below /srv/plain
	mount -t ramfs above /srv/plain
	run tucked_places
	[[ -z $output ]]
	mount --tuck /srv/v2 /opt
	# A namespace that is copied while something is tucked has both.
	service --propagation slave
	young=$SERVICE
	in_service "$young" mount --bind /srv/tmp/private /srv/tmp
	run tucked_places
	echo "$output"
	[[ ${#lines[@]} -eq 3 && $output == *"/opt /srv/v1 $old"* && $output == *"/opt /srv/v1 $young"* ]]
	# A target, or another search option, lists all that is asked for.
	everywhere --tucked -S above -n -r -o TARGET,SOURCE
	[[ $output == *"/srv/plain above"* ]]
	run findmnt --tucked --namespaces -n -r -o TARGET,PID /srv/tmp
	[[ $output == *"/srv/tmp $old"* && $output == *"/srv/tmp $young"* ]]
	run findmnt --tucked -n -r -o TARGET /srv/plain
	[[ $status -eq 0 ]]
	# The host moves on alone; those that are left are listed, the one that is copied from such a one, too.
	in_service "$young" umount --reveal=force /opt
	run tucked_places
	[[ ${#lines[@]} -eq 2 && $output != *" $young"* ]]
	run on_kernel 6.12 findmnt --tucked --namespaces -nr -o TARGET,FSROOT,PID
	[[ $output == *"/opt /srv/v1 $old"* && $output != */srv/plain* && $output != */srv/tmp* ]]
	# Where the kernel does not tell which mount is the newer one, more is listed, but for what a mount has on itself.
	in_service "$young" mount --bind /opt /opt
	run on_kernel 6.1 findmnt --tucked --namespaces -nr -o TARGET,FSROOT,PID
	echo "$output"
	[[ $output == *"/opt /srv/v1 $old"* && $output == *"/srv/tmp /private $old"* && $output != *"/opt /srv/v2 $young"* ]]
}

@test "findmnt --tucked --namespaces lists a namespace that was copied from one that is left: by its target, if no other is left" {
	mkdir -p /srv/{v1,v2}
	mount --bind /srv/v1 /opt
	mount --make-private /opt
	mount --tuck /srv/v2 /opt
	service --propagation private
	run umount --reveal /opt
	[[ $status -eq 64 ]]
	run findmnt --tucked --namespaces -n -r -o TARGET,FSROOT,PID /opt
	[[ $output == *"/opt /srv/v1 $SERVICE" ]]
}

# chrooted DIRECTORY: a mount namespace with one process, which runs in a chroot there; sets SERVICE. Outside of
# the chroot, /opt is a mount that nobody else has.
chrooted() {
	local file
	mkdir -p "$1"
	for file in /bin/sleep $(ldd /bin/sleep | grep -o '/[^ ]*'); do
		mkdir -p "$1${file%/*}"
		cp -L "$file" "$1$file"
	done
	unshare --mount --propagation private bash -c '
		mount -t ramfs outside /opt && exec chroot "$0" /bin/sleep 1000' "$1" 3>&- &
	SERVICE=$!
	SERVICES+=("$SERVICE")
	until [[ $(readlink "/proc/$SERVICE/exe") == */sleep ]]; do sleep 0.02; done
	[[ $(readlink "/proc/$SERVICE/root") == "$1" ]]
	[[ $(cat "/proc/$SERVICE/mountinfo") != *outside* ]]
}

# on_kernel VERSION COMMAND...: see tests/older-kernel.c.
on_kernel() {
	local version=$1
	shift
	MOUNT_TUCK_TEST_KERNEL=$version LD_PRELOAD=$MOUNT_TUCK_BUILD/older-kernel.so \
		ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0 "$@"
}

@test "findmnt --namespaces reads all of a namespace whose only process is in a chroot" {
	mount --make-rprivate /
	chrooted /srv/plain
	everywhere --propagation -S outside -n -r -o TARGET,PID,COMMAND
	[[ $status -eq 0 && $output == "/opt $SERVICE sleep" ]]
	for version in 6.1 6.12; do
		run on_kernel $version findmnt --propagation --namespaces -S outside -n -r -o TARGET,PID
		[[ $output == *"/opt $SERVICE"* ]]
	done
}

@test "findmnt --namespaces reads all of a namespace whose only process is in a chroot that is a mount" {
	mount --make-rprivate /
	mkdir /srv/mounted
	mount -t ramfs container /srv/mounted
	chrooted /srv/mounted
	everywhere --propagation -S outside -n -r -o TARGET,PID
	[[ $status -eq 0 && $output == "/opt $SERVICE" ]]
	for version in 6.1 6.12; do
		run on_kernel $version findmnt --propagation --namespaces -S outside -n -r -o TARGET,PID
		[[ $output == *"/opt $SERVICE"* ]]
	done
}

@test "findmnt --namespaces says that it can't find namespaces without a process, where the kernel does not let it" {
	needs_kernel_feature namespace-walk
	run findmnt --propagation --namespaces
	[[ $status -eq 0 || ($status -eq 64 && $output == *"$unfound"*) ]]
	[[ $(uname -r) == 6.1[2-7].* || $status -eq 64 ]]
	run findmnt --tucked --namespaces --wait -S absent
	[[ $(uname -r) == 6.1[2-7].* || ($status -eq 64 && ${lines[-1]} == "$unfound") ]]
	[[ ${lines[0]} == "findmnt: no mount has the source absent" ]]
	# A kernel that knows no list: what is found is all that could be asked for.
	run on_kernel 6.1 findmnt --propagation --namespaces
	[[ $status -eq 0 && $output != *findmnt:* ]]
	run on_kernel 6.1 findmnt --propagation --namespaces --verbose
	[[ $status -eq 0 && $output == *"without a process can't be found: this kernel has no list of them"* ]]
}

@test "findmnt --namespaces tells an unprivileged caller what it could not see, with status 64" {
	service --propagation private
	run setpriv --reuid 65534 --regid 65534 --clear-groups findmnt --propagation --namespaces -n -o TARGET,NS
	[[ $status -eq 64 && $output == *"can't "*"mount namespace"* ]]
}

# Without what differs by design: --output-all has the columns that only listmount knows.
columns=TARGET,SOURCE,FSTYPE,OPTIONS,VFS-OPTIONS,FS-OPTIONS,PROPAGATION,OPT-FIELDS,ID,PARENT,MAJ:MIN,FSROOT

same_either_way() {
	local form
	for form in "" -l -J -P; do
		diff <(findmnt --kernel=mountinfo -o "$columns" $form) <(findmnt --kernel=listmount -o "$columns" $form)
	done
	diff <(findmnt --kernel=mountinfo) <(findmnt)
}

# The same again where statmount does not say enough, or is not there: then the file is what is read.
same_on_older_kernels() {
	local version way
	for version in 6.12 6.1; do
		for way in "" --kernel=listmount "--kernel=listmount -J" -P; do
			# shellcheck disable=SC2086 # options are words
			diff <(findmnt --kernel=mountinfo -o "$columns" ${way#--kernel=listmount}) \
				<(on_kernel $version findmnt -o "$columns" $way)
		done
		diff <(findmnt --kernel=mountinfo /usr) <(on_kernel $version findmnt /usr)
		diff <(findmnt --propagation) <(on_kernel $version findmnt --propagation)
		[[ -z $(on_kernel $version findmnt --kernel=listmount -no UNIQ-ID /usr) ]]
	done
}

strange_mounts() {
	mount -t tmpfs 'one#x y' /opt
	mkdir '/opt/a	b\c' '/opt/new
line'
	mount -t tmpfs -o ro,nosuid,nodev,noexec,noatime,nodiratime,sync two '/opt/a	b\c'
	mount -t tmpfs -o strictatime,lazytime '' '/opt/new
line'
	mount -t overlay -o lowerdir=/usr/bin:/usr/lib overlaid /mnt
	mount --make-unbindable /mnt
	mkdir /srv/one /srv/gone
	mount --bind -o ro /srv/one /home
	mount --bind /srv/gone /srv/one
	rmdir /srv/gone
}

@test "findmnt reads the same from mountinfo and from listmount" {
	needs_listmount
	strange_mounts
	same_either_way
	same_on_older_kernels
}

@test "findmnt reads the same either way in a slave namespace, propagate_from where it is asked for" {
	needs_listmount
	strange_mounts
	service --propagation slave
	export -f same_either_way same_on_older_kernels on_kernel
	export columns
	in_service "$SERVICE" bash -ec same_either_way
	in_service "$SERVICE" bash -ec same_on_older_kernels
}

@test "findmnt reads the same either way in a chroot, and shows what is in sight alone" {
	needs_listmount
	mkdir -p /srv/root/{usr,proc,opt,bin,lib,lib64,dev}
	mount --bind /dev /srv/root/dev
	mount --bind /usr /srv/root/usr
	mount -t proc proc /srv/root/proc
	for dir in bin lib lib64; do rmdir /srv/root/$dir; ln -s usr/$dir /srv/root/$dir; done
	mkdir -p "/srv/root${MOUNT_TUCK_BUILD%/*}" "/srv/root$MOUNT_TUCK_BUILD"
	mount --bind "$MOUNT_TUCK_BUILD" "/srv/root$MOUNT_TUCK_BUILD"
	export -f same_either_way same_on_older_kernels on_kernel
	export columns
	chroot /srv/root /bin/bash -ec same_either_way
	chroot /srv/root /bin/bash -ec same_on_older_kernels
	run chroot /srv/root "$MOUNT_TUCK_BUILD/findmnt" -n -l -o TARGET
	[[ $output != *srv* && $output == *"/usr"* ]]
}

@test "findmnt --namespaces reads the same on kernels whose statmount says less, and without one" {
	local version
	layouts
	everywhere --propagation -t ramfs -o +VFS-OPTIONS,FSROOT,NS,PID
	expected=$output
	for version in 6.12 6.1; do
		diff <(echo "$expected") <(on_kernel $version findmnt --propagation --namespaces -t ramfs -o +VFS-OPTIONS,FSROOT,NS,PID 2>/dev/null)
	done
}

@test "findmnt --namespaces has the unique ids of all mounts where they are asked for" {
	needs_listmount
	layouts
	everywhere --propagation -t ramfs -n -r -o TARGET,UNIQ-ID
	[[ ${#lines[@]} -eq 6 && ${lines[0]} == *" "[1-9]* && ${lines[5]} == *" "[1-9]* ]]
	mount --make-rprivate /
	mkdir /srv/mounted
	mount -t ramfs container /srv/mounted
	chrooted /srv/mounted
	everywhere --propagation -S outside -n -r -o TARGET,PID,UNIQ-ID
	[[ $status -eq 0 && $output == "/opt $SERVICE "[1-9]* ]]
}

@test "findmnt TARGET finds a mount point by its id, stacked ones too, as the table has them" {
	strange_mounts
	mount -t tmpfs over /opt
	mkdir /tmp/here
	ln -s /opt /tmp/link
	cd /opt
	for target in / /opt /opt/ . /tmp/link /home /mnt; do
		for way in "" -M -T; do
			diff <(findmnt --kernel=mountinfo $way "$target") <(findmnt $way "$target")
			diff <(findmnt --kernel=mountinfo -J $way "$target") <(findmnt -J $way "$target")
		done
	done
	run findmnt /tmp/here
	[[ $status -eq 1 && -z $output ]]
}

@test "findmnt TARGET takes a block device for one, and any other mount point for that alone" {
	needs_loop_devices
	needs_listmount
	truncate -s 8M "$BATS_TEST_TMPDIR.image"
	mkfs.ext4 -q "$BATS_TEST_TMPDIR.image"
	DEVICE=$(losetup -f --show "$BATS_TEST_TMPDIR.image")
	mount "$DEVICE" /srv
	mount --bind "$DEVICE" "$DEVICE"
	run findmnt -n -o TARGET "$DEVICE"
	expected=$(/usr/bin/findmnt -n -o TARGET "$DEVICE")
	umount "$DEVICE" /srv
	losetup -d "$DEVICE"
	[[ $expected == /srv && $output == /srv ]]
	# As findmnt(8) says.
	mount -t tmpfs over /opt
	mount -t tmpfs /opt /mnt
	run findmnt -n -o TARGET /opt
	[[ $output == /opt ]]
	for way in -k -S; do
		run findmnt $way /opt -n -o TARGET
		[[ $output == /mnt ]]
	done
}

#!/usr/bin/env bats
# mount and umount, set-user-ID root and called by nobody: the requests that a user can make, and the environment
# that a user can prepare. SECURITY.md names each of these tests.
# shellcheck disable=SC2034,SC2153,SC2154 # read and set by lib and restricted

load lib
load restricted

setup() {
	restricted_setup
	# libblkid 2.41 reads this one when it is loaded, before any program could clear it, and prints no addresses.
	blkid_debug=(LIBBLKID_DEBUG=all)
	! has_libmount 2.41 || blkid_debug=()
}

# mounted_by_nobody SOURCE: on /mnt/a, with the note in utab that a set-user-ID mount makes. (libmount 2.41 makes none
# for root's -o user=nobody.)
mounted_by_nobody() {
	mount -t tmpfs "$1" /mnt/a
	mkdir -p /run/mount
	echo "SRC=$1 TARGET=/mnt/a ROOT=/ OPTS=user=nobody" >/run/mount/utab
}

@test "a user mounts and unmounts what fstab grants by user, users, owner and group, and nothing else" {
	for word in user users; do
		fstab "a /mnt/a tmpfs $word,noauto"
		as_user mount /mnt/a
		[[ $(mounts) == "/mnt/a rw,nosuid,nodev,noexec,relatime tmpfs a" ]]
		as_user umount /mnt/a
		[[ $(mounts) == "" ]]
	done
	# Whose device it is decides; libmount 2.38 lets nobody mount it all the same.
	mknod /device b 7 250
	for word in owner group; do
		fstab "/device /mnt/a tmpfs $word,noauto"
		for owner in nobody:nogroup root:root; do
			chown "$owner" /device
			run "${user[@]}" /usr/bin/mount /mnt/a
			theirs=$status:$(mounts)
			[[ $status -ne 0 ]] || umount /mnt/a
			run as_user mount /mnt/a
			[[ $status:$(mounts) == "$theirs" && ($owner == nobody:* || $status -ne 0) ]]
			[[ $status -ne 0 ]] || umount /mnt/a
		done
		mounted_by_nobody /device
		as_user umount /mnt/a
	done
	for options in rw nouser nousers noowner; do
		fstab "a /mnt/a tmpfs $options,noauto"
		unchanged as_user mount /mnt/a
		[[ $status -eq 32 && $output == *"must be superuser"* ]]
	done
	mounted_by_nobody a
	unchanged as_user umount /mnt/a
	[[ $status -eq 32 ]]
}

@test "a user unmounts by the mount point alone" {
	image /users-image disc
	fstab "/users-image /mnt/a ext4 users,noauto"
	ln -s /mnt/a /link
	as_user mount /mnt/a
	unchanged as_user umount /users-image
	[[ $status -eq 32 ]]
	says "umount: /users-image: an ordinary user must name the mount point, which is /mnt/a"
	for loop in $(findmnt -no SOURCE /mnt/a); do
		unchanged as_user umount "$loop"
		[[ $status -eq 32 ]]
		says "umount: $loop: an ordinary user must name the mount point, which is /mnt/a"
	done
	unchanged as_user umount LABEL=disc
	[[ $status -eq 1 ]]
	as_user umount /link
	[[ $(mounts) == "" ]]
}

@test "a user's --try runs nothing as root, also for a mount that fstab grants" {
	mount -t tmpfs old /mnt/a
	fstab "a /mnt/a tmpfs users,noauto"
	for words in "/opt /mnt/a" /mnt/a; do
		# shellcheck disable=SC2086 # several words
		unchanged as_user mount --tuck --try="id -u >$home/tried" $words
		[[ $status -ne 0 && ! -e $home/tried ]]
	done
}

@test "tuck, beneath, reveal and namespaces are refused to a user" {
	fstab "a /mnt/a tmpfs users"
	mount -t tmpfs old /mnt/a
	mount -t tmpfs new /mnt/a
	service
	for words in "--tuck /opt /mnt/a" "--tuck=kernel /opt /mnt/a" "--beneath /opt /mnt/a" "--tuck /mnt/a" \
		"--tuck --reveal /opt /mnt/a" "--tuck --source-namespace=caller /opt /mnt/a"; do
		# shellcheck disable=SC2086
		unchanged as_user mount $words
		refused caller-capable 1
	done
	for words in --reveal --reveal=force; do
		unchanged as_user umount "$words" /mnt/a
		refused caller-capable 1
	done
	for words in "mount -N $SERVICE /mnt/a" "mount -N $SERVICE --tuck /opt /mnt/a" \
		"mount --tuck -N $SERVICE --source-namespace=caller /opt /mnt/a" \
		"umount -N $SERVICE /mnt/a" "umount -N $SERVICE --reveal /mnt/a"; do
		# shellcheck disable=SC2086
		unchanged as_user $words
		[[ $status -eq 2 || $status -eq 1 ]]
		says "Permission denied"
	done
}

# option_words PROGRAM: a command line for every option of its --help, with an argument where it takes one.
option_words() {
	"$1" --help | sed -nE 's/^ (-.|  ), ?--([a-z-]+)(\[?=?.*)?$/\2/p; s/^ +(-[a-zA-Z], )?--([a-z-]+).*/\2/p' | sort -u
}

@test "of all options in --help, only those on the list leave a user what fstab grants" {
	fstab "a /mnt/a tmpfs users"
	declare -A argument=([fstab]=/etc/fstab [test-opts]=x [types]=tmpfs [target-prefix]=/ [options]=rw
		[options-mode]=append [options-source]=fstab [source-namespace]=caller [namespace]=1
		[map-groups]=0:0:1 [map-users]=0:0:1)
	listed_mount=" show-labels read-only ro exclusive internal-only verbose label uuid source target help version "
	listed_umount=" no-canonicalize detach-loop internal-only lazy verbose quiet graceful help version "
	for program in mount umount; do
		count=0
		listed=listed_$program
		while read -r option; do
			[[ ${!listed} != *" $option "* ]] || continue
			count=$((count + 1))
			[[ $program == mount ]] || mount /mnt/a
			[[ -z ${argument[$option]:-} ]] || option+=" ${argument[$option]}"
			# shellcheck disable=SC2086
			unchanged as_user $program --$option /mnt/a
			echo "$program --$option: $status $output"
			[[ $option == fake || $status -ne 0 ]]
			[[ $program == mount ]] || umount /mnt/a
		done < <(option_words "$program")
		echo "$program: $count options"
		((count >= 9))
	done
}

@test "an operand more or less, abbreviations and strange words give a user nothing" {
	fstab "a /mnt/a tmpfs users" "b /mnt/b tmpfs rw"
	unchanged as_user mount b /mnt/a
	[[ $status -ne 0 ]]
	unchanged as_user mount a /mnt/b
	[[ $status -ne 0 ]]
	unchanged as_user mount --targ /mnt/b --sou a
	[[ $status -ne 0 ]]
	unchanged as_user mount -rosuid /mnt/a
	[[ $status -ne 0 ]]
	unchanged as_user mount "/mnt/a,suid"
	[[ $status -ne 0 ]]
	unchanged as_user bash -c 'exec -a "" mount /mnt/b'
	[[ $status -ne 0 && $status -lt 126 ]]
	unchanged as_user mount "/$(printf '%0120000d' 0)"
	[[ $status -eq 1 || $status -eq 32 ]]
	mapfile -t many < <(yes /mnt/b | head -n 5000)
	unchanged as_user umount "${many[@]}"
	[[ $status -eq 255 ]]
}

@test "a helper is run as the user, with an environment of a few names" {
	helper 'exec 2>&1; /usr/bin/id -u; /usr/bin/id -g; /usr/bin/id -G; /usr/bin/env | sort; exit 3'
	fstab "a /mnt/a foo users"
	run as_user env -i PATH="/program:/evil:$PATH" HOME=/evil LANG=C.UTF-8 LC_ALL=../../evil LANGUAGE=x/y LC_TIME=de \
		LIBMOUNT_DEBUG=all LIBMOUNT_FSTAB=/evil LIBMOUNT_UTAB=/evil LIBMOUNT_FORCE_MOUNT2=1 "${blkid_debug[@]}" BLKID_FILE=/evil \
		LIBMNTTUCK_ATTACH=flag TEXTDOMAINDIR=/evil NLSPATH=/evil LD_PRELOAD= MALLOC_CHECK_=3 IFS=x ENV=/evil \
		BASH_ENV=/evil SSH_AUTH_SOCK=/run/agent TMPDIR=/evil OPENSSL_CONF=/evil mount /mnt/a
	[[ $status -eq 3 ]]
	[[ $output == "65534
65534
65534
LANG=C.UTF-8
LC_TIME=de
PATH=/usr/sbin:/usr/bin:/sbin:/bin
PWD=/
SSH_AUTH_SOCK=/run/agent" ]]
}

@test "who has given up root's rights has the whole environment of the user again, as with util-linux" {
	helper '/usr/bin/env | /usr/bin/grep -vE "^(_|SHLVL)=" | /usr/bin/sort; exit 3'
	fstab "a /mnt/a foo rw"
	for program in /usr/bin/mount /program/mount; do
		run timeout 60 "${user[@]}" env -i PATH="/home/nobody/bin:/usr/bin" HOME=/home/nobody USER=nobody LOGNAME=nobody SHELL=/bin/sh \
			DBUS_SESSION_BUS_ADDRESS=unix:path=/run/bus XDG_RUNTIME_DIR=/run/user XDG_DATA_HOME=/data LANG=C.UTF-8 LC_TIME=x/y \
			LIBMOUNT_DEBUG= KRB5CCNAME=/tmp/k "$program" -t foo a /mnt/a
		[[ $status -eq 3 ]]
		[[ $output == *HOME=/home/nobody* && $output == *PATH=/home/nobody/bin:/usr/bin* && $output == *XDG_DATA_HOME=/data* ]]
		: "${theirs:=$output}"
	done
	[[ $output == "$theirs" ]]
}

@test "libmount's and our own variables are not heard" {
	fstab "a /mnt/a tmpfs rw"
	echo "a /mnt/a tmpfs users" >/tmp/fstab
	unchanged as_user env LIBMOUNT_FSTAB=/tmp/fstab mount /mnt/a
	[[ $status -ne 0 ]]
	fstab "a /mnt/a tmpfs users"
	run as_user env LIBMOUNT_DEBUG=all "${blkid_debug[@]}" LOOPDEV_DEBUG=all mount /mnt/a
	[[ $status -eq 0 && $output == "" ]]
}

@test "standard files that are closed become /dev/null, and a helper gets no other" {
	# shellcheck disable=SC2016 # for the helper
	helper 'for fd in 0 1 2 3 4 5 6 7 8 9; do (/usr/bin/readlink /proc/$$/fd/$fd >>/opt/files); done; exit 3'
	fstab "a /mnt/a foo users"
	for who in as_user command; do
		rm -f /opt/files
		: >/opt/files
		chmod 666 /opt/files
		(exec <&- >&- 2>&- 3>&- 4>&-; "$who" mount /mnt/a) || [[ $? -eq 3 ]]
		# The C library takes /dev/full for 0.
		[[ $(sed s/full/null/ /opt/files) == $'/dev/null\n/dev/null\n/dev/null' ]]
	done
}

@test "a mask of the user's doesn't choose the modes below /run/mount" {
	fstab "a /mnt/a tmpfs user"
	for mask in 0000 0777; do
		rm -rf /run/mount
		(umask "$mask"; as_user mount /mnt/a)
		[[ $(stat -c %a /run/mount) == 755 ]]
		[[ $(stat -c %a /run/mount/utab) == 644 ]]
		(umask "$mask"; as_user umount /mnt/a)
	done
}

@test "limits of the user's don't keep the note of who mounted it from being written, and are a helper's again" {
	fstab "a /mnt/a tmpfs user"
	for limit in --fsize=0: --nofile=6: --fsize=0:0 --nofile=6:6; do
		run as_user prlimit "$limit" mount /mnt/a
		echo "$limit: $status $output"
		if [[ $limit != *: ]] && (((0x$(awk '/^CapBnd:/ { print $2 }' /proc/self/status) >> 24 & 1) == 0)); then
			# No CAP_SYS_RESOURCE here, so root can't raise it either: then nothing is begun.
			[[ $status -eq 2 && $(mounts) == "" ]]
			says "is too low"
			continue
		fi
		[[ $status -eq 0 ]]
		grep -q "OPTS=.*user=nobody" /run/mount/utab
		as_user prlimit "$limit" umount /mnt/a
		[[ ! -s /run/mount/utab ]]
	done
	# Nothing that was half written.
	[[ $(ls -I utab.lock -I utab.event /run/mount) == utab ]]
	helper 'ulimit -f; exit 3'
	fstab "a /mnt/a foo users"
	run as_user prlimit --fsize=5120: mount /mnt/a
	[[ $status -eq 3 && $output == 10 ]]
}

@test "a helper's end is learnt of although the user ignores SIGCHLD" {
	helper 'exit 3'
	fstab "a /mnt/a foo users"
	run as_user env --ignore-signal=CHLD mount /mnt/a
	[[ $status -eq 3 ]]
}

@test "security bits don't let a capability outlive the user id" {
	fstab "a /mnt/a tmpfs users"
	for bits in +no_setuid_fixup +noroot; do
		unchanged timeout 60 setpriv --securebits "$bits" --reuid nobody --regid nogroup --clear-groups \
			/program/mount -o suid /mnt/a
		[[ $status -ne 0 ]]
		unchanged timeout 60 setpriv --securebits "$bits" --reuid nobody --regid nogroup --clear-groups \
			/program/mount -t tmpfs a /mnt/b
		[[ $status -ne 0 ]]
	done
	mkdir -m 700 /secret
	: >/secret/file
	run timeout 60 setpriv --securebits +no_setuid_fixup --reuid nobody --regid nogroup --clear-groups /program/umount /secret/file
	there=$output
	run timeout 60 setpriv --securebits +no_setuid_fixup --reuid nobody --regid nogroup --clear-groups /program/umount /secret/none
	[[ ${there//file/none} == "$output" ]]
}

@test "capabilities of the file instead of the bit give a user nothing" {
	cp "$MOUNT_TUCK_BUILD/mount" /opt/mount
	setcap cap_sys_admin,cap_dac_override+ep /opt/mount
	unchanged "${user[@]}" /opt/mount -t tmpfs a /mnt/a
	[[ $status -ne 0 ]]
	unchanged "${user[@]}" /opt/mount --tuck /opt /mnt/a
	refused caller-capable 1
}

@test "who is root by the one id and a user by the other goes down to the user" {
	unchanged timeout 60 setpriv --euid nobody --clear-groups "$MOUNT_TUCK_BUILD/mount" -t tmpfs a /mnt/a
	[[ $status -ne 0 ]]
	fstab "a /mnt/a tmpfs users"
	timeout 60 setpriv --ruid nobody --rgid nogroup --clear-groups "$MOUNT_TUCK_BUILD/mount" /mnt/a
	mounts | grep -q ^/mnt/a
	unchanged timeout 60 setpriv --ruid nobody --rgid nogroup --clear-groups "$MOUNT_TUCK_BUILD/mount" -t tmpfs a /mnt/b
	[[ $status -ne 0 ]]
}

@test "where the kernel ignores the bit, a user has what any program of theirs has" {
	fstab "a /mnt/a tmpfs rw"
	unchanged as_user setpriv --no-new-privs mount /mnt/a
	[[ $status -ne 0 ]]
	before=$(mounts)
	run as_user unshare --user --map-root-user --mount sh -c 'mount /mnt/a && umount /mnt/a && mount --tuck --bind /opt /mnt/a'
	refused target-mounted
	[[ $(mounts) == "$before" ]]
}

@test "a list of mounts reads no label with root's rights" {
	mkdir -m 700 /secret
	image /secret/image confidential
	mount -t tmpfs /secret/image /mnt/a
	# Not -t, which costs the privileges by itself.
	run mount -l
	[[ $output == *"on /mnt/a "*"[confidential]"* ]]
	run as_user mount -l
	[[ $output == *"on /mnt/a "* && $output != *confidential* ]]
}

@test "a list of mounts sends a terminal no control characters" {
	needs_loop_devices
	image /image $'\e[2Jlabel'
	device=$(losetup --find --show /image)
	mount -t tmpfs $'\e]0;source\a' /mnt/a
	mount "$device" /mnt/b
	losetup --detach "$device"
	mkdir $'/srv/\e[2J'
	mount -t ramfs c $'/srv/\e[2J'
	run mount -l
	[[ $output == *"?]0;source? on /mnt/a type tmpfs"* && $output == *"[?[2Jlabel]"* && $output == *" on /srv/?[2J type"* ]]
	[[ $output != *$'\e'* && $output != *$'\a'* ]]
}

@test "SECURITY.md names tests that are there" {
	count=0
	while IFS= read -r name; do
		count=$((count + 1))
		grep -hF '@test "' "$BATS_TEST_DIRNAME"/*.bats | grep -qF "@test \"${name%% ...*}" || { echo "no test: $name"; return 1; }
	done < <(awk -F'|' '/^\| .*"/ { print $(NF - 1) }' "$MOUNT_TUCK_SRC/SECURITY.md" | grep -oE '"[^"]+"' | tr -d '"')
	((count >= 30))
}

@test "--enable-setuid installs mount and umount set-user-ID root, and without it make install doesn't" {
	mkdir /tmp/build
	cd /tmp/build
	"$MOUNT_TUCK_SRC/configure" -q --enable-setuid --prefix=/usr
	# What is installed is of no matter here: only the hook is run; the build that is tested has none.
	for build in /tmp/build "$MOUNT_TUCK_BUILD"; do
		root=/opt/root$build
		install -D -m 755 /usr/bin/true "$root/usr/bin/mount"
		install -D -m 755 /usr/bin/true "$root/usr/bin/umount"
		make -s -C "$build" AUTOMAKE=: AUTOCONF=: ACLOCAL=: AUTOHEADER=: prefix=/usr DESTDIR="$root" \
			install-exec-hook bin_PROGRAMS= || [[ $build != /tmp/build ]]
	done
	[[ $(stat -c '%a %u' /opt/root/tmp/build/usr/bin/{,u}mount) == $'4755 0\n4755 0' ]]
	[[ $(stat -c '%a %u' "/opt/root$MOUNT_TUCK_BUILD"/usr/bin/{,u}mount) == $'755 0\n755 0' ]]
	run "$MOUNT_TUCK_SRC/configure" -q --enable-setuid --enable-sanitizers
	[[ $status -ne 0 && $output == *"--enable-setuid"* ]]
}

# shellcheck shell=sh
# What the commands of tools/, tests/ and .ci/ expect of the machine. Each command sources this file first (in sh or
# bash), so that it works whatever the caller's shell has set, and says what it can't work with before it installs or
# builds anything.

# losetup, ldconfig and the like are not in an ordinary user's PATH; a user's directories stay in front.
PATH=${PATH:-/usr/bin:/bin}:/usr/sbin:/sbin
HOME=${HOME:-/root}
# Every Debian has this locale. A locale that is not there makes perl and bash complain at each start.
LC_ALL=C.UTF-8
export PATH HOME LC_ALL
unset LANGUAGE
# Tests read what was built as an ordinary user.
umask 022

# source_is_usable COMMAND DIR: whether COMMAND can build below DIR, the sources. If not, it says why, and what to do.
source_is_usable() {
	case $2 in
	*[[:space:]\\\"\#\$\&\'\`]*)
		echo "$1: configure can't work in a path with a blank or a special character: $2" >&2
		echo "$1: move the sources, for example to /var/tmp/mount-tuck" >&2
		return 1
		;;
	esac
	[ -w "$2" ] && return
	echo "$1: $2 can't be written to, and this command builds there" >&2
	echo "$1: work in a copy: cp -a $2 /var/tmp/mount-tuck" >&2
	return 1
}

# Whether image files can be mounted. Containers often have no loop devices.
has_loop_devices() { [ -e /dev/loop-control ] || [ -b /dev/loop0 ]; }

# For how many seconds a lock of apt or dpkg is waited for, that another program holds: apt-get $apt_waits install.
lock_seconds=600
apt_waits="-o DPkg::Lock::Timeout=$lock_seconds"

# update_lists COMMAND: apt-get update, which does not wait for the lock of its lists by itself. All it says is on stderr.
update_lists() {
	update_log=$(mktemp)
	update_end=$(($(date +%s) + lock_seconds))
	update_waits=false
	while :; do
		update_status=0
		apt-get update --quiet >"$update_log" 2>&1 || update_status=$?
		[ "$update_status" -ne 0 ] && grep -q 'Could not get lock' "$update_log" || break
		[ "$(date +%s)" -lt "$update_end" ] || break
		$update_waits || echo "$1: waiting for another program: $(grep -m 1 'Could not get lock' "$update_log")" >&2
		update_waits=true
		sleep 1
	done
	cat "$update_log" >&2
	rm -f "$update_log"
	return "$update_status"
}

# Sourced by every job. A job is a script in this directory, named in the file order: it runs as root on a machine that has
# booted, as a service of systemd, with this directory as /job, in which there are also the program reader and six versions
# of an application, v1.squashfs to v6.squashfs. It says "ok - SENTENCE" or "not ok - SENTENCE" for each promise, and "# ..."
# for what it measured, and leaves nothing mounted and no service.
set -u
export SYSTEMD_COLORS=0 SYSTEMD_PAGER='' SYSTEMD_LOG_LEVEL=warning
results=/run/readers
mkdir -p "$results"

# holds SENTENCE COMMAND...: what must hold; what the command says is shown if it does not.
holds() {
	local sentence=$1 said
	shift
	if said=$("$@" 2>&1); then
		echo "ok - $sentence"
	else
		echo "not ok - $sentence"
		[[ -z $said ]] || printf "%s\n" "$said" | sed "s/^/#   /"
	fi
}

# equal IS SHOULD-BE
equal() { [[ $1 == "$2" ]] || { echo "\"$1\", not \"$2\""; return 1; }; }

fact() { echo "# $*"; }

# base PATH: the directory that the first version is mounted on, and that nobody may ever see.
base() {
	mkdir -p "$1"/{bin,data,secret}
	echo base >"$1/version"
}

# first N PATH, update N PATH [OPTION...]: version N as the first there, or in the place of the one before.
first() { tuck-mount -t squashfs -o ro,nodev "/job/v$1.squashfs" "$2"; }
update() {
	local n=$1 path=$2
	shift 2
	tuck-mount --tuck --reveal "$@" -t squashfs -o ro,nodev "/job/v$n.squashfs" "$path"
}

# service NAME PROPERTY...: a service of that name that sleeps; returns when it runs. reader NAME FILE PROPERTY...: one that
# reads FILE all the time.
service() { start "$1" /usr/bin/sleep infinity "${@:2}"; }
reader() {
	start "$1" "$reader" "$2" --property=StandardOutput="truncate:$results/$1" "${@:3}"
}
reader=/srv/reader
start() {
	local name=$1 command=("$2" "$3") properties=() property
	shift 3
	for property; do
		[[ $property == --* ]] || property=--property=$property
		properties+=("$property")
	done
	systemctl reset-failed "test-$name.service" 2>/dev/null
	systemd-run --quiet --unit="test-$name" --property=Type=exec "${properties[@]}" "${command[@]}"
}
end() { systemctl stop "test-$1.service"; }
# pid_of NAME: its process, which is the only one of its control group; 0: it has ended. To ask systemd takes much longer.
pid_of() {
	local pid=
	read -r pid 2>/dev/null <"/sys/fs/cgroup/system.slice/test-$1.service/cgroup.procs"
	echo "${pid:-0}"
}

# shows NAME PATH: what the first line of that file is to that service.
shows() {
	local line=
	read -r line 2>/dev/null <"/proc/$(pid_of "$1")/root$2" || line=${line:-nothing}
	echo "$line"
}

# counted NAME WORD: how often that reader, which has ended, read WORD.
counted() { grep -oE "(^| )$2=[0-9]+" "$results/$1" | cut -d = -f 2 | grep . || echo 0; }

# The number of mounts at PATH here, or that PID sees.
stacked() { awk -v path="$1" '$5 == path' "/proc/${2:-self}/mountinfo" | wc -l; }

# unmounted PATH...: everything there is taken away.
unmounted() {
	local path
	for path; do
		while mountpoint -q "$path"; do tuck-umount --lazy "$path" || return; done
	done
}

# left: what is left of the job's: loop devices, with those who have them mounted or open, and services.
left() {
	local device file
	losetup --list --noheadings --output NAME,BACK-FILE,AUTOCLEAR | while read -r device file; do
		echo "$device $file, mounted for: $(grep -l " $device " /proc/[0-9]*/mountinfo 2>/dev/null | tr '\n' ' ')"
		find /proc/[0-9]*/fd -lname "$device" 2>/dev/null
	done
	systemctl list-units --no-legend --plain 'test-*'
}
nothing_left() {
	local n said
	for n in {1..20}; do
		said=$(left)
		[[ -n $said ]] || return 0
		sleep 0.5
	done
	echo "$said"
	return 1
}

cp /job/reader "$reader"
base /opt

# For the tests here that call enter_world, and for tests/fault/run: a world of three namespaces, versions of every kind,
# readers, and the counts of passed and failed checks.
#
#   host        /srv/apps is shared, and /srv/apps/opt is the target
#   service     a slave of the host, as a service manager makes one
#   container   private, except /incoming, which is a slave of the host's /srv/apps: the target is /incoming/opt
#
# The world is a mount namespace with a root of its own and process numbers of its own (tests/in-root.c), and all
# of its processes, mounts and loop devices end with it.

# enter_world SCRIPT ARGUMENT...: start SCRIPT again in the world; only returns there.
enter_world() {
	local script status=0 left
	script=$(realpath "$1")
	src=$(cd "$(dirname "$script")/../.." && pwd)
	# shellcheck source=tools/machine.sh
	. "$src/tools/machine.sh"
	# shellcheck source=tests/built.bash
	. "$src/tests/built.bash"
	build=$src/build
	long=false
	seed=$((SRANDOM))
	shift
	while (($#)); do
		case $1 in
		--builddir) build=$(build_directory "$2"); shift ;;
		--long) long=true ;;
		--seed) seed=$2; shift ;;
		*)
			echo "usage: $script [--long] [--builddir DIR] [--seed NUMBER]" >&2
			exit 1
			;;
		esac
		shift
	done
	export MOUNT_TUCK_SRC=$src MOUNT_TUCK_BUILD=$build
	if [[ -z ${STRESS_WORLD:-} ]]; then
		((EUID == 0)) || { echo "$script: needs root, for mount namespaces of its own" >&2; exit 1; }
		if ! has_loop_devices; then
			printf 'ok - %s # skip this machine has no loop devices\n0 passed, 0 failed, 1 skipped\n' "${script##*/}"
			exit 0
		fi
		needs_built "${script#"$src/"}" "$build" stress-kill stress-reader fault fault-malloc.so
		STRESS_WORLD=/stress-$$-$SRANDOM
		arguments=(--builddir "$build" --seed "$seed")
		! $long || arguments+=(--long)
		STRESS_WORLD=$STRESS_WORLD MOUNT_TUCK_KEEP=$(printf '%s\n' "$src" "$build") \
			"$build/in-root" --pids "$script" "${arguments[@]}" || status=$?
		# The kernel removes the world a moment after its last process has ended.
		for _ in {1..50}; do
			left=$(losetup --list --noheadings --output BACK-FILE | grep -F "$STRESS_WORLD/") || break
			sleep 0.1
		done
		[[ -z $left ]] || { printf '# loop devices of %s are left\n0 passed, 1 failed\n' "$left"; exit 1; }
		exit "$status"
	fi
	echo "# seed $seed"
	RANDOM=$((seed % 32768))
	# shellcheck source=tests/lib.bash
	. "$src/tests/lib.bash"
	sources=$STRESS_WORLD
	SERVICES=()
	make_world
}

# ---- the world ----

apps=/srv/apps
target=$apps/opt

# make_content DIRECTORY TEXT: make the files that every version has, and the base, too.
make_content() {
	mkdir -p "$1/child" "$1/other"
	echo "$2" >"$1/version"
	echo "$2" >"$1/child/version"
}

make_world() {
	mkdir "$sources" "$apps"
	mount -t tmpfs sources "$sources"
	mount --make-private "$sources"
	mount -t tmpfs apps "$apps"
	make_content "$target" base
	echo base >"$target/base"
	make_versions
	mkdir "/incoming"
	service --propagation slave
	service=$SERVICE
	start_container
	declare -gA where=([host]=$target [service]=$target [container]=/incoming/opt)
	declare -gA holder=([host]=$$ [service]=$service [container]=$container)
	places=(host service container)
}

# All mounts are private, except the one that receives the host's mounts.
start_container() {
	local ready=/tmp/ready.container
	mkfifo "$ready"
	# shellcheck disable=SC2016 # the inner shell's
	unshare --mount --propagation slave sh -c '
		mount --bind "$1" /incoming && umount -l "$1" && mount --make-private / && echo >"$2"; exec sleep 10000' sh "$apps" "$ready" &
	container=$!
	SERVICES+=("$container")
	read -r _ <"$ready"
}

# Sources of every kind: the directory $sources/KIND, or an image of it.
make_versions() {
	local kind
	for kind in bind tmpfs overlay upper squashfs erofs moved rbind; do
		[[ $kind != tmpfs && $kind != rbind ]] || {
			mkdir "$sources/$kind"
			mount -t tmpfs "$kind" "$sources/$kind"
		}
		make_content "$sources/$kind" "v $kind"
	done
	echo hidden >"$sources/rbind/child/version"
	mount -t tmpfs child "$sources/rbind/child"
	echo "v rbind" >"$sources/rbind/child/version"
	rm -r "$sources/upper/child" # the lower layer has it
	echo "v overlay" >"$sources/upper/version"
	mkdir "$sources/stage"
	mksquashfs "$sources/squashfs" "$sources/image.squashfs" -quiet -no-progress >/dev/null
	mkfs.erofs --quiet "$sources/image.erofs" "$sources/erofs" >/dev/null 2>&1
}

# operands KIND: set the arguments of mount for a version of that kind.
# shellcheck disable=SC2034 # the callers'
operands() {
	case $1 in
	bind | tmpfs) ARGUMENTS=(--bind "$sources/$1" "$target") ;;
	rbind) ARGUMENTS=(--rbind "$sources/rbind" "$target") ;;
	overlay) ARGUMENTS=(-t overlay -o "lowerdir=$sources/upper:$sources/overlay" overlay "$target") ;;
	squashfs | erofs) ARGUMENTS=("$sources/image.$1" "$target") ;;
	fuse) ARGUMENTS=(-t fuse.squashfuse "$sources/image.squashfs" "$target") ;;
	new) ARGUMENTS=(-t tmpfs new "$target") ;;
	moved)
		mount -n -t tmpfs moved "$sources/stage"
		make_content "$sources/stage" "v moved"
		ARGUMENTS=(--move "$sources/stage" "$target")
		;;
	esac
}

# at PLACE: print the sources of the mounts at the target there, from the bottom to the top, in one line.
at() {
	stack "${where[$1]}" "${holder[$1]}" | paste -sd ' '
}

# height PLACE: print how many mounts there are at the target.
height() {
	awk -v path="${where[$1]}" '$5 == path' "/proc/${holder[$1]}/mountinfo" | wc -l
}

# shown PLACE: print the first line of the version that is visible there.
shown() {
	local line=nothing
	read -r line <"/proc/${holder[$1]}/root${where[$1]}/version"
	echo "$line"
}

# elsewhere: print the mounts of all namespaces, without their ids, except those at the target and those that came with a
# version ("rbind" has one).
elsewhere() {
	local place
	for place in "${places[@]}"; do
		awk -v path="${where[$place]}" -v place="$place" '
			$5 != path && !($5 == path "/child" && / child rw/) { print place, $4, $5, $6 }' "/proc/${holder[$place]}/mountinfo"
	done | sort
}

# loops: print how many loop devices have this world's images.
loops() {
	losetup --list --noheadings --output BACK-FILE | grep -cF "$sources/" || true
}

# ---- readers ----

# start_readers COUNT: start so many readers in each namespace.
start_readers() {
	local place number name ready in out
	READERS=()
	declare -gA to from
	for place in "${places[@]}"; do
		for ((number = 0; number < $1; number++)); do
			name=$place-$number
			mkfifo "/tmp/$name.in" "/tmp/$name.out"
			nsenter --mount="/proc/${holder[$place]}/ns/mnt" --wd=/ nice -n "${reader_nice:-5}" \
				"$build/stress-reader" "${where[$place]%/opt}" opt <"/tmp/$name.in" >"/tmp/$name.out" &
			exec {in}>"/tmp/$name.in" {out}<"/tmp/$name.out"
			rm "/tmp/$name.in" "/tmp/$name.out"
			if ! read -r ready <&"$out" || [[ $ready != ready ]]; then give_up "no reader in $name"; fi
			READERS+=("$name")
			to[$name]=$in from[$name]=$out
		done
	done
	for name in "${READERS[@]}"; do echo go >&"${to[$name]}"; done
}

# stop_readers: stop them; sets LOOKUPS, VERSIONS, BASES, HIDDEN, FAILURES, and SAW[place], the bases found there.
stop_readers() {
	local name in out lookups versions bases hidden failures
	LOOKUPS=0 VERSIONS=0 BASES=0 HIDDEN=0 FAILURES=0
	declare -gA SAW=()
	for name in "${READERS[@]}"; do in=${to[$name]}; exec {in}>&-; done
	for name in "${READERS[@]}"; do
		out=${from[$name]}
		read -r lookups versions bases hidden failures <&"$out" || give_up "no count from $name"
		exec {out}<&-
		LOOKUPS=$((LOOKUPS + lookups)) VERSIONS=$((VERSIONS + versions)) BASES=$((BASES + bases))
		HIDDEN=$((HIDDEN + hidden)) FAILURES=$((FAILURES + failures))
		SAW[${name%-*}]=$((${SAW[${name%-*}]:-0} + bases))
	done
}

# ---- what passed ----

passed=0 failed=0

# check SENTENCE COMMAND...: count COMMAND as one check that passes or fails.
check() {
	local sentence=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
		echo "ok - $sentence"
	else
		failed=$((failed + 1))
		echo "not ok - $sentence"
	fi
}

finish() {
	echo "$passed passed, $failed failed"
	((failed == 0 && passed > 0))
	exit
}

give_up() {
	echo "not ok - $*"
	failed=$((failed + 1))
	finish
}

# same_everywhere NUMBER: check that every namespace has so many mounts at the target.
same_everywhere() {
	local place status=0
	for place in "${places[@]}"; do
		[[ $(height "$place") == "$1" ]] || { echo "# $place: $(height "$place") mounts at the target, wanted $1: $(at "$place")"; status=1; }
	done
	return "$status"
}

# Functions that fetch packages of other Debian suites from the mirror that apt uses, without changing apt's own
# configuration, lists and cache. For tools that set -euo pipefail and have a function fail.

# debian_mirror: print the first Debian mirror in apt's sources that has a release's own suite, not -security or -updates.
debian_mirror() {
	local mirror
	mirror=$(debian_mirror_of_lists)
	if [[ -z $mirror ]]; then
		update_lists tools/debian.bash || true
		mirror=$(debian_mirror_of_lists)
	fi
	[[ -n $mirror ]] || fail "no Debian mirror among apt's sources"
	echo "$mirror"
}

debian_mirror_of_lists() {
	# shellcheck disable=SC2016 # apt's variables
	apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(CODENAME)' 'Created-By: Packages' |
		awk '$2 == "Debian" && $3 !~ /-/ && !mirror { mirror = $1 } END { print mirror }'
}

# suite_open DIR SUITE [ARCHITECTURE]: fetch that suite's lists of packages into DIR; suite_apt and suite_cache then use
# them, as on a machine of that architecture (default: this machine's).
suite_open() {
	local mirror
	mirror=$(debian_mirror)
	SUITE_DIR=$1 SUITE_ARCHITECTURE=${3:-$(dpkg --print-architecture)}
	mkdir -p "$1"/apt/{lists,cache/archives}/partial
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $2 main" >"$1/apt/sources.list"
	suite_apt update || fail "can't read the lists of $mirror $2"
}

suite_apt() { suite_command apt-get "$@" >&2; }
suite_cache() { suite_command apt-cache "$@"; }
suite_command() {
	local command=$1
	shift
	"$command" -qq -o Dir::Etc::SourceList="$SUITE_DIR/apt/sources.list" -o Dir::Etc::SourceParts=- \
		-o Dir::State::Lists="$SUITE_DIR/apt/lists" -o Dir::Cache="$SUITE_DIR/apt/cache" \
		-o APT::Architecture="$SUITE_ARCHITECTURE" -o APT::Architectures="$SUITE_ARCHITECTURE" \
		-o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::Retries=2 "$@"
}

# debian_root DIR SUITE PACKAGE...: make a root directory of that release in DIR, with these packages; the output is in DIR.log.
debian_root() {
	local dir=$1 suite=$2 mirror proxy=
	shift 2
	mirror=$(debian_mirror)
	eval "$(apt-config shell proxy Acquire::http::Proxy)"
	http_proxy=${proxy:-${http_proxy:-}} unshare --mount --propagation private \
		debootstrap --variant=minbase --include="$(IFS=,; echo "$*")" \
		--keyring=/usr/share/keyrings/debian-archive-keyring.gpg "$suite" "$dir" "$mirror" >"$dir.log" 2>&1 || {
		tail -n 20 "$dir.log" "$dir/debootstrap/debootstrap.log" >&2 || true
		fail "can't make a root of $suite"
	}
	rm -rf "$dir"/var/cache/apt/archives/*.deb
}

# debian_kernel DIR SUITE: that release's kernel for virtual machines, as DIR/vmlinuz and, with its modules, DIR/root. Nothing
# is done if it is there.
debian_kernel() {
	local dir=$1 suite=$2 packages kernel deb
	[[ ! -e $dir/vmlinuz ]] || return 0
	rm -rf "$dir"
	mkdir -p "$dir/debs"
	suite_open "$dir" "$suite"
	packages=$(suite_cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks \
		--no-replaces --no-enhances linux-image-cloud-amd64 |
		grep -oE '^linux-(image|binary|modules|base)-[0-9][^ ]*' | sort -u)
	[[ -n $packages ]] || fail "no kernel in $suite"
	# shellcheck disable=SC2086 # a list of words
	(cd "$dir/debs" && suite_apt download $packages) || fail "can't download from $suite"
	for deb in "$dir"/debs/*.deb; do dpkg -x "$deb" "$dir/root"; done
	kernel=$(find "$dir/root" -name 'vmlinuz*' -type f -print -quit)
	rm -rf "$dir/apt" "$dir/debs"
	mv "$kernel" "$dir/vmlinuz"
}

# kernel_modules DIR: the directory of modules, named for the kernel's release, of what debian_kernel has put into DIR.
kernel_modules() { find "$1/root" -path '*/lib/modules/*' -prune -type d -print -quit; }

# Commands for sh, in a mount namespace of its own and in a root directory: mount the machine's devices in dev, except for
# null, zero and the like, which are made there: so a chmod there does not change the machine's.
# shellcheck disable=SC2016,SC2034 # expanded by another shell; read by those that source this
mount_devices='
	mount --rbind /dev dev
	mount -t tmpfs nodes mnt
	for node in null:3 zero:5 full:7 random:8 urandom:9; do
		mknod -m 666 "mnt/${node%:*}" c 1 "${node#*:}"
		mount --bind "mnt/${node%:*}" "dev/${node%:*}"
	done
	umount -l mnt'

# in_debian_root DIR COMMAND...: COMMAND with that root directory for the machine's, in a mount namespace of its own. Of the
# environment it has only what in_debian_root is told in ENVIRONMENT, an array of NAME=VALUE.
in_debian_root() (
	cd "$1" || exit
	shift
	# shellcheck disable=SC2016 # expanded by the inner shell
	exec unshare --mount --propagation private sh -ec '
		mount --bind . .
		cd "$PWD"
		'"$mount_devices"'
		mount --rbind /sys sys
		mount -t proc proc proc
		mount -t tmpfs -o mode=1777 tmp tmp
		pivot_root . .
		umount -l .
		cd /
		exec env -i "$@"' sh "${ENVIRONMENT[@]}" "$@"
)

# debian_run DIR COMMAND...: with that root directory, no network, and namespaces that end with it.
debian_run() {
	local dir=$1
	shift
	# shellcheck disable=SC2016 # expanded there
	unshare --mount --propagation private --pid --fork --kill-child --net env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		LC_ALL=C.UTF-8 HOME=/root DEBIAN_FRONTEND=noninteractive sh -euc '
		mount --bind "$0" "$0"
		cd "$0"
		mount -t proc proc proc
		'"$mount_devices"'
		mount -t tmpfs run run
		exec chroot . "$@"' "$dir" "$@"
}

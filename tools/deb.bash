# The project's Debian packages, made of its tarball by tools/check-packages and tools/check-system. For tools that set
# -euo pipefail, have sourced debian.bash, and have $src and a function fail.

# shellcheck disable=SC2154 # what that file sets

# make_tarball DIR: the project's tarball, in DIR, which is made anew.
make_tarball() {
	rm -rf "$1"
	mkdir -p "$1"
	cd "$1" || return
	[[ -x $src/configure ]] || (cd "$src" && ./bootstrap)
	"$src/configure" --quiet
	make --silent dist
	[[ -s $(echo mount-tuck-*.tar.xz) ]]
}

# unpack_tarball TARBALL DIR: its sources in DIR as dpkg-buildpackage wants them: with debian/, and the tarball beside them.
unpack_tarball() {
	local version=${1##*/mount-tuck-}
	version=${version%.tar.xz}
	tar -xf "$1" -C "$2"
	cp "$1" "$2/mount-tuck_$version.orig.tar.xz"
	cp -r "$2/mount-tuck-$version/packaging/debian" "$2/mount-tuck-$version/debian"
}

# sources_digest: changes when a file does that the packages are made of.
sources_digest() {
	tar -C "$src" --exclude='./build*' --exclude=./.git --exclude=./autom4te.cache --exclude=./m4 --exclude=./tests \
		--exclude=./tools --exclude=./aclocal.m4 --exclude=./configure --exclude=./Makefile.in --exclude='./config.h.in*' \
		--sort=name --mtime=@0 --owner=0 --group=0 -c . | sha256sum | cut -d ' ' -f 1
}

# fetch_builder DIR SUITE: a root directory of that release in which the packages can be built.
fetch_builder() {
	local list
	[[ ! -e $1 ]] || return 0
	mkdir -p "${1%/*}"
	rm -rf "$1.new"
	mapfile -t list < <("$src/tools/packages" --list build | grep -vxE 'util-linux|mount')
	debian_root "$1.new" "$2" "${list[@]}" build-essential debhelper
	mv "$1.new" "$1"
}

# build_debs BUILDER TARBALL DIR: the packages of that tarball, built in that root directory with no network, in DIR.
build_debs() {
	rm -rf "$1/work" "$3"
	mkdir -p "$1/work" "$3"
	unpack_tarball "$2" "$1/work"
	# shellcheck disable=SC2016 # expanded there
	debian_run "$1" sh -euc 'cd /work/mount-tuck-*/
		DEB_BUILD_OPTIONS="noautodbgsym parallel=$(nproc)" dpkg-buildpackage --build=binary --unsigned-changes' ||
		fail "can't build the packages in $1"
	mv "$1"/work/*.deb "$3/"
	rm -rf "$1/work"
}

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
	tar -C "$src" --exclude='./build*' --exclude=./.git --exclude=./autom4te.cache --exclude=./m4 --exclude=./config-aux --exclude=./tests \
		--exclude=./tools --exclude=./aclocal.m4 --exclude=./configure --exclude=./Makefile.in --exclude='./config.h.in*' \
		--sort=name --mtime=@0 --owner=0 --group=0 -c . | sha256sum | cut -d ' ' -f 1
}

# Where root directories are in which packages can be built, one for each release.
builders=$src/build-builders

# fetch_builder SUITE: that release's.
fetch_builder() {
	local list
	[[ ! -e $builders/$1 ]] || return 0
	mkdir -p "$builders"
	rm -rf "$builders/$1.new"
	mapfile -t list < <("$src/tools/packages" --list build | grep -vxE 'util-linux|mount')
	# lintian needs a package that is only provided, by perl-openssl-defaults, which debootstrap does not find.
	debian_root "$builders/$1.new" "$1" "${list[@]}" build-essential debhelper lintian perl-openssl-defaults
	mv "$builders/$1.new" "$builders/$1"
}

# build_debs SUITE TARBALL DIR [WHERE]: the packages of that tarball, built with no network in that release, and all that
# describes them, in DIR. WHERE is the directory in which they are built there.
build_debs() {
	local where=${4:-work} work
	work=$builders/$1/$where
	rm -rf "${builders:?}/$1/${where%%/*}" "$3"
	mkdir -p "$work" "$3"
	unpack_tarball "$2" "$work"
	# shellcheck disable=SC2016 # expanded there
	debian_run "$builders/$1" sh -euc 'cd "/$0"/mount-tuck-*/
		TZ=$1 DEB_BUILD_OPTIONS="noautodbgsym parallel=$(nproc)" dpkg-buildpackage --unsigned-source --unsigned-changes' \
		"$where" "${TZ:-UTC}" ||
		fail "can't build the packages for $1"
	find "$work" -maxdepth 1 -type f -exec mv -t "$3" {} +
	rm -rf "${builders:?}/$1/${where%%/*}"
}

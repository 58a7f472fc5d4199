# Packages are made of the tarball, by tools/check-packages and by distributions.
EXTRA_DIST += packaging/debian packaging/mount-tuck.spec tools/check-packages tools/deb.bash

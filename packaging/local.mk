# tools/check-packages, and distributions, make packages from the tarball.
EXTRA_DIST += packaging/debian packaging/mount-tuck.spec tools/check-packages tools/deb.bash

dist_man_MANS += man/findmnt.8 man/libmnttuck.3 man/mount.8 man/umount.8 man/mount_tuck.7
EXTRA_DIST += man/propagation.svg

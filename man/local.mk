dist_man_MANS += man/libmnttuck.3 man/mount.8 man/mount_tuck.7

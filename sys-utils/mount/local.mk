bin_PROGRAMS += mount
mount_SOURCES = \
	sys-utils/mount/mount.c \
	sys-utils/mount/mount-all.c sys-utils/mount/mount-all.h \
	sys-utils/mount/mount-list.c sys-utils/mount/mount-list.h \
	sys-utils/mount/mount-remount.c sys-utils/mount/mount-remount.h sys-utils/mount/mount-replace.c sys-utils/mount/mount-replace.h \
	sys-utils/mount/mount-report.c sys-utils/mount/mount-report.h \
	sys-utils/mount/mount-group.c sys-utils/mount/mount-group.h \
	sys-utils/mount/mount-rows.c sys-utils/mount/mount-rows.h \
	sys-utils/mount/mount-tuck.c sys-utils/mount/mount-tuck.h \
	sys-utils/mount/mount-utab.c sys-utils/mount/mount-utab.h \
	sys-utils/mount/newer-options.c sys-utils/mount/newer-options.h \
	sys-utils/restricted/restricted-mount.c \
	sys-utils/restricted/own-source.c sys-utils/restricted/own-source.h \
	$(stage_sources) $(tuck_sources) $(utab_sources) $(restricted_sources) $(cli_sources)
mount_CPPFLAGS = $(program_cppflags)
mount_LDADD = $(program_ldadd)

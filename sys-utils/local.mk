bin_PROGRAMS += mount

mount_SOURCES = \
	sys-utils/mount.c \
	sys-utils/mount-all.c \
	sys-utils/mount-all.h \
	sys-utils/mount-list.c \
	sys-utils/mount-list.h \
	sys-utils/mount-options.c \
	sys-utils/mount-options.h \
	sys-utils/mount-privileges.c \
	sys-utils/mount-privileges.h \
	sys-utils/mount-report.c \
	sys-utils/mount-report.h \
	sys-utils/mount-rows.c \
	sys-utils/mount-rows.h
mount_CPPFLAGS = $(AM_CPPFLAGS) $(MOUNT_CFLAGS)
mount_LDADD = $(MOUNT_LIBS)

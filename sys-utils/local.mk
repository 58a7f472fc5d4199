bin_PROGRAMS += mount

mount_SOURCES = \
	sys-utils/mount.c
mount_CPPFLAGS = $(AM_CPPFLAGS) $(MOUNT_CFLAGS)
mount_LDADD = $(MOUNT_LIBS)

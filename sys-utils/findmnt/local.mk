bin_PROGRAMS += findmnt
findmnt_SOURCES = \
	sys-utils/findmnt/column-devices.c \
	sys-utils/findmnt/column-df.c \
	sys-utils/findmnt/columns.c sys-utils/findmnt/columns.h \
	sys-utils/findmnt/filter.c \
	sys-utils/findmnt/findmnt.c sys-utils/findmnt/findmnt.h \
	sys-utils/findmnt/findmnt-rows.c \
	sys-utils/findmnt/match.c \
	sys-utils/findmnt/mountinfo-cost.c sys-utils/findmnt/mountinfo-cost.h \
	sys-utils/findmnt/output.c \
	sys-utils/findmnt/poll.c \
	sys-utils/findmnt/shape.c \
	sys-utils/findmnt/tables.c \
	sys-utils/findmnt/verify.c \
	sys-utils/findmnt/view-groups.c \
	sys-utils/findmnt/view-receivers.c \
	sys-utils/findmnt/view-tucked.c \
	sys-utils/findmnt/views.c \
	sys-utils/cli/print.c sys-utils/cli/print.h
findmnt_CPPFLAGS = $(AM_CPPFLAGS) $(MOUNT_CFLAGS) $(SMARTCOLS_CFLAGS) $(BLKID_CFLAGS)
findmnt_LDADD = libmnttuck-core.la $(MOUNT_LIBS) $(SMARTCOLS_LIBS) $(BLKID_LIBS)

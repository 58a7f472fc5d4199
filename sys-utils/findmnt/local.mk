bin_PROGRAMS += findmnt
findmnt_SOURCES = \
	sys-utils/findmnt/changes.c sys-utils/findmnt/changes.h \
	sys-utils/findmnt/column-change.c \
	sys-utils/findmnt/column-devices.c \
	sys-utils/findmnt/column-df.c \
	sys-utils/findmnt/column-getters.h \
	sys-utils/findmnt/column-mount.c \
	sys-utils/findmnt/column-namespace.c \
	sys-utils/findmnt/column-propagation.c \
	sys-utils/findmnt/columns.c sys-utils/findmnt/columns.h \
	sys-utils/findmnt/filter.c sys-utils/findmnt/filter.h \
	sys-utils/findmnt/findmnt.c \
	sys-utils/findmnt/findmnt-rows.c sys-utils/findmnt/findmnt-rows.h \
	sys-utils/findmnt/groups.c sys-utils/findmnt/groups.h \
	sys-utils/findmnt/jobs.h \
	sys-utils/findmnt/known.c sys-utils/findmnt/known.h \
	sys-utils/findmnt/list.c \
	sys-utils/findmnt/match.c sys-utils/findmnt/match.h \
	sys-utils/findmnt/mountinfo-cost.c sys-utils/findmnt/mountinfo-cost.h \
	sys-utils/findmnt/namespace-task.c sys-utils/findmnt/namespace-task.h \
	sys-utils/findmnt/output.c sys-utils/findmnt/output.h \
	sys-utils/findmnt/poll.c \
	sys-utils/findmnt/poll-compare.c sys-utils/findmnt/poll-compare.h \
	sys-utils/findmnt/poll-match.c sys-utils/findmnt/poll-match.h \
	sys-utils/findmnt/request.c sys-utils/findmnt/request.h \
	sys-utils/findmnt/reserve.c sys-utils/findmnt/reserve.h \
	sys-utils/findmnt/row.h \
	sys-utils/findmnt/shape.c sys-utils/findmnt/shape.h \
	sys-utils/findmnt/tables.c sys-utils/findmnt/tables.h \
	sys-utils/findmnt/tables-namespaces.c \
	sys-utils/findmnt/task-path.c sys-utils/findmnt/task-path.h \
	sys-utils/findmnt/unique.c sys-utils/findmnt/unique.h \
	sys-utils/findmnt/verify.c \
	sys-utils/findmnt/view-dot.c \
	sys-utils/findmnt/view-groups.c \
	sys-utils/findmnt/view-mounts.c \
	sys-utils/findmnt/view-receivers.c \
	sys-utils/findmnt/view-tucked.c \
	sys-utils/findmnt/view-who.c \
	sys-utils/findmnt/wait.c sys-utils/findmnt/wait.h \
	sys-utils/findmnt/watch.c sys-utils/findmnt/watch.h \
	sys-utils/cli/end.c sys-utils/cli/end.h \
	sys-utils/cli/err.c \
	sys-utils/cli/loop-device.c sys-utils/cli/loop-device.h \
	sys-utils/cli/options.c sys-utils/cli/options.h \
	sys-utils/cli/print.c sys-utils/cli/print.h
findmnt_CPPFLAGS = $(AM_CPPFLAGS) $(MOUNT_CFLAGS) $(SMARTCOLS_CFLAGS) $(BLKID_CFLAGS)
findmnt_LDADD = libmnttuck-core.la $(MOUNT_LIBS) $(SMARTCOLS_LIBS) $(BLKID_LIBS)

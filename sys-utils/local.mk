# What mount and umount do the same way.
command_line = \
	sys-utils/fixed-path.c sys-utils/fixed-path.h \
	sys-utils/hand-over.c sys-utils/hand-over.h \
	sys-utils/options.c sys-utils/options.h \
	sys-utils/output.c sys-utils/output.h \
	sys-utils/privileges.c sys-utils/privileges.h \
	sys-utils/restricted.c sys-utils/restricted.h
command_line_cppflags = $(AM_CPPFLAGS) $(MOUNT_CFLAGS) -DSYSTEM_PROGRAMS='"$(system_programs)"'

# Set-user-ID root, if configure was told so: what fstab grants to users works then.
if SETUID
install-exec-hook:
	for program in mount umount; do \
		file=$(DESTDIR)$(bindir)/`echo $$program | sed '$(transform)'`$(EXEEXT); \
		chown root:root "$$file" && chmod 4755 "$$file" || exit 1; \
	done
endif

bin_PROGRAMS += mount

mount_SOURCES = \
	sys-utils/restricted-mount.c \
	sys-utils/fstab-entry.c sys-utils/fstab-entry.h \
	sys-utils/helper.c sys-utils/helper.h \
	sys-utils/mount.c \
	sys-utils/mount-all.c \
	sys-utils/mount-all.h \
	sys-utils/mount-list.c \
	sys-utils/mount-list.h \
	sys-utils/mount-report.c \
	sys-utils/mount-report.h \
	sys-utils/mount-rows.c \
	sys-utils/mount-rows.h \
	$(command_line)
mount_CPPFLAGS = $(command_line_cppflags)
mount_LDADD = libmnttuck-core.la $(MOUNT_LIBS)

# mount --tuck
mount_SOURCES += \
	sys-utils/attributes.c sys-utils/attributes.h \
	sys-utils/interrupt.c sys-utils/interrupt.h \
	sys-utils/mount-tuck.c sys-utils/mount-tuck.h \
	sys-utils/option-string.h \
	sys-utils/report.c sys-utils/report.h \
	sys-utils/reveal.c sys-utils/reveal.h \
	sys-utils/stage.c sys-utils/stage.h \
	sys-utils/stage-namespace.c sys-utils/stage-namespace.h \
	sys-utils/tuck-job.c sys-utils/tuck-job.h \
	sys-utils/utab.c sys-utils/utab.h \
	sys-utils/utab-lines.c sys-utils/utab-lines.h \
	sys-utils/utab-order.c sys-utils/utab-order.h

bin_PROGRAMS += umount
umount_SOURCES = \
	sys-utils/restricted-umount.c \
	sys-utils/umount.c \
	sys-utils/interrupt.c sys-utils/interrupt.h \
	sys-utils/report.c sys-utils/report.h \
	sys-utils/reveal.c sys-utils/reveal.h \
	sys-utils/umount-all.c sys-utils/umount-all.h \
	sys-utils/umount-one.c sys-utils/umount-one.h \
	sys-utils/umount-reveal.c sys-utils/umount-reveal.h \
	sys-utils/umount-rows.c sys-utils/umount-rows.h \
	sys-utils/umount-tree.c sys-utils/umount-tree.h \
	sys-utils/utab.c sys-utils/utab.h \
	sys-utils/utab-lines.c sys-utils/utab-lines.h \
	sys-utils/utab-order.c sys-utils/utab-order.h \
	$(command_line)
umount_CPPFLAGS = $(command_line_cppflags)
umount_LDADD = libmnttuck-core.la $(MOUNT_LIBS)

bin_PROGRAMS += findmnt
findmnt_SOURCES = \
	sys-utils/findmnt.c sys-utils/findmnt.h \
	sys-utils/findmnt-columns.c sys-utils/findmnt-columns.h \
	sys-utils/findmnt-devices.c \
	sys-utils/findmnt-df.c \
	sys-utils/findmnt-filter.c \
	sys-utils/findmnt-groups.c \
	sys-utils/findmnt-match.c \
	sys-utils/findmnt-options.c \
	sys-utils/findmnt-output.c \
	sys-utils/findmnt-poll.c \
	sys-utils/findmnt-receivers.c \
	sys-utils/findmnt-tables.c \
	sys-utils/findmnt-tree.c \
	sys-utils/findmnt-tucked.c \
	sys-utils/output.c sys-utils/output.h \
	sys-utils/findmnt-verify.c \
	sys-utils/findmnt-views.c
findmnt_CPPFLAGS = $(AM_CPPFLAGS) $(MOUNT_CFLAGS) $(SMARTCOLS_CFLAGS) $(BLKID_CFLAGS)
findmnt_LDADD = libmnttuck-core.la $(MOUNT_LIBS) $(SMARTCOLS_LIBS) $(BLKID_LIBS)

# What the programs' command lines share, and the output of text that users have chosen.
cli_sources = \
	sys-utils/cli/end.c sys-utils/cli/end.h \
	sys-utils/cli/context-rows.c sys-utils/cli/context-rows.h \
	sys-utils/cli/err.c \
	sys-utils/cli/fstab.c sys-utils/cli/fstab.h \
	sys-utils/cli/interrupt.c sys-utils/cli/interrupt.h \
	sys-utils/cli/json.c sys-utils/cli/json.h \
	sys-utils/cli/loop-device.c sys-utils/cli/loop-device.h \
	sys-utils/cli/namespace-files.c sys-utils/cli/namespace-files.h \
	sys-utils/cli/namespace-guard.c sys-utils/cli/namespace-guard.h \
	sys-utils/cli/namespace-option.c sys-utils/cli/namespace-option.h \
	sys-utils/cli/option-string.h \
	sys-utils/cli/options.c sys-utils/cli/options.h \
	sys-utils/cli/print.c sys-utils/cli/print.h \
	sys-utils/cli/smartcols.c sys-utils/cli/smartcols.h \
	sys-utils/cli/start.c sys-utils/cli/start.h \
	sys-utils/cli/visible.c sys-utils/cli/visible.h
program_cppflags = $(AM_CPPFLAGS) $(MOUNT_CFLAGS) $(SMARTCOLS_CFLAGS) -DSYSTEM_PROGRAMS='"$(system_programs)"'
program_ldadd = libmnttuck-core.la $(MOUNT_LIBS) $(DLOPEN_LIBS)

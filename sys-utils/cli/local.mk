# What the programs' command lines share; output that others have chosen.
cli_sources = \
	sys-utils/cli/fstab.c sys-utils/cli/fstab.h \
	sys-utils/cli/interrupt.c sys-utils/cli/interrupt.h \
	sys-utils/cli/option-string.h \
	sys-utils/cli/options.c sys-utils/cli/options.h \
	sys-utils/cli/print.c sys-utils/cli/print.h \
	sys-utils/cli/start.c sys-utils/cli/start.h
program_cppflags = $(AM_CPPFLAGS) $(MOUNT_CFLAGS) -DSYSTEM_PROGRAMS='"$(system_programs)"'

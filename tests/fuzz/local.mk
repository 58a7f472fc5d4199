# The programs that tests/fuzz/run builds with libFuzzer, in a build directory that it configures for that.
EXTRA_PROGRAMS += fuzz-argv fuzz-mountinfo fuzz-options fuzz-statmount
EXTRA_DIST += tests/fuzz/run tests/fuzz/restricted tests/fuzz/corpus
# This one needs no libFuzzer.
check_PROGRAMS += fuzz-restricted
fuzz_restricted_SOURCES = tests/fuzz/restricted.c
fuzz_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_mountinfo_SOURCES = tests/fuzz/mountinfo.c tests/fuzz/walk.c tests/fuzz/fuzz.h
fuzz_mountinfo_CPPFLAGS = $(unit_cppflags)
fuzz_mountinfo_LDFLAGS = $(fuzz_ldflags)
fuzz_mountinfo_LDADD = $(unit_ldadd)
fuzz_statmount_SOURCES = tests/fuzz/statmount.c tests/fuzz/walk.c tests/fuzz/fuzz.h
fuzz_statmount_CPPFLAGS = $(unit_cppflags)
fuzz_statmount_LDFLAGS = $(fuzz_ldflags) -Wl,--wrap=syscall
fuzz_statmount_LDADD = $(unit_ldadd)
fuzz_options_SOURCES = tests/fuzz/options.c tests/fuzz/walk.c tests/fuzz/fuzz.h \
	sys-utils/tuck/base.c sys-utils/tuck/base-overlay.c sys-utils/tuck/tuck-options.c \
	$(tuck_sources) sys-utils/utab/utab-lines.c sys-utils/utab/utab-lock.c $(restricted_sources) $(cli_sources)
fuzz_options_CPPFLAGS = $(unit_cppflags) $(SMARTCOLS_CFLAGS)
fuzz_options_LDFLAGS = $(fuzz_ldflags)
fuzz_options_LDADD = $(program_ldadd)
# The programs, with their main() renamed.
fuzz_libraries = libfuzz-mount.la libfuzz-umount.la libfuzz-findmnt.la
EXTRA_LTLIBRARIES = $(fuzz_libraries)
libfuzz_mount_la_SOURCES = $(mount_SOURCES)
libfuzz_mount_la_CPPFLAGS = $(mount_CPPFLAGS) -Dmain=mount_main
libfuzz_umount_la_SOURCES = $(umount_SOURCES)
libfuzz_umount_la_CPPFLAGS = $(umount_CPPFLAGS) -Dmain=umount_main
libfuzz_findmnt_la_SOURCES = $(findmnt_SOURCES)
libfuzz_findmnt_la_CPPFLAGS = $(findmnt_CPPFLAGS) -Dmain=findmnt_main
libfuzz_mount_la_CFLAGS = $(AM_CFLAGS) -Wno-missing-prototypes
libfuzz_umount_la_CFLAGS = $(libfuzz_mount_la_CFLAGS)
libfuzz_findmnt_la_CFLAGS = $(libfuzz_mount_la_CFLAGS)
fuzz_argv_SOURCES = tests/fuzz/argv.c tests/fuzz/walk.c tests/fuzz/fuzz.h
fuzz_argv_CPPFLAGS = $(unit_cppflags)
fuzz_argv_LDFLAGS = $(fuzz_ldflags)
fuzz_argv_LDADD = $(fuzz_libraries) $(findmnt_LDADD)

EXTRA_DIST += tests/run tests/in-root tests/lib.bash

check-local: all $(check_PROGRAMS)
	$(top_srcdir)/tests/run --builddir $(abs_top_builddir)


# A kernel without MOVE_MOUNT_BENEATH, for the tests.
check_PROGRAMS += without-beneath
without_beneath_SOURCES = tests/without-beneath.c

# What a newcomer runs, and the tests of what a newcomer reads.
EXTRA_DIST += tools/packages tools/try tools/try-reader.c \
	tests/documents.bats tests/example.bats

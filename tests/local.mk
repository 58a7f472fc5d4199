EXTRA_DIST += tests/run tests/lib.bash

check-local: all-am $(check_PROGRAMS)
	$(top_srcdir)/tests/run --builddir $(abs_top_builddir) $(TESTS_RUN)

# What the tests need besides what is installed.
.PHONY: check-programs
check-programs: all-am $(check_PROGRAMS)

# Every bats file, without a list that could lack one.
EXTRA_DIST += $(patsubst $(srcdir)/%,%,$(wildcard $(srcdir)/tests/*.bats $(srcdir)/tests/*.txt $(srcdir)/tests/*.bash))
EXTRA_DIST += tests/findmnt .ci/run tools/check tools/peer
EXTRA_DIST += tools/lint tools/coverage .clang-tidy tests/.clang-tidy

# Unit tests: tests/run runs every test-* of the build directory.
check_PROGRAMS += test-attributes test-kernel test-library test-operation test-propagation test-snapshot test-utab
unit_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit $(MOUNT_CFLAGS)
unit_ldadd = libmnttuck-core.la $(MOUNT_LIBS)
EXTRA_DIST += tests/unit/tap.h tests/memcheck tests/memcheck.supp
test_attributes_SOURCES = tests/unit/test-attributes.c sys-utils/tuck/attributes.c
test_attributes_CPPFLAGS = $(unit_cppflags)
test_attributes_LDADD = $(unit_ldadd)
test_kernel_SOURCES = tests/unit/test-kernel.c
test_kernel_CPPFLAGS = $(unit_cppflags)
test_kernel_LDADD = $(unit_ldadd)
test_library_SOURCES = tests/unit/test-library.c
test_library_CPPFLAGS = $(unit_cppflags)
test_library_LDADD = $(unit_ldadd)
test_operation_SOURCES = tests/unit/test-operation.c
test_operation_CPPFLAGS = $(unit_cppflags)
test_operation_LDADD = $(unit_ldadd)
test_propagation_SOURCES = tests/unit/test-propagation.c
test_propagation_CPPFLAGS = $(unit_cppflags)
test_propagation_LDADD = $(unit_ldadd)
test_snapshot_SOURCES = tests/unit/test-snapshot.c
test_snapshot_CPPFLAGS = $(unit_cppflags)
test_snapshot_LDADD = $(unit_ldadd)
test_utab_SOURCES = tests/unit/test-utab.c \
	sys-utils/utab/utab.c sys-utils/utab/utab-lines.c sys-utils/utab/utab-order.c
test_utab_CPPFLAGS = $(unit_cppflags)
test_utab_LDADD = $(unit_ldadd)

# make bench: never part of make check.
bench_programs = bench-minimal bench-mounts bench-peak bench-read bench-time
EXTRA_PROGRAMS = $(bench_programs)
CLEANFILES = $(EXTRA_PROGRAMS)
EXTRA_DIST += tests/bench/tuck tests/bench/findmnt
bench_minimal_SOURCES = tests/bench/minimal.c
bench_minimal_CFLAGS = -O2
bench_minimal_LDFLAGS =
bench_mounts_SOURCES = tests/bench/mounts.c
bench_peak_SOURCES = tests/bench/peak.c
bench_read_SOURCES = tests/bench/read.c
bench_read_CPPFLAGS = $(AM_CPPFLAGS) $(MOUNT_CFLAGS) $(SMARTCOLS_CFLAGS)
bench_read_LDADD = $(MOUNT_LIBS) $(SMARTCOLS_LIBS)
bench_time_SOURCES = tests/bench/time.c

.PHONY: bench
bench: all-am $(bench_programs) in-root
	$(top_srcdir)/tests/bench/tuck --builddir $(abs_top_builddir)
	$(top_srcdir)/tests/bench/findmnt --builddir $(abs_top_builddir)

# A kernel without MOVE_MOUNT_BENEATH, for the tests.
check_PROGRAMS += without-beneath
without_beneath_SOURCES = tests/without-beneath.c

# What the running kernel has, for tests that need it.
check_PROGRAMS += kernel-feature
kernel_feature_SOURCES = tests/kernel-feature.c
kernel_feature_CPPFLAGS = $(unit_cppflags)
kernel_feature_LDADD = $(unit_ldadd)

# What a newcomer runs.
EXTRA_DIST += tools/packages tools/try tools/try-reader.c tools/check-kernels tools/check-cross tools/check-distros tools/debian.bash

# What each test starts: for the machine that tests, also where the programs are for another.
test_tools = in-root mount-state
$(test_tools): %: tests/%.c
	$(AM_V_CC)$(CC_FOR_BUILD) $(WARN_CFLAGS) -D_GNU_SOURCE -O1 -o $@ $(top_srcdir)/tests/$@.c
check-programs check-local: $(test_tools)
EXTRA_DIST += $(test_tools:%=tests/%.c)
CLEANFILES += $(test_tools)

# The kernel of MOUNT_TUCK_TEST_KERNEL, for a program that it is preloaded into.
older-kernel.so: tests/older-kernel.c
	$(AM_V_CC)$(CC) $(WARN_CFLAGS) -D_GNU_SOURCE -O1 -fPIC -shared -o $@ $(top_srcdir)/tests/older-kernel.c
check-programs check-local: older-kernel.so
CLEANFILES += older-kernel.so
EXTRA_DIST += tests/older-kernel.c

# Updates under stress: what reads and what kills, for the programs of tests/stress.
check_PROGRAMS += stress-kill stress-reader stress-stacks
stress_kill_SOURCES = tests/stress/kill.c
stress_reader_SOURCES = tests/stress/reader.c
stress_stacks_SOURCES = tests/stress/stacks.c tests/stress/stacks.h tests/stress/stacks-questions.c \
	tests/stress/stacks-steps.c tests/stress/stacks-table.c
stress_stacks_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
EXTRA_DIST += tests/stress/exposure tests/stress/killed tests/stress/race tests/stress/soak tests/stress/stacks tests/stress/stress.bash

# The kernel against the plan: model [--cases N | --seed N --verbose].
check_PROGRAMS += model
model_SOURCES = tests/model/layout.c tests/model/layout.h tests/model/library.c \
	tests/model/model.c tests/model/play.c tests/model/play.h tests/model/remedy.c \
	tests/model/table.c tests/model/table.h tests/model/verdict.c \
	tests/model/world.c tests/model/world.h
model_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/model $(MOUNT_CFLAGS)
model_LDADD = libmnttuck-core.la $(MOUNT_LIBS)

# What fails in turn, for tests/fault/run: system calls by seccomp's notifications, allocations by what is preloaded.
check_PROGRAMS += fault
fault_SOURCES = tests/fault/calls.c tests/fault/fault.c tests/fault/inject.c tests/fault/inject.h \
	tests/fault/shared.h tests/fault/state.c tests/fault/state.h
fault_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/fault -D_GNU_SOURCE
fault_CFLAGS = $(AM_CFLAGS) -pthread
# Names of system calls, as the headers have them.
fault-calls.h:
	$(AM_V_GEN)echo '#include <sys/syscall.h>' | $(CC) -E -dM - | \
		sed -n 's/^#define \(__NR_\([a-z][a-z0-9_]*\)\) .*/{\1, "\2"},/p' >$@
tests/fault/fault-calls.$(OBJEXT): fault-calls.h
fault-malloc.so: tests/fault/malloc.c tests/fault/shared.h
	$(AM_V_CC)$(CC) $(WARN_CFLAGS) -D_GNU_SOURCE -O1 -fPIC -shared -o $@ $(top_srcdir)/tests/fault/malloc.c
check-programs check-local: fault-malloc.so
CLEANFILES += fault-calls.h fault-malloc.so
EXTRA_DIST += tests/fault/malloc.c tests/fault/run tests/fault/commands.txt tests/fault/allowed.txt

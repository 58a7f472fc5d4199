EXTRA_DIST += tests/run tests/lib.bash

check-local: all-am $(check_PROGRAMS)
	$(top_srcdir)/tests/run --builddir $(abs_top_builddir) $(TESTS_RUN)

# The programs that the tests need in addition to the installed ones.
.PHONY: check-programs
check-programs: all-am $(check_PROGRAMS)

# All bats files, found without a list.
EXTRA_DIST += $(patsubst $(srcdir)/%,%,$(wildcard $(srcdir)/tests/*.bats $(srcdir)/tests/*.txt $(srcdir)/tests/*.bash))
EXTRA_DIST += tests/system
EXTRA_DIST += tests/findmnt .ci/run tools/build tools/check tools/check-bare tools/peer
EXTRA_DIST += tools/abi tools/lint tools/layers tools/coverage .clang-tidy tests/.clang-tidy

# Unit tests: tests/run runs every test-* of the build directory.
check_PROGRAMS += test-attributes test-detach test-killed test-kernel test-library test-mishaps test-namespaces test-orphans test-places test-rules test-propagation test-queries test-snapshot test-stack test-stale test-threads test-utab test-wait
unit_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit $(MOUNT_CFLAGS)
unit_ldadd = libmnttuck-core.la $(MOUNT_LIBS)
EXTRA_DIST += tests/unit/child-steps.h tests/unit/fixture.h tests/unit/hidden-namespaces.h tests/unit/tap.h tests/memcheck tests/memcheck.supp tests/threads.supp
test_attributes_SOURCES = tests/unit/test-attributes.c sys-utils/tuck/tuck-options.c
test_attributes_CPPFLAGS = $(unit_cppflags)
test_attributes_LDADD = $(unit_ldadd)
test_killed_SOURCES = tests/unit/test-killed.c
test_killed_CPPFLAGS = $(unit_cppflags)
test_killed_LDADD = $(unit_ldadd)
test_kernel_SOURCES = tests/unit/test-kernel.c
test_kernel_CPPFLAGS = $(unit_cppflags)
test_kernel_LDADD = $(unit_ldadd)
test_library_SOURCES = tests/unit/test-library.c
test_library_CPPFLAGS = $(unit_cppflags)
test_library_LDADD = $(unit_ldadd)
test_mishaps_SOURCES = tests/unit/test-mishaps.c
test_mishaps_CPPFLAGS = $(unit_cppflags)
test_mishaps_LDADD = $(unit_ldadd)
test_namespaces_SOURCES = tests/unit/test-namespaces.c
test_namespaces_CPPFLAGS = $(unit_cppflags)
test_namespaces_LDADD = $(unit_ldadd)
test_orphans_SOURCES = tests/unit/test-orphans.c
test_orphans_CPPFLAGS = $(unit_cppflags)
test_orphans_LDADD = $(unit_ldadd)
test_places_SOURCES = tests/unit/test-places.c
test_places_CPPFLAGS = $(unit_cppflags)
test_places_LDADD = $(unit_ldadd)
test_threads_SOURCES = tests/unit/test-threads.c
test_threads_CPPFLAGS = $(unit_cppflags)
test_threads_LDADD = $(unit_ldadd)
test_wait_SOURCES = tests/unit/test-wait.c
test_wait_CPPFLAGS = $(unit_cppflags)
test_wait_LDADD = $(unit_ldadd)
test_queries_SOURCES = tests/unit/test-queries.c
test_queries_CPPFLAGS = $(unit_cppflags)
test_queries_LDADD = $(unit_ldadd)
test_rules_SOURCES = tests/unit/test-rules.c
test_rules_CPPFLAGS = $(unit_cppflags)
test_rules_LDADD = $(unit_ldadd)
test_propagation_SOURCES = tests/unit/test-propagation.c
test_propagation_CPPFLAGS = $(unit_cppflags)
test_propagation_LDADD = $(unit_ldadd)
test_snapshot_SOURCES = tests/unit/test-snapshot.c
test_snapshot_CPPFLAGS = $(unit_cppflags)
test_snapshot_LDADD = $(unit_ldadd)
test_stack_SOURCES = tests/unit/test-stack.c
test_stack_CPPFLAGS = $(unit_cppflags)
test_stack_LDADD = $(unit_ldadd)
test_detach_SOURCES = tests/unit/test-detach.c
test_detach_CPPFLAGS = $(unit_cppflags)
test_detach_LDADD = $(unit_ldadd)
test_stale_SOURCES = tests/unit/test-stale.c
test_stale_CPPFLAGS = $(unit_cppflags)
test_stale_LDADD = $(unit_ldadd)
test_utab_SOURCES = tests/unit/test-utab.c \
	sys-utils/utab/utab.c sys-utils/utab/utab-lines.c sys-utils/utab/utab-lock.c sys-utils/utab/utab-order.c
test_utab_CPPFLAGS = $(unit_cppflags)
test_utab_LDADD = $(unit_ldadd)

# make bench: never part of make check.
bench_programs = bench-answer bench-minimal bench-mounts bench-peak bench-read bench-replace bench-time
EXTRA_PROGRAMS = $(bench_programs)
CLEANFILES += $(EXTRA_PROGRAMS)
EXTRA_DIST += tests/bench/tuck tests/bench/findmnt
bench_answer_SOURCES = tests/bench/answer.c
bench_minimal_SOURCES = tests/bench/minimal.c
bench_minimal_CFLAGS = -O2
bench_minimal_LDFLAGS =
bench_mounts_SOURCES = tests/bench/mounts.c
bench_peak_SOURCES = tests/bench/peak.c
bench_read_SOURCES = tests/bench/read.c
bench_read_CPPFLAGS = $(AM_CPPFLAGS) $(MOUNT_CFLAGS) $(SMARTCOLS_CFLAGS)
bench_read_LDADD = $(MOUNT_LIBS) $(SMARTCOLS_LIBS)
bench_time_SOURCES = tests/bench/time.c
bench_replace_SOURCES = tests/bench/replace.c
bench_replace_CPPFLAGS = $(AM_CPPFLAGS)
bench_replace_LDADD = libmnttuck-core.la $(MOUNT_LIBS)

.PHONY: bench
bench: all-am $(bench_programs) in-root
	$(top_srcdir)/tests/bench/tuck --builddir $(abs_top_builddir)
	$(top_srcdir)/tests/bench/findmnt --builddir $(abs_top_builddir)

# A kernel without MOVE_MOUNT_BENEATH, for the tests.
check_PROGRAMS += without-beneath
without_beneath_SOURCES = tests/without-beneath.c

# A FUSE server, to be killed or stopped by tests.
check_PROGRAMS += fuse-server
fuse_server_SOURCES = tests/fuse-server.c
fuse_server_CPPFLAGS = $(AM_CPPFLAGS)

# Makes a mount that maps the owners of files.
check_PROGRAMS += bind-idmapped
bind_idmapped_SOURCES = tests/bind-idmapped.c
bind_idmapped_CPPFLAGS = $(unit_cppflags)
bind_idmapped_LDADD = $(unit_ldadd)

# Stops a program at its system calls; exchanges two paths; tells which files a program opens.
check_PROGRAMS += at-call exchange opened
at_call_SOURCES = tests/at-call.c
exchange_SOURCES = tests/exchange.c
opened_SOURCES = tests/opened.c

# Tells tests which features the running kernel has.
check_PROGRAMS += kernel-feature
kernel_feature_SOURCES = tests/kernel-feature.c
kernel_feature_CPPFLAGS = $(unit_cppflags)
kernel_feature_LDADD = $(unit_ldadd)

# The two commands of the README, and tests on other systems.
EXTRA_DIST += tools/machine.sh tools/packages tools/try tools/try-reader.c tools/check-kernels tools/check-cross tools/check-distros tools/check-system tools/debian.bash

# Each test starts these, so they are built for this machine even if the programs are built for another.
test_tools = in-root mount-state
$(test_tools): %: tests/%.c
	$(AM_V_CC)$(CC_FOR_BUILD) $(WARN_CFLAGS) -D_GNU_SOURCE -O1 -o $@ $(top_srcdir)/tests/$@.c
check-programs check-local: $(test_tools)
EXTRA_DIST += $(test_tools:%=tests/%.c)
CLEANFILES += $(test_tools)

# Preloaded into a program, it plays the kernel that MOUNT_TUCK_TEST_KERNEL names.
older-kernel.so: tests/older-kernel.c
	$(AM_V_CC)$(CC) $(WARN_CFLAGS) -D_GNU_SOURCE -O1 -fPIC -shared -o $@ $(top_srcdir)/tests/older-kernel.c
check-programs check-local: older-kernel.so
CLEANFILES += older-kernel.so
EXTRA_DIST += tests/older-kernel.c

# The programs that read, that kill, and that make random changes and random stacks, for tests/stress.
check_PROGRAMS += stress-changes stress-exact stress-kill stress-reader stress-stacks
stress_changes_SOURCES = tests/stress/changes-main.c
stress_changes_CPPFLAGS = $(unit_cppflags)
stress_changes_LDADD = $(unit_ldadd)
stress_exact_SOURCES = tests/stress/exact-main.c
stress_exact_CPPFLAGS = $(unit_cppflags)
stress_exact_LDADD = $(unit_ldadd)
stress_kill_SOURCES = tests/stress/kill.c
stress_reader_SOURCES = tests/stress/reader.c
stress_stacks_SOURCES = tests/stress/stacks-main.c tests/stress/stacks.h tests/stress/stacks-questions.c \
	tests/stress/stacks-steps.c tests/stress/stacks-table.c
stress_stacks_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
EXTRA_DIST += tests/stress/carried tests/stress/changes tests/stress/crowd tests/stress/exact tests/stress/exchange tests/stress/exposure tests/stress/killed tests/stress/places tests/stress/race tests/stress/servers \
	tests/stress/holders tests/stress/soak \
	tests/stress/stacks tests/stress/stress.bash

# Compares predictions with the kernel: model [--cases N | --seed N --verbose].
check_PROGRAMS += model
model_SOURCES = tests/model/command.c tests/model/command.h tests/model/inside.c tests/model/inside.h \
	tests/model/job.c tests/model/layout.c tests/model/layout.h tests/model/library.c tests/model/model.c \
	tests/model/play.c tests/model/play.h tests/model/remedy.c tests/model/sight.c \
	tests/model/table.c tests/model/table.h tests/model/verdict.c \
	tests/model/world.c tests/model/world.h
model_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/model $(MOUNT_CFLAGS)
model_LDADD = libmnttuck-core.la $(MOUNT_LIBS)

# For tests/fault/run: makes system calls fail by seccomp's notifications, and allocations by a preloaded library.
check_PROGRAMS += fault
fault_SOURCES = tests/fault/calls.c tests/fault/fault.c tests/fault/inject.c tests/fault/inject.h \
	tests/fault/judge.c tests/fault/judge.h tests/fault/shared.h tests/fault/state.c tests/fault/state.h
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

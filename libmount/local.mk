noinst_LTLIBRARIES += libmnttuck-core.la
lib_LTLIBRARIES += libmnttuck.la
include_HEADERS += libmount/libmnttuck.h libmount/libmnttuck-beneath.h libmount/libmnttuck-everywhere.h \
	libmount/libmnttuck-wait.h libmount/libmnttuck-world.h
pkgconfig_DATA = libmount/mnttuck.pc
EXTRA_DIST += libmount/libmnttuck.abi libmount/libmnttuck.sym libmount/mnttuck.pc.in

# All modules. The programs may call each of their functions; the shared library exports the public ones.
libmnttuck_core_la_SOURCES = \
	libmount/attach.c libmount/attach.h \
	libmount/attach-propagation.c libmount/attach-propagation.h \
	libmount/await.c libmount/await.h \
	libmount/blind-spots.c libmount/blind-spots.h \
	libmount/carry.c libmount/carry.h \
	libmount/check-answers.c \
	libmount/check-beneath.c \
	libmount/check-carry.c \
	libmount/check-exact.c \
	libmount/check-kernel.c \
	libmount/check-locked.c \
	libmount/check-passage.c \
	libmount/check-reveal.c \
	libmount/check-source.c \
	libmount/check-target.c \
	libmount/checks.h \
	libmount/child.c libmount/child.h \
	libmount/commands.c libmount/commands.h \
	libmount/detach.c libmount/detach.h \
	libmount/detach-exact.c libmount/detach-exact.h \
	libmount/detach-propagation.c libmount/detach-propagation.h \
	libmount/effects.c libmount/effects.h \
	libmount/enter.c libmount/enter.h \
	libmount/everywhere.c \
	libmount/facts.c libmount/facts.h \
	libmount/facts-effects.c \
	libmount/find.c \
	libmount/findings.c libmount/findings.h \
	libmount/floor.c libmount/floor.h \
	libmount/gone.c libmount/gone.h \
	libmount/holders.c libmount/holders.h \
	libmount/i18n.h \
	libmount/kernel.c libmount/kernel.h \
	libmount/kernel-identify.c \
	libmount/kernel-watch.c \
	libmount/known-world.c libmount/known-world.h \
	libmount/libmnttuck.h \
	libmount/libmnttuck-beneath.h \
	libmount/libmnttuck-everywhere.h \
	libmount/libmnttuck-wait.h \
	libmount/libmnttuck-world.h \
	libmount/mount-point.c libmount/mount-point.h \
	libmount/namespace-number.c libmount/namespace-number.h \
	libmount/namespace-processes.c libmount/namespace-processes.h \
	libmount/namespace-read.c libmount/namespace-read.h \
	libmount/namespaces.c libmount/namespaces.h \
	libmount/namespaces-change.c libmount/namespaces-change.h \
	libmount/namespaces-renew.c libmount/namespaces-renew.h \
	libmount/operation.c libmount/operation.h \
	libmount/origins.c libmount/origins.h \
	libmount/outcome.c libmount/outcome.h \
	libmount/own-flags.c libmount/own-flags.h \
	libmount/own-namespace.c libmount/own-namespace.h \
	libmount/own-view.c libmount/own-view.h \
	libmount/passage.c libmount/passage.h \
	libmount/path.c libmount/path.h \
	libmount/places.c libmount/places.h \
	libmount/plan.c libmount/plan.h \
	libmount/plan-groups.c libmount/plan-groups.h \
	libmount/plan-mount.c libmount/plan-mount.h \
	libmount/plan-unmount.c libmount/plan-unmount.h \
	libmount/probe.c libmount/probe.h \
	libmount/progress.c libmount/progress.h \
	libmount/propagation.c libmount/propagation.h \
	libmount/remove.c \
	libmount/replacement.c libmount/replacement.h \
	libmount/results.c \
	libmount/reveal.c \
	libmount/rules.c libmount/rules.h \
	libmount/set-group.c \
	libmount/snapshot.c libmount/snapshot.h \
	libmount/snapshot-change.c libmount/snapshot-change.h \
	libmount/snapshot-index.h \
	libmount/snapshot-read.c libmount/snapshot-read.h \
	libmount/snapshot-renew.c libmount/snapshot-renew.h \
	libmount/snapshot-text.c libmount/snapshot-text.h \
	libmount/source.c libmount/source.h \
	libmount/stack.c libmount/stack.h \
	libmount/table.c libmount/table.h \
	libmount/trial.c \
	libmount/tuck.c \
	libmount/unmount-way.c libmount/unmount-way.h \
	libmount/util.h \
	libmount/wait-gone.c \
	libmount/wish.c libmount/wish.h \
	libmount/words.c libmount/words.h
libmnttuck_core_la_CPPFLAGS = $(AM_CPPFLAGS) $(MOUNT_CFLAGS)

libmnttuck_la_SOURCES =
libmnttuck_la_LIBADD = libmnttuck-core.la $(MOUNT_LIBS)
libmnttuck_la_LDFLAGS = $(AM_LDFLAGS) -version-info 0:0:0 \
	-Wl,--version-script=$(top_srcdir)/libmount/libmnttuck.sym
libmnttuck_la_DEPENDENCIES = libmnttuck-core.la libmount/libmnttuck.sym

noinst_LTLIBRARIES += libmnttuck-core.la
lib_LTLIBRARIES += libmnttuck.la
include_HEADERS += libmount/libmnttuck.h
pkgconfig_DATA = libmount/mnttuck.pc
EXTRA_DIST += libmount/libmnttuck.sym libmount/mnttuck.pc.in

# The rooms; the programs use them as they are, the library shows the public part of them.
libmnttuck_core_la_SOURCES = \
	libmount/attach.c libmount/attach.h libmount/attach-propagation.c \
	libmount/child.c libmount/child.h \
	libmount/kernel.c libmount/kernel.h \
	libmount/i18n.h \
	libmount/libmnttuck.h \
	libmount/namespaces.c libmount/namespaces.h libmount/namespace-read.c \
	libmount/facts.c libmount/facts.h \
	libmount/effects.c libmount/effects.h \
	libmount/path.c libmount/path.h \
	libmount/plan.c libmount/plan.h \
	libmount/probe.c libmount/probe.h \
	libmount/propagation.c libmount/propagation.h \
	libmount/reveal.c \
	libmount/rules.c libmount/rules.h \
	libmount/check-kernel.c \
	libmount/check-reveal.c \
	libmount/check-source.c \
	libmount/check-target.c \
	libmount/snapshot.c libmount/snapshot.h libmount/snapshot-change.c \
	libmount/table.c libmount/table.h \
	libmount/snapshot-index.h libmount/snapshot-text.c \
	libmount/source.c libmount/source.h \
	libmount/tuck.c \
	libmount/util.h
libmnttuck_core_la_CPPFLAGS = $(AM_CPPFLAGS) $(MOUNT_CFLAGS)

libmnttuck_la_SOURCES =
libmnttuck_la_LIBADD = libmnttuck-core.la $(MOUNT_LIBS)
libmnttuck_la_LDFLAGS = $(AM_LDFLAGS) -version-info 0:0:0 \
	-Wl,--version-script=$(top_srcdir)/libmount/libmnttuck.sym
libmnttuck_la_DEPENDENCIES = libmnttuck-core.la libmount/libmnttuck.sym

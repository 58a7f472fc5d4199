noinst_LTLIBRARIES += libmnttuck-core.la
lib_LTLIBRARIES += libmnttuck.la
include_HEADERS += libmount/libmnttuck.h
pkgconfig_DATA = libmount/mnttuck.pc
EXTRA_DIST += libmount/libmnttuck.sym libmount/mnttuck.pc.in

# All modules. The programs may call each of their functions; the shared library exports the public ones.
libmnttuck_core_la_SOURCES = \
	libmount/attach.c libmount/attach.h libmount/attach-propagation.c \
	libmount/child.c libmount/child.h \
	libmount/kernel.c libmount/kernel.h \
	libmount/i18n.h \
	libmount/libmnttuck.h \
	libmount/namespaces.c libmount/namespaces.h libmount/namespaces-read.c \
	libmount/operation.c libmount/operation.h \
	libmount/outlook.c libmount/outlook.h \
	libmount/path.c libmount/path.h \
	libmount/plan.c libmount/plan.h \
	libmount/probe.c libmount/probe.h \
	libmount/propagation.c libmount/propagation.h \
	libmount/reveal.c \
	libmount/rules.c libmount/rules.h \
	libmount/rules-kernel.c \
	libmount/rules-reveal.c \
	libmount/rules-source.c \
	libmount/rules-target.c \
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

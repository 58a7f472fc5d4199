# Small programs that use the installed face of the library: libmnttuck.h and the shared libmnttuck.
check_PROGRAMS += examples/tuck
examples_tuck_SOURCES = examples/tuck.c
examples_tuck_LDADD = libmnttuck.la

# The three policies of mount_tuck(7), as scripts.
examplesdir = $(docdir)/examples
dist_examples_SCRIPTS = examples/propagation examples/update-cooperative examples/update-deadline examples/update-forced

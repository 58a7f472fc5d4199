# Small programs that use the installed face of the library: libmnttuck.h and the shared libmnttuck.
check_PROGRAMS += examples/tuck
examples_tuck_SOURCES = examples/tuck.c
examples_tuck_LDADD = libmnttuck.la

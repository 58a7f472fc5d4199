EXTRA_DIST += tests/run tests/in-root tests/lib.bash

check-local: all $(check_PROGRAMS)
	$(top_srcdir)/tests/run --builddir $(abs_top_builddir)

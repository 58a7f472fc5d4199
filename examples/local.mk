# A small program that only uses what is installed of the library: libmnttuck.h and the shared libmnttuck.
check_PROGRAMS += examples/tuck
examples_tuck_SOURCES = examples/tuck.c
examples_tuck_LDADD = libmnttuck.la

# examples/README.md says what each is for.
examplesdir = $(docdir)/examples
dist_examples_SCRIPTS = examples/build-image examples/propagation examples/refresh-extensions examples/replace.py \
	examples/update-cooperative examples/update-deadline examples/update-forced examples/update-rest examples/update-tried
dist_examples_DATA = examples/README.md examples/tuck.c
# In the scripts that call the programs: "mount=mount", the name that the program is called by.
after_data += name-programs-in-examples
name-programs-in-examples:
	for program in mount umount findmnt; do \
		name=$$(echo $$program | sed '$(transform)'); \
		test "$$name" = $$program || for script in $(dist_examples_SCRIPTS); do \
			installed="$(DESTDIR)$(examplesdir)/$${script##*/}"; \
			test ! -f "$$installed" || sed -i "s,\\(^\\| \\)$$program=$$program ,\\1$$program=$$name ," "$$installed" || exit; \
		done; \
	done
cooperative_servicedir = $(examplesdir)/cooperative-service
dist_cooperative_service_DATA = examples/cooperative-service/app.service \
	examples/cooperative-service/app-update.path examples/cooperative-service/app-update.service

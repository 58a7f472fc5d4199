# Translations. A new language needs only po/LANGUAGE.po, which msgfmt compiles and make installs.
# As long as there is no such file, gettext's tools are not needed. po/POTFILES.in lists the sources with messages.
languages = $(patsubst $(srcdir)/po/%.po,%,$(wildcard $(srcdir)/po/*.po))
catalogs = $(languages:%=po/%.gmo)
EXTRA_DIST += po/POTFILES.in $(languages:%=po/%.po)
CLEANFILES += $(catalogs) mount-tuck.pot

all-local: $(catalogs)
po/%.gmo: po/%.po
	$(AM_V_GEN)$(MKDIR_P) po && msgfmt --check --output-file=$@ $<

install-data-local: $(catalogs)
	for language in $(languages); do \
		directory=$(DESTDIR)$(localedir)/$$language/LC_MESSAGES; \
		$(MKDIR_P) $$directory && \
		$(INSTALL_DATA) po/$$language.gmo $$directory/mount-tuck.mo || exit; \
	done
uninstall-local:
	for language in $(languages); do \
		rm -f $(DESTDIR)$(localedir)/$$language/LC_MESSAGES/mount-tuck.mo; \
	done

# make mount-tuck.pot collects the messages; then use msginit, or msgmerge for an existing language.
.PHONY: mount-tuck.pot
mount-tuck.pot:
	$(AM_V_GEN)xgettext --output=$@ --directory=$(top_srcdir) --files-from=$(top_srcdir)/po/POTFILES.in \
		--package-name=$(PACKAGE) --package-version=$(VERSION) --copyright-holder="its authors" \
		--from-code=UTF-8 --language=C --add-comments=Translators: \
		--keyword=_ --keyword=N_ --keyword=many_:1,2 --flag=_:1:pass-c-format --flag=N_:1:pass-c-format \
		--flag=many_:1:pass-c-format --flag=many_:2:pass-c-format \
		--flag=warnx:1:c-format --flag=warn:1:c-format --flag=errx:2:c-format --flag=err:2:c-format \
		--flag=printf:1:c-format --flag=fprintf:2:c-format --flag=asprintf:2:c-format \
		--flag=finding_detail:2:c-format --flag=finding_remedy:2:c-format --flag=found:3:c-format

# One file, installed under each program's name.
EXTRA_DIST += bash-completion/mount-tuck
if BASH_COMPLETION
after_data += install-completions
install-completions:
	$(MKDIR_P) "$(DESTDIR)$(bashcompletiondir)"
	for program in mount umount findmnt; do \
		$(INSTALL_DATA) $(srcdir)/bash-completion/mount-tuck \
			"$(DESTDIR)$(bashcompletiondir)/$$(echo $$program | sed '$(transform)')" || exit; \
	done
uninstall-hook:
	for program in mount umount findmnt; do \
		rm -f "$(DESTDIR)$(bashcompletiondir)/$$(echo $$program | sed '$(transform)')"; \
	done
endif

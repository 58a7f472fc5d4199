# What set-user-ID programs do for ordinary users.
restricted_sources = \
	sys-utils/restricted/fixed-path.c sys-utils/restricted/fixed-path.h \
	sys-utils/restricted/hand-over.c sys-utils/restricted/hand-over.h \
	sys-utils/restricted/held-mount.c sys-utils/restricted/held-mount.h \
	sys-utils/restricted/privileges.c sys-utils/restricted/privileges.h \
	sys-utils/restricted/restricted.c sys-utils/restricted/restricted.h

# Installed set-user-ID root if configure was told so, so that users can mount what fstab grants.
if SETUID
install-exec-hook:
	for program in mount umount; do \
		file=$(DESTDIR)$(bindir)/`echo $$program | sed '$(transform)'`$(EXEEXT); \
		chown root:root "$$file" && chmod 4755 "$$file" || exit 1; \
	done
endif

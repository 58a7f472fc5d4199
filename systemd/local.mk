# Units that replace what is mounted at a path by what fstab says.
EXTRA_DIST += systemd/tuck@.service.in systemd/tuck@.path
CLEANFILES += systemd/tuck@.service

systemd/tuck@.service: $(top_srcdir)/systemd/tuck@.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd && mount=$$(echo mount | sed '$(transform)') && \
		sed "s,[@]mount[@],$(bindir)/$$mount,g" $(top_srcdir)/systemd/tuck@.service.in >$@

if SYSTEMD_UNITS
systemdsystemunit_DATA = systemd/tuck@.path systemd/tuck@.service
endif

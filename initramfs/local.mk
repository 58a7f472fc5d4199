# What replaces mounts before the system starts: a script, and what puts it into an initramfs of initramfs-tools or of dracut.
hooks_scripts = initramfs/initramfs-tools/hooks/mount-tuck
bottom_scripts = initramfs/initramfs-tools/local-bottom/mount-tuck
dracut_scripts = initramfs/dracut/module-setup.sh initramfs/dracut/mount-tuck.sh
initramfs_scripts = initramfs/tuck-boot $(hooks_scripts) $(bottom_scripts) $(dracut_scripts)
EXTRA_DIST += $(initramfs_scripts:=.in)
CLEANFILES += $(initramfs_scripts)

$(initramfs_scripts): Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && mount=$$(echo mount | sed '$(program_transform_name)') && \
		sed "s,[@]mount[@],$(bindir)/$$mount,g; s,[@]libexec[@],$(pkglibexecdir),g" $(top_srcdir)/$@.in >$@

hooksdir = $(initramfstoolsdir)/hooks
bottomdir = $(initramfstoolsdir)/scripts/local-bottom
dracutdir = $(dracutmodulesdir)/90mount-tuck
if INITRAMFS_TOOLS
nodist_hooks_SCRIPTS = $(hooks_scripts)
nodist_bottom_SCRIPTS = $(bottom_scripts)
endif
if DRACUT
nodist_dracut_SCRIPTS = $(dracut_scripts)
endif
if INITRAMFS
nodist_pkglibexec_SCRIPTS = initramfs/tuck-boot
endif

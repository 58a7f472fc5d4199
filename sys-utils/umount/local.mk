bin_PROGRAMS += umount
umount_SOURCES = \
	sys-utils/umount/umount.c \
	sys-utils/umount/umount-all.c sys-utils/umount/umount-all.h \
	sys-utils/umount/umount-one.c sys-utils/umount/umount-one.h \
	sys-utils/umount/umount-carry.c sys-utils/umount/umount-carry.h sys-utils/umount/umount-reveal.c sys-utils/umount/umount-reveal.h \
	sys-utils/umount/umount-rows.c sys-utils/umount/umount-rows.h \
	sys-utils/umount/umount-tree.c sys-utils/umount/umount-tree.h \
	sys-utils/restricted/restricted-umount.c \
	$(tuck_sources) $(utab_sources) $(restricted_sources) $(cli_sources)
umount_CPPFLAGS = $(program_cppflags)
umount_LDADD = $(program_ldadd)

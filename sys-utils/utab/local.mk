# /run/mount/utab: the options of mounts that the kernel does not keep.
utab_sources = \
	sys-utils/utab/utab.c sys-utils/utab/utab.h \
	sys-utils/utab/utab-lines.c sys-utils/utab/utab-lines.h \
	sys-utils/utab/utab-lock.c sys-utils/utab/utab-lock.h \
	sys-utils/utab/utab-order.c sys-utils/utab/utab-order.h

# utab: what user space remembers of mounts.
utab_sources = \
	sys-utils/utab/utab.c sys-utils/utab/utab.h \
	sys-utils/utab/utab-lines.c sys-utils/utab/utab-lines.h \
	sys-utils/utab/utab-order.c sys-utils/utab/utab-order.h

# What mount and umount share about tucking and revealing.
tuck_sources = \
	sys-utils/tuck/report.c sys-utils/tuck/report.h \
	sys-utils/tuck/reveal-utab.c sys-utils/tuck/reveal-utab.h

# A new filesystem as a detached tree, and what is asked of it: mount only.
stage_sources = \
	sys-utils/tuck/attributes.c sys-utils/tuck/attributes.h \
	sys-utils/tuck/helper.c sys-utils/tuck/helper.h \
	sys-utils/tuck/stage.c sys-utils/tuck/stage.h \
	sys-utils/tuck/stage-namespace.c sys-utils/tuck/stage-namespace.h \
	sys-utils/tuck/tuck-job.c sys-utils/tuck/tuck-job.h

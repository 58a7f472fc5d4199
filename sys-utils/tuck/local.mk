# What mount and umount share about tucking and revealing.
tuck_sources = \
	sys-utils/tuck/tuck-report.c sys-utils/tuck/tuck-report.h \
	sys-utils/tuck/act.c sys-utils/tuck/act.h

# A new filesystem as a detached tree, and what is asked of it: mount only.
stage_sources = \
	sys-utils/tuck/tuck-options.c sys-utils/tuck/tuck-options.h \
	sys-utils/tuck/helper.c sys-utils/tuck/helper.h \
	sys-utils/tuck/stage.c sys-utils/tuck/stage.h \
	sys-utils/tuck/stage-namespace.c sys-utils/tuck/stage-namespace.h \
	sys-utils/tuck/tuck-request.c sys-utils/tuck/tuck-request.h

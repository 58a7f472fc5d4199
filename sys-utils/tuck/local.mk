# What mount and umount share about tucking and revealing.
tuck_sources = \
	sys-utils/tuck/act.c sys-utils/tuck/act.h \
	sys-utils/tuck/act-json.c sys-utils/tuck/act-json.h \
	sys-utils/tuck/act-wait.c sys-utils/tuck/act-wait.h \
	sys-utils/tuck/old-device.c sys-utils/tuck/old-device.h \
	sys-utils/tuck/tuck-report.c sys-utils/tuck/tuck-report.h \
	sys-utils/tuck/tuck-tables.c sys-utils/tuck/tuck-tables.h

# A new mount: what is asked for, and a new filesystem as a detached tree. For mount only.
stage_sources = \
	sys-utils/tuck/on-top.c sys-utils/tuck/on-top.h \
	sys-utils/tuck/base.c sys-utils/tuck/base.h \
	sys-utils/tuck/base-overlay.c sys-utils/tuck/base-overlay.h \
	sys-utils/tuck/stage.c sys-utils/tuck/stage.h \
	sys-utils/tuck/stage-attach.c sys-utils/tuck/stage-attach.h \
	sys-utils/tuck/stage-helper.c sys-utils/tuck/stage-helper.h \
	sys-utils/tuck/stage-fuse.c sys-utils/tuck/stage-fuse.h \
	sys-utils/tuck/stage-child.c sys-utils/tuck/stage-child.h \
	sys-utils/tuck/stage-subdirectory.c sys-utils/tuck/stage-subdirectory.h \
	sys-utils/tuck/stage-try.c sys-utils/tuck/stage-try.h \
	sys-utils/tuck/stage-direct.c sys-utils/tuck/stage-direct.h \
	sys-utils/tuck/tuck-options.c sys-utils/tuck/tuck-options.h \
	sys-utils/tuck/tuck-request.c sys-utils/tuck/tuck-request.h

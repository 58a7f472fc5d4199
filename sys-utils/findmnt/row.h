/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One row of the output, as the jobs fill it and the columns read it. */
#pragma once

#include <sys/statvfs.h>

struct libmnt_fs;
struct mntns;
struct mount;

struct output_row {
	struct libmnt_fs *fs; /* NULL: the row shows no mount, only a label */
	struct mount *mount;
	const char *label;	    /* printed in place of the target */
	const char *action;	    /* --propagation=receivers: what would happen here */
	const char *role;	    /* --propagation=groups: group, peer or slave */
	const char *way;	    /* who has it: how it got here */
	int group, master;	    /* of a row without a mount, that stands for a peer group */
	const struct mount *tucked; /* what lies beneath */
	const struct mntns *mntns;  /* the namespace that the mount is in */
	struct libmnt_fs *old_fs;   /* --poll: the mount before the change; otherwise NULL */
	unsigned int change;	    /* --poll: CHANGE_* of changes.h; otherwise 0 */
	/* For the columns of df, which call statvfs() once for a row: */
	struct statvfs usage;
	enum { USAGE_UNREAD, USAGE_READ, USAGE_FAILED } usage_state;
};

/* What columns need that is not read without them: a set of these bits. */
enum {
	NEEDS_PROPAGATE_FROM = 1 << 0, /* the field "propagate_from:N" of mountinfo */
	NEEDS_UNIQUE_IDS = 1 << 1,
	NEEDS_PROCESSES = 1 << 2, /* the processes of each namespace */
};

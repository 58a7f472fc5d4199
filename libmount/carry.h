/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * carry: puts clones of the mounts on the top mount onto the new version, which is still detached.
 *
 *	before           carried, and then attached
 *	P                P
 *	└─ T  at m       └─ S  at m
 *	   └─ C  on T       ├─ C'  a clone of C, in its peer group if nothing is mounted on C
 *	                    └─ T
 *	                       └─ C
 *
 * So the new version has them before anybody sees it. Since Linux 6.15 a mount can be attached to a
 * detached tree, and a detached tree can be cloned. Before that, a child attaches the tree and the
 * clones in a mount namespace of its own, and clones the whole from there.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "kernel.h"

struct mount;
struct snapshot;

/* What is to be done with a mount on the top mount, or why that can't be done. */
enum carry_state {
	CARRY_UNKNOWN, /* nobody has looked yet; or the new version is not known yet */
	CARRY_ATTACH,  /* a clone of it is attached */
	CARRY_INSIDE,  /* the mount that it is on is cloned together with it, or can't be carried */
	CARRY_THERE,   /* the new version has the same directory of the same filesystem there */
	/* It can't be cloned: */
	CARRY_HIDDEN,	   /* its path leads to another mount */
	CARRY_UNREACHABLE, /* its path can't be opened: see the error */
	/* The new version has no place for it: */
	CARRY_LACKING, /* the path is missing */
	CARRY_LINK,    /* a symbolic link is on the path */
	CARRY_KIND,    /* a file for a directory, or a directory for a file */
	CARRY_OTHER,   /* another mount is there */
	CARRY_NO_WAY,  /* the path can't be opened: see the error */
};

struct carry_item {
	struct mount *mount;
	const char *path; /* from the root of the top mount; belongs to the mount */
	size_t parent;	  /* the index of the mount that it is on, or CARRY_TOP */
	bool is_alone;	  /* it is cloned without what is on it, which is cloned by itself */
	enum carry_state state;
	int error;   /* -errno, or 0 */
	mode_t mode; /* the type of the file that it shows at its root */
};

#define CARRY_TOP ((size_t)-1)

/* The mounts on the top mount, those below others after them. */
struct carry {
	struct snapshot *snapshot;
	struct mount *top;
	struct carry_item *items;
	size_t count;
};

/* Read the mounts on the mount @top; their states are unknown. -ENOENT: it is not in the caller's
 * namespace; -ENODATA: the path of one of them is not known; -ENOMEM. */
int carry_read(struct carry *carry, const struct mount_identity *top);

void carry_clear(struct carry *carry);

/* Find out the states. @top: a descriptor of the top mount's root; @tree: the new version as a
 * detached tree, or -1. A child looks, because the server of one of the filesystems may hang:
 * -ETIMEDOUT: it did for two seconds. */
int carry_survey(struct carry *carry, int top, int tree);

/* Whether the clone of @mount leaves the peer group. The unmount of the top mount also unmounts
 * what is on @mount; a clone in the same group would receive that, and lose its own mounts, too. */
bool carry_leaves_group(const struct mount *mount);

/* Whether an item is to be carried and can't be, because it can't be cloned, or because the new
 * version has no place for it. */
bool carry_item_is_stuck(const struct carry_item *item);
bool carry_item_lacks_place(const struct carry_item *item);

/* Make a clone of @tree, which is detached and private, with the mounts on the top mount, whose
 * states are known. @ret: the clone, which the caller closes. @origin: before Linux 6.15 @tree is
 * used up, and this is another clone of it, without those mounts; else -1.
 * Errors are those of open_tree(2) and move_mount(2), among them -EINVAL; -EBUSY: mounts have
 * changed since the survey. */
int carry_make(const struct carry *carry, int top, int tree, int *ret, int *origin);

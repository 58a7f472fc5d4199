/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * plan-mount: plans a tuck, or an ordinary mount.
 *
 *	a tuck of S beneath T, which is at m on P:
 *
 *	P       P' (receives from P and shows m)
 *	└─ S    └─ S', a copy of S
 *	   └─ T    └─ the mount that was at m on P', if any
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "plan.h"

/* The mount that is attached. */
struct plan_source {
	dev_t device;
	const char *root; /* the path of its root on its filesystem; NULL: not known */
	/* The tree that is moved or copied, in the caller's namespace; NULL: a single mount. */
	struct mount *tree;
	const char *tree_path; /* the source's path, with which the targets in the tree begin */
	bool is_move;	       /* @tree itself leaves its place */
	/* The clone stays in the groups of this mount, and the mounts on it in the groups of their
	 * origins; NULL: all are private. */
	const struct mount *peer;
	/* The mount whose submounts are carried: the new mount has clones of them, in their groups,
	 * except of those that it has already. NULL: none. */
	struct mount *carried;
	/* By propagation, under a parent that is not shared: the clones that are in a group are
	 * slaves of it. */
	bool carried_are_slaves;
	unsigned int
		flags; /* of its root mount, as struct mount has them, as far as they are known */
};

/* Mount @source on @on at @target, a path in its namespace, beneath the mount that is there: @top,
 * or NULL if that is not known. Returns as plan_tuck() does. */
int plan_mount(struct plan *plan, struct mount *on, const char *target, struct mount *top,
	const struct plan_source *source);

/* Tuck @source beneath @top. Each change is one new mount. -ENOMEM; -ENODATA: it can't be known
 * where @top is; -ELOOP: a moved tree would be mounted in itself. */
int plan_tuck(struct plan *plan, struct mount *top, const struct plan_source *source);

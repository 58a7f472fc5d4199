/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * plan: what a tuck, or the unmount of a top mount, does in every namespace, without doing it.
 *
 * It is played on the snapshots themselves: afterwards they are what they would be if they were
 * read again. Two can be played one after the other.
 *
 *	a tuck of S at m on P          the unmount of T, that lies on S at S's root
 *
 *	P       P' (receives from P)   S        S' (receives from S)   S"          S^
 *	└─ S    └─ S'   if m shows     └─ T x   └─ T' x                └─ T"       └─ T^ x
 *	   └─ T    └─ whatever was                                        └─ C        └─ X -> on S^
 *	              at m on P'                                        stays: C
 *	                                                                would be lost
 *
 * What the kernel takes with T are the mounts at the same place of every mount that receives from
 * S, and so for each mount on T: the largest set of them of which none has a mount inside of it
 * that stays. A mount that covers all of one that goes slides down.
 * (Documentation/filesystems/propagate_umount.txt, Linux 6.17; earlier kernels agree but where a
 * mount inside is itself covered.)
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct mount;
struct mntns;
struct namespaces;

/* What is to be tucked. */
struct plan_source {
	dev_t device;
	const char *root; /* of what shows, on its filesystem; NULL: not known */
	/* Where a tree is taken from, in the caller's namespace; NULL: a single mount. */
	struct mount *tree;
	const char *tree_path; /* the directory of it, as its mounts' targets begin */
	bool is_move;	       /* @tree itself leaves its place */
	/* A clone of this stays in its groups, and what is on it in theirs; NULL: all private. */
	const struct mount *peer;
};

/* One place where something would change. */
struct plan_place {
	struct mount *on;    /* a tuck: what receives it; an unmount: what it was mounted on */
	struct mount *mount; /* the new one; or the one that goes, or stays */
	struct mount *other; /* a tuck: what it lies beneath; an unmount: what keeps it; or NULL */
	bool stays;	     /* an unmount doesn't take it */
	bool is_inside;	     /* an unmount: it is there for a mount on the top, not for the top */
};

struct plan {
	struct namespaces *namespaces;
	/* The path of the caller's root directory on its filesystem, for mounts whose own place is
	 * out of its sight; NULL: not known. The caller's. */
	const char *root_path;
	struct plan_place *places; /* the first is the target's own */
	size_t count;
	int next_group; /* groups that there would be have negative ids */
};

void plan_clear(struct plan *plan);

/* What is mounted on @mount at a path of its filesystem; NULL: nothing. */
struct mount *plan_child_at(const struct plan *plan, struct mount *mount, const char *path);
/* What a lookup that comes to @mount's root ends in. */
struct mount *plan_visible(struct mount *mount);

/* Mount @source on @on at @target, a path in its namespace, beneath what is mounted there. As
 * plan_tuck(). */
int plan_mount(
	struct plan *plan, struct mount *on, const char *target, const struct plan_source *source);

/* Tuck @source beneath @top. The places are then those where a copy would be. -ENOMEM; -ENODATA:
 * where @top lies can't be known; -ELOOP: a moved tree would come to lie in itself. */
int plan_tuck(struct plan *plan, struct mount *top, const struct plan_source *source);

/* Unmount @top and all that is on it. The places are then @top's, and those of the mounts that go,
 * or stay, with it. A lock (of a copy in a less privileged namespace) is no obstacle: the kernel
 * unlocks what the unmount of @top reaches. -ENOMEM. */
int plan_unmount(struct plan *plan, struct mount *top);

/* mount --make-shared etc. (MS_SHARED ...) on one mount. */
void plan_set_propagation(struct plan *plan, struct mount *mount, unsigned long propagation);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * plan: what a tuck, or the unmount of a top mount, changes in every namespace, without doing it.
 *
 * A plan is made by changing the snapshots themselves (snapshot-change.h): afterwards they are as
 * if they had been read after the operation. So a second plan can follow on the first.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct mount;
struct namespaces;

/* One mount that comes, or that goes, or that was to go and stays. */
struct plan_change {
	struct mount *on;    /* a tuck: the mount that receives; an unmount: the old parent */
	struct mount *mount; /* the new mount; or the one that goes or stays */
	struct mount *other; /* a tuck: the mount that it lies beneath; an unmount: a mount that
				keeps it; or NULL */
	bool stays;	     /* an unmount does not take it */
	bool is_inside;	     /* an unmount reaches it because of a mount on the top mount */
	/* An unmount: what a lookup of the mount point ends in, before and after. If all mounts
	 * that were mounted there go, the second is the mount that has the directory. */
	struct mount *shown, *shows;
	bool shown_is_in_group; /* the first was shared or a slave */
	/* A lookup could end in @shown; if is_inside, a lookup that has come to the old version.
	 * True also where it does not matter. */
	bool was_in_sight;
	bool shows_beneath; /* @shows shows what lies beneath the top mount */
	/* An unmount: a mount that covered one on the mount that goes, and comes to its mount point
	 * (TAKES_COVERED); NULL: none. */
	struct mount *slides;
};

/* What an unmount does with a mount on which another mount lies that is covered by a mount that
 * stays; see plan-unmount.h. */
enum unmount_way {
	AS_HERE, /* what the running kernel does */
	KEEPS_COVERED,
	TAKES_COVERED,
};

struct plan {
	struct namespaces *namespaces;
	const char *own_root;	     /* see mount-point.h; NULL: not known. The caller's. */
	struct plan_change *changes; /* the first is the target's own */
	size_t count;
	int next_group; /* new peer groups have negative ids */
	enum unmount_way unmount_way;
};

void plan_clear(struct plan *plan);

/* The mount that a lookup ends in that comes to @mount's root. */
struct mount *plan_visible(struct mount *mount);
/* Whether a lookup of the path of @mount ends in it: nothing covers it, nor what it is mounted on.
 * If its path is not known, it counts as seen. */
bool plan_in_sight(struct mount *mount);
/* The same of a lookup that has come to the root of @top, on which @mount lies. */
bool plan_in_sight_from(const struct mount *top, struct mount *mount);

/* Whether both mounts show the same directory of the same filesystem. */
bool plan_is_same_version(struct mount *one, struct mount *other);

/* For the files whose names begin with plan: */

/* -ENOMEM. */
int plan_add_change(struct plan *plan, struct plan_change change);
/* Change the targets of @mount and of all that is on it, which begin with @from. That may be the
 * target of @mount itself, which is changed last. @to: NULL: not known. -ENOMEM. */
int plan_move_targets(struct mount *mount, const char *from, const char *to);
/* The own_root of a question about @mount to mount-point.h. */
const char *plan_own_root(const struct plan *plan, const struct mount *mount);

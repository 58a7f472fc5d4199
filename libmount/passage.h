/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * passage: a mount in a namespace of a child's own, from which a mount P of the caller's namespace
 * receives. What the child mounts or unmounts there happens on P, too, beneath what covers P's
 * mount point m.
 *
 *      the child's own namespace        the caller's namespace
 *      C, a clone of P           ---->  P
 *      └─ X  at m                       └─ X'  at m, a copy
 *                                          └─ T  at its root
 *
 * When the work is done, C leaves its group and goes with the child, and no unmount propagates from
 * that. How P comes to receive from C:
 *
 *   P is shared    C is a peer of P, as every clone is of its origin. P is not changed.
 *   P is private   P is made a slave of C's group by MOVE_MOUNT_SET_GROUP (Linux 5.15), and X' is a
 *                  slave of X. When C and X are gone, P and X' have no master any more and so are
 *                  private. Nobody has to undo it: P is as before even after a SIGKILL at any time.
 *   P is a slave   (or private, before Linux 5.15.) P is made shared, cloned, and made a slave of
 *                  the clone, which took over P's own master. When C is gone, P is a slave of that
 *                  master again. Three system calls change P; a SIGKILL of the child among them
 *                  leaves P shared.
 *
 * Two kinds of P need one more step. If P itself is covered (a stack P', P, T at one path), a clone
 * of P does not show m. If P has locked mounts, the kernel refuses to clone one directory alone. In
 * both cases the whole tree at the directory is cloned, with what covers m; the copy of the
 * uppermost mount is made unbindable; a clone of that clone lacks it; and so on, until m shows.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>

#include "floor.h"

/* P, m and what covers m. */
struct passage_target {
	int top;	  /* a descriptor of the root of the top mount at m's path */
	const char *path; /* of m, from the caller's root directory */
	int parent_id;	  /* P's short id */
	int parent_group; /* 0: P is not shared */
	bool parent_is_slave;
	unsigned int layers; /* how many mounts cover m on P, one over the other; at least 1 */
};

/* Reasons why there can't be a passage. */
enum passage_obstacle {
	PASSAGE_NO_OBSTACLE,
	PASSAGE_PARENT_COVERED,	       /* another mount covers P at m's path, and P is not shared */
	PASSAGE_PARENT_NOT_CLONED,     /* P is unbindable */
	PASSAGE_ROOT_NOT_REACHED,      /* P's root can't be opened, and P has to be changed by it */
	PASSAGE_NAMESPACE_NOT_ENTERED, /* in a chroot, without CAP_SYS_CHROOT */
};

/* Its descriptors after the first are the child's, and are closed when the child ends; -1: not
 * needed. */
struct passage {
	const struct passage_target *target;
	int holder; /* the directory that contains m; P's path, if P is covered */
	bool is_covered;
	bool is_recursive;	 /* the whole tree at the holder is cloned */
	char name[NAME_MAX + 1]; /* m's name in the holder */
	int root;		 /* P's root */
	int clone;		 /* C: a clone of P from the holder down */
	int wide, follower;	 /* clones of P from its root down: the first member of C's group,
				    and its slave */
	int uncovered;		 /* C; or the clone of C's tree in which m shows */
	struct floor floor;	 /* on which the clones are mounted */
};

/* In the caller: find the holder. -EXDEV: another mount covers m. */
int passage_begin(struct passage *passage, const struct passage_target *target);
void passage_end(struct passage *passage);

/* In the child: look for obstacles before anything is changed: an enum passage_obstacle, or -errno.
 */
int passage_survey(struct passage *passage);

/* In the child, without an obstacle: make C, move to a namespace of the child's own in which
 * everything else is private, and mount C there. */
int passage_make(struct passage *passage);

/* Let P receive from C, if it does not yet. -EBUSY: P is not private any more. */
int passage_connect(const struct passage *passage);

/* Open m on the uncovered clone. */
int passage_open_point(const struct passage *passage);

/* Look for an obstacle in a child, and change nothing. */
int passage_find_obstacle(const struct passage_target *target);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* attach-propagation: attach beneath a top mount without the flag; see attach-propagation.c. */
#pragma once

#include <stdbool.h>

/* Where to attach. T, P and m as in attach.h. */
struct attach_target {
	int top;	  /* a descriptor of T's root */
	const char *path; /* of m, from the caller's root directory */
	int parent_id;	  /* P's short id */
	bool parent_is_shared, parent_is_slave;
};

/* Reasons why a mount can't arrive by propagation. */
enum attach_obstacle {
	ATTACH_NO_OBSTACLE,
	ATTACH_PARENT_COVERED,	      /* another mount covers P at m's path, and P is not shared */
	ATTACH_PARENT_NOT_CLONED,     /* P is unbindable */
	ATTACH_ROOT_NOT_REACHED,      /* P's root can't be opened, and P has to be changed by it */
	ATTACH_NAMESPACE_NOT_ENTERED, /* in a chroot, without CAP_SYS_CHROOT */
};

/* Look for an obstacle and change nothing: an enum attach_obstacle, or -errno. */
int attach_find_obstacle(const struct attach_target *target);

/* Lock out other tucks by propagation in this namespace: they change P's propagation for a moment,
 * and the caller must not read it then. The lock lasts until every copy of the descriptor is
 * closed, also one in a child that survives the caller. -errno: go on without it; -EAGAIN: somebody
 * else has kept it for longer than a tuck takes. */
int attach_lock(void);

/* Attach a copy of @tree, which is detached and private. -EOPNOTSUPP: there is an obstacle.
 * Afterwards P's propagation is as before, and @tree can't be used again. */
int attach_by_propagation(const struct attach_target *target, int tree);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * detach-exact: a lazy unmount of a top mount T that takes T and no other mount.
 *
 *      a child's own namespace          the caller's namespace
 *      C, a peer of S            ---->  S
 *      └─ X  at C's root                └─ T  at S's root
 *
 * An unmount by a path or a descriptor takes the mount that lies on top at that moment, with the
 * mounts on it. An unmount that arrives by propagation takes the mount that lies directly on S, and
 * takes it only if no mount lies on it except a cover. So a child
 *
 *   1. mounts X, a private clone of T, on C, a private clone of S, in a namespace where nobody
 *	else mounts,
 *   2. lets C join S's peer group: from here on what takes T from S also takes X from C,
 *   3. asks the caller whether T lies on S, and S is still in that group,
 *   4. unmounts X, by a descriptor. The unmount arrives at S.
 *
 * If others meanwhile
 *
 *   mount U over T      T goes, and U moves down to S
 *   mount K on T        T stays, with K
 *   unmount T           X has gone, too, so step 4 fails
 *   tuck Y beneath T    before step 3: the answer is no. After it: a copy of Y arrives beneath X,
 *                       and X's unmount passes from that copy to Y, on which T lies: T goes
 *   unmount S beneath T, or change its propagation
 *                       S has left the group, and T stays
 *
 * S must be shared: from a private S no unmount of T would reach C. T must not be in S's group.
 *
 * S is covered, so no path leads to it. An operation that has tucked S has a descriptor of it.
 * Otherwise the child clones the tree of the directory that holds the mount point, makes T's copy
 * in that clone unbindable, and clones the clone. The second clone lacks T's copy, so a path in it
 * leads to a copy of S, which is a peer of S. Both clones stay detached, so that nothing is mounted
 * there and no other program finds them; not every kernel can make a mount in a detached tree
 * unbindable (seen on 6.18).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct exact_target {
	int top;	       /* a descriptor of T's root */
	uint64_t top_id;       /* its unique id; 0: not known */
	uint64_t namespace_id; /* of the caller; 0: not known */
	const char *path;      /* T's, from the caller's root directory */
	int beneath;	       /* a descriptor of S's root; -1: there is none */
	int beneath_group;     /* S's peer group */
};

/* Whether the kernel lets a copy of S be found without a descriptor of S. Found out once, by trying
 * in a child. */
bool detach_exact_finds_copies(void);

/* Unmount T. @may_go answers step 3 with @argument: 0, or -errno to stop. Returns 0: the unmount
 * was made, and T has gone; where the kernel can't be asked (before 6.12, or without the ids), T
 * stays if others lie on it or S has left its group. -EBUSY: T was not unmounted, since others
 * mounted or unmounted there; -EOPNOTSUPP: it can't be done here; or -errno. */
int detach_exactly(
	const struct exact_target *target, int (*may_go)(void *argument), void *argument);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* attach-propagation: attach beneath a top mount without the flag; see attach-propagation.c. */
#pragma once

struct passage_target;

/* Lock out other tucks by propagation in this namespace: they change P's propagation for a moment,
 * and the caller must not read it then. The lock lasts until every copy of the descriptor is
 * closed, also one in a child that survives the caller. -errno: go on without it; -EAGAIN: somebody
 * else has kept it for longer than a tuck takes. */
int attach_lock(void);

/* Attach a copy of @tree, which is detached and private, at m on P (passage.h). -EOPNOTSUPP: there
 * is an obstacle. Afterwards P's propagation is as before, and @tree can't be used again. */
int attach_by_propagation(const struct passage_target *target, int tree);

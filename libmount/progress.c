/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "progress.h"

#include <errno.h>

#include "attach-propagation.h"
#include "wish.h"

enum attach_way progress_way(struct progress *progress)
{
	if (progress->way == ATTACH_UNDECIDED)
		progress->way = attach_choose();
	return progress->way;
}

int progress_lock(struct progress *progress)
{
	int lock;

	if (progress->holds_lock || progress->lock_is_foreign ||
		progress_way(progress) != ATTACH_BY_PROPAGATION)
		return -1;
	lock = attach_lock();
	progress->lock_is_foreign = lock == -EAGAIN;
	return lock < 0 ? -1 : lock;
}

int progress_tree(const struct progress *progress, const struct wish *wish)
{
	return progress->origin >= 0 ? progress->origin : wish->source.fd;
}

int progress_attached_id(struct progress *progress, int new)
{
	struct mount_identity *attached = &progress->attached;

	attached->short_id = mount_identity_short_id(attached, new);
	return attached->short_id;
}

bool progress_has_beneath(struct progress *progress, const struct wish *wish, uint64_t id)
{
	bool will_tuck = progress_acts(progress, wish) & OF_TUCK;

	return (will_tuck || (progress->is_attached && progress->attached.unique_id == id)) &&
	       progress_way(progress) == ATTACH_BY_FLAG;
}

unsigned int progress_acts(const struct progress *progress, const struct wish *wish)
{
	unsigned int acts = 0;

	if (wish->operations & MNTTUCK_TUCK && !progress->is_attached)
		acts |= OF_TUCK | (wish->operations & MNTTUCK_CARRY ? (unsigned int)OF_CARRY : 0);
	if (wish->operations & MNTTUCK_REVEAL)
		acts |= OF_REVEAL;
	if (wish->operations & (MNTTUCK_REMOVE_BENEATH | MNTTUCK_REMOVE_ALL))
		acts |= OF_BENEATH;
	return acts;
}

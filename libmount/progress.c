/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "progress.h"

#include "wish.h"

enum attach_way progress_way(struct progress *progress)
{
	if (progress->way == ATTACH_UNDECIDED)
		progress->way = attach_choose();
	return progress->way;
}

unsigned int progress_acts(const struct progress *progress, const struct wish *wish)
{
	unsigned int acts = 0;

	if (wish->operations & MNTTUCK_TUCK && !progress->is_attached)
		acts |= OF_TUCK;
	if (wish->operations & MNTTUCK_REVEAL)
		acts |= OF_REVEAL;
	return acts;
}

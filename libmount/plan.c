/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan.h"

#include <errno.h>
#include <stdlib.h>

#include "namespaces.h"
#include "snapshot.h"
#include "util.h"

void plan_clear(struct plan *plan)
{
	free(steal_pointer(&plan->changes));
	plan->count = 0;
}

int plan_add_change(struct plan *plan, struct plan_change change)
{
	struct plan_change *larger;

	/* There is room for the next power of two. */
	if ((plan->count & (plan->count - 1)) == 0) {
		size_t room = plan->count ? plan->count * 2 : 1;

		larger = reallocarray(plan->changes, room, sizeof(*larger));
		if (!larger)
			return -ENOMEM;
		plan->changes = larger;
	}
	plan->changes[plan->count++] = change;
	return 0;
}

const char *plan_own_root(const struct plan *plan, const struct mount *mount)
{
	return mount->snapshot == plan->namespaces->list[0].snapshot ? plan->own_root : NULL;
}

struct mount *plan_visible(struct mount *mount)
{
	struct mount *cover;

	while ((cover = mount_cover(mount)))
		mount = cover;
	return mount;
}

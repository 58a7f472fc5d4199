/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "origins.h"

#include <string.h>

#include "namespaces.h"
#include "plan.h"
#include "snapshot.h"

static bool is_older(const struct mount *mount, uint64_t top)
{
	return !top || !mount->id || mount->id < top;
}

bool mount_is_origin(const struct namespaces *namespaces, struct mount *mount, uint64_t top)
{
	struct snapshot *own = namespaces->list[0].snapshot;
	const char *target = mount_target(mount);
	struct mount *other;

	if (mount->snapshot == own)
		return is_older(mount, top);
	if (!own || !target)
		return false;
	snapshot_for_each (other, own)
		if (is_older(other, top) && plan_is_same_version(other, mount) &&
			mount_target(other) && strcmp(mount_target(other), target) == 0 &&
			other->id != top && plan_in_sight(other))
			return true;
	return false;
}

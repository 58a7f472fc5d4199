/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "namespaces.h"
#include "path.h"
#include "snapshot-change.h"
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

/* Whether another mount on the same parent hides the path of @mount: it lies on the same directory,
 * or on one above. */
static bool is_hidden_by_sibling(struct mount *mount)
{
	const char *target = mount_target(mount);

	for (struct mount *each = mount->parent->first_child; each; each = each->next_sibling)
		if (each != mount && target && mount_target(each) &&
			path_below(target, mount_target(each)))
			return true;
	return false;
}

bool plan_in_sight(struct mount *mount)
{
	return plan_in_sight_from(NULL, mount);
}

bool plan_in_sight_from(const struct mount *top, struct mount *mount)
{
	if (mount_cover(mount))
		return false;
	for (; mount != top && mount->parent; mount = mount->parent)
		if (is_hidden_by_sibling(mount))
			return false;
	return true;
}

bool plan_is_same_version(struct mount *one, struct mount *other)
{
	const char *root, *other_root;

	if (!mount_device(one) || mount_device(one) != mount_device(other))
		return false;
	root = mount_root(one);
	other_root = mount_root(other);
	return root && other_root && strcmp(root, other_root) == 0;
}

int plan_move_targets(struct mount *mount, const char *from, const char *to)
{
	const char *rest = mount_target(mount) ? path_below(mount_target(mount), from) : NULL;
	_cleanup_free_ char *target = rest && to ? path_join(to, rest) : NULL;
	int r = 0;

	if (rest && to && !target)
		return -ENOMEM;
	for (struct mount *child = mount->first_child; child && r == 0; child = child->next_sibling)
		r = plan_move_targets(child, from, to);
	return r == 0 && target ? mount_set_target(mount, target) : r;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan-unmount.h"

#include <errno.h>
#include <stdlib.h>

#include "mount-point.h"
#include "namespaces.h"
#include "plan-groups.h"
#include "propagation.h"
#include "snapshot-change.h"
#include "util.h"

/* The set of mounts that are to go. A mount is in the set while its is_dropped is true. */
struct leaving {
	struct mount **list;
	size_t count, room;
	size_t inside; /* index of the first that is reached because of a mount on the top */
};

static int leave(struct leaving *leaving, struct mount *mount)
{
	if (leaving->count == leaving->room) {
		size_t room = leaving->room ? leaving->room * 2 : 16;
		struct mount **larger = reallocarray(leaving->list, room, sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		leaving->list = larger;
		leaving->room = room;
	}
	mount->is_dropped = true;
	leaving->list[leaving->count++] = mount;
	return 0;
}

/* Add what is at the same mount point of @receiver, if that shows it. */
static int add_child_of(struct plan *plan, struct leaving *leaving, struct mount *receiver,
	const struct mount_point *point)
{
	struct mount *there;
	int r;

	if (!mount_point_shown(point, receiver))
		return 0;
	r = mount_point_child(receiver, point->path, plan_own_root(plan, receiver), &there);
	if (r < 0 || !there || there->is_dropped)
		return r;
	return leave(leaving, there);
}

/* Add what the unmount of @mount reaches: its mount point on every mount that receives from its
 * parent. */
static int add_reached(struct plan *plan, struct leaving *leaving, struct mount *mount)
{
	_cleanup_free_ struct mount **receivers = NULL;
	_cleanup_free_ char *path = NULL;
	struct mount *parent = mount->parent;
	struct mount_point point;
	size_t count = 0;
	int r;

	if (!parent)
		return 0;
	r = mount_point_to_filesystem(
		parent, mount_target(mount), plan_own_root(plan, parent), &path);
	if (r < 0)
		return r == -ENODATA ? 0 : r;
	point = (struct mount_point){mount_device(parent), path};
	r = propagation_receivers(plan->namespaces, parent, &receivers, &count);
	for (size_t i = 0; i < count && r == 0; i++)
		r = add_child_of(plan, leaving, receivers[i], &point);
	return r;
}

/* A mount that stays and is mounted somewhere in @mount other than over its root; NULL: none. */
static struct mount *find_staying(struct mount *mount)
{
	struct mount *cover = mount_cover(mount);

	for (struct mount *child = mount->first_child; child; child = child->next_sibling) {
		struct mount *below = child;

		if (child == cover)
			continue;
		for (; below; below = mount_next_below(child, below))
			if (!below->is_dropped)
				return below;
	}
	return NULL;
}

/* Take mounts that can't go out of the set, from index @first on, until all in it can go. */
static int trim(struct plan *plan, struct leaving *leaving, size_t first)
{
	bool again = true;

	while (again) {
		again = false;
		for (size_t i = first; i < leaving->count; i++) {
			struct mount *mount = leaving->list[i], *keeps;

			if (!mount || !mount->is_dropped)
				continue;
			keeps = find_staying(mount);
			if (!keeps)
				continue;
			mount->is_dropped = false;
			again = true;
			if (plan_add_change(plan, (struct plan_change){.on = mount->parent,
							  .mount = mount,
							  .other = keeps,
							  .is_inside = i >= leaving->inside,
							  .stays = true}) < 0)
				return -ENOMEM;
		}
	}
	return 0;
}

/* A mount that stays on a mount that goes moves down to the nearest ancestor that stays. */
static void slide_down(struct mount *mount)
{
	struct mount *child, *next, *stays = mount->parent;

	while (stays && stays->is_dropped)
		stays = stays->parent;
	for (child = mount->first_child; child; child = next) {
		next = child->next_sibling;
		if (!child->is_dropped)
			mount_reparent(child, stays);
	}
}

int plan_unmount(struct plan *plan, struct mount *top)
{
	struct leaving leaving = {0};
	size_t own;
	int r;

	plan_clear(plan);
	r = leave(&leaving, top);
	for (struct mount *mount = top; r == 0 && (mount = mount_next_below(top, mount));)
		r = leave(&leaving, mount);
	own = leaving.count;
	for (size_t i = 0; i < own && r == 0; i++) {
		r = add_reached(plan, &leaving, leaving.list[i]);
		if (i == 0)
			leaving.inside = leaving.count;
	}
	if (r == 0)
		r = plan_add_change(plan, (struct plan_change){.on = top->parent, .mount = top});
	if (r == 0)
		r = trim(plan, &leaving, own);
	for (size_t i = own; i < leaving.count && r == 0; i++)
		if (leaving.list[i]->is_dropped)
			r = plan_add_change(
				plan, (struct plan_change){.on = leaving.list[i]->parent,
					      .mount = leaving.list[i],
					      .is_inside = i >= leaving.inside});
	for (size_t i = 0; i < leaving.count && r == 0; i++)
		if (leaving.list[i]->is_dropped)
			slide_down(leaving.list[i]);
	for (size_t i = 0; i < leaving.count && r == 0; i++)
		if (leaving.list[i]->is_dropped) {
			plan_leave_groups(plan, leaving.list[i]);
			mount_remove(leaving.list[i]);
		}
	for (size_t i = 0; i < leaving.count; i++)
		leaving.list[i]->is_dropped = false;
	free(leaving.list);
	return r < 0 ? r : namespaces_error(plan->namespaces);
}

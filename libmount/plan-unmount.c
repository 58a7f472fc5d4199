/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan-unmount.h"

#include <errno.h>
#include <stdlib.h>

#include "mount-point.h"
#include "namespaces.h"
#include "plan-groups.h"
#include "propagation.h"
#include "snapshot-change.h"
#include "snapshot.h"
#include "unmount-way.h"
#include "util.h"

/* The set of mounts that are to go. A mount is in the set while its is_dropped is true; is_inside:
 * it is reached because of a mount on the top. */
struct leaving {
	struct mount **list;
	size_t count, room;
	int error; /* -ENOMEM: which mounts can go could not be found out */
};

static int leave(struct leaving *leaving, struct mount *mount, bool is_inside)
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
	mount->is_inside = is_inside;
	leaving->list[leaving->count++] = mount;
	return 0;
}

/* Add what is at the mount point of @mount on @receiver, if that shows it. */
static int add_child_of(struct plan *plan, struct leaving *leaving, struct mount *receiver,
	const struct mount_point *point, struct mount *mount)
{
	struct mount *there;
	int r;

	if (!mount_point_shown(point, receiver))
		return 0;
	r = mount_point_child(receiver, point->path, plan_own_root(plan, receiver), mount, &there);
	if (r < 0 || !there || there->is_dropped)
		return r;
	return leave(leaving, there, mount->is_inside);
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
		r = add_child_of(plan, leaving, receivers[i], &point, mount);
	return r;
}

/* Whether the kernel takes a mount T although a mount stays that covers a mount on T
 * (plan-unmount.h). The kernel is asked only where that matters, which is rare. */
static bool takes_covered(struct plan *plan, struct leaving *leaving)
{
	if (plan->unmount_way == AS_HERE) {
		int r = unmount_takes_covered();

		/* Who can't try it can't unmount either. */
		plan->unmount_way = r == 1 ? TAKES_COVERED : KEEPS_COVERED;
		leaving->error = r == -ENOMEM ? r : 0;
	}
	return plan->unmount_way == TAKES_COVERED;
}

/* A mount that stays, is mounted somewhere in @mount other than over its root, and so keeps it;
 * NULL: none. */
static struct mount *find_keeping(struct plan *plan, struct leaving *leaving, struct mount *mount)
{
	struct mount *cover = mount_cover(mount);

	for (struct mount *child = mount->first_child; child; child = child->next_sibling) {
		struct mount *below = child;

		if (child == cover)
			continue;
		for (; below; below = mount_next_below(child, below))
			if (!below->is_dropped && (below == child || !takes_covered(plan, leaving)))
				return below;
	}
	return NULL;
}

/* Remove mounts that have to stay from the set, from index @first on, until all in it can go. */
static int trim(struct plan *plan, struct leaving *leaving, size_t first)
{
	bool again = true;

	while (again) {
		again = false;
		for (size_t i = first; i < leaving->count; i++) {
			struct mount *mount = leaving->list[i], *keeps;

			if (!mount || !mount->is_dropped)
				continue;
			keeps = find_keeping(plan, leaving, mount);
			if (!keeps)
				continue;
			mount->is_dropped = false;
			again = true;
			if (i == 0) {
				/* The target's own change is there already. */
				plan->changes[0].stays = true;
				plan->changes[0].other = keeps;
			} else if (plan_add_change(plan, (struct plan_change){.on = mount->parent,
								 .mount = mount,
								 .other = keeps,
								 .is_inside = mount->is_inside,
								 .stays = true}) < 0)
				return -ENOMEM;
		}
	}
	return leaving->error;
}

/* Whether it matters that the mount which shows at the mount point of @change is in sight: the old
 * version stays, or something else than the old version goes, or has flags of its own. In an
 * ordinary place nothing of that is so, and no path of the mounts around has to be read. @top: the
 * old version; NULL: what lies beneath is unmounted. */
static bool sight_matters(const struct plan_change *change, struct mount *top)
{
	const struct mount *shown = change->shown, *shows = change->shows;

	/* What lies beneath is mostly out of sight, and then it is at once known to be. */
	if (!top)
		return shown != shows;
	return !change->shows_beneath || shown == shows ||
	       shown->flags & ~top->flags & ~shows->flags ||
	       !plan_is_same_version(change->shown, top);
}

/* Whether a mount lies on @mount that does not go. */
static bool has_staying(const struct mount *mount)
{
	for (const struct mount *child = mount->first_child; child; child = child->next_sibling)
		if (!child->is_dropped)
			return true;
	return false;
}

/* Whether a lookup that has come to the old version could end in @mount, which lies on it. */
static bool was_in_sight_inside(struct mount *mount)
{
	const struct mount *old = mount;

	while (old->is_inside && old->parent)
		old = old->parent;
	return plan_in_sight_from(old, mount);
}

/* A mount that covers one on @mount and moves to the mount point of that; NULL: none. */
static struct mount *find_sliding(struct mount *mount)
{
	for (struct mount *below = mount; (below = mount_next_below(mount, below));)
		if (!below->is_dropped && below->parent->is_dropped)
			return plan_visible(below);
	return NULL;
}

/* Note what shows at the mount point of a change, before and after. A mount that the unmount
 * reaches lies on a mount that shows what is beneath the top mount, at the same mount point. */
static void note_shown(const struct plan *plan, struct plan_change *change, struct mount *top)
{
	struct mount *mount = plan_visible(change->mount), *last = NULL;

	change->shown = mount;
	change->shown_is_in_group = mount->group || mount->master;
	for (; mount && mount->is_dropped; mount = mount->parent)
		last = mount;
	change->shows = mount;
	change->shows_beneath = last && !last->is_inside;
	/* Of mounts inside others that go, the last one is where the mount comes to. */
	if (plan->unmount_way == TAKES_COVERED && last &&
		(!change->is_inside || last == change->mount))
		change->slides = find_sliding(last);
	if (change->slides) {
		change->shows = change->slides;
		change->shows_beneath = false;
	}
	/* For a mount on the old version this matters only if mounts lie on the mount that shows
	 * then: list_lost() compares with those. */
	if (change->is_inside)
		change->was_in_sight =
			!mount || !has_staying(mount) || was_in_sight_inside(change->shown);
	else
		change->was_in_sight = !sight_matters(change, top) || plan_in_sight(change->shown);
}

/* A mount that stays on a mount that goes moves down to the nearest ancestor that stays. -ENOMEM.
 */
static int slide_down(struct mount *mount)
{
	struct mount *child, *next, *last = mount, *stays = mount->parent;
	const char *from = mount_target(mount);
	int r = 0;

	for (; stays && stays->is_dropped; stays = stays->parent)
		last = stays;
	for (child = mount->first_child; child && r == 0; child = next) {
		next = child->next_sibling;
		if (child->is_dropped)
			continue;
		mount_reparent(child, stays);
		if (last != mount && from)
			r = plan_move_targets(child, from, mount_target(last));
	}
	return r;
}

/* A change for each mount that goes, after the target's own. */
static int add_changes(struct plan *plan, const struct leaving *leaving)
{
	int r = 0;

	for (size_t i = 1; i < leaving->count && r == 0; i++) {
		struct mount *mount = leaving->list[i];

		if (mount->is_dropped)
			r = plan_add_change(plan, (struct plan_change){.on = mount->parent,
							  .mount = mount,
							  .is_inside = mount->is_inside});
	}
	return r;
}

static int take_away(const struct plan *plan, const struct leaving *leaving)
{
	int r = 0;

	for (size_t i = 0; i < leaving->count && r == 0; i++)
		if (leaving->list[i]->is_dropped)
			r = slide_down(leaving->list[i]);
	for (size_t i = 0; i < leaving->count && r == 0; i++)
		if (leaving->list[i]->is_dropped) {
			plan_leave_groups(plan, leaving->list[i]);
			mount_remove(leaving->list[i]);
		}
	return r;
}

/* Make the plan of an unmount that begins at the mounts in @leaving; the first is the target's own.
 * The mounts before index @first go in any case; those from there on, and the mounts that the
 * unmount reaches, stay if they have to. */
static int plan_leaving(struct plan *plan, struct leaving *leaving, size_t first)
{
	struct mount *own = leaving->list[0];
	size_t begun = leaving->count;
	int r = 0;

	for (size_t i = 0; i < begun && r == 0; i++)
		r = add_reached(plan, leaving, leaving->list[i]);
	if (r == 0)
		r = plan_add_change(plan, (struct plan_change){.on = own->parent, .mount = own});
	if (r == 0)
		r = trim(plan, leaving, first);
	if (r == 0)
		r = add_changes(plan, leaving);
	for (size_t i = 0; i < plan->count && r == 0; i++)
		note_shown(plan, &plan->changes[i], first > 0 ? own : NULL);
	if (r == 0)
		r = take_away(plan, leaving);
	for (size_t i = 0; i < leaving->count; i++)
		leaving->list[i]->is_dropped = leaving->list[i]->is_inside = false;
	return r < 0 ? r : namespaces_error(plan->namespaces);
}

int plan_unmount(struct plan *plan, struct mount *top)
{
	struct leaving leaving = {0};
	int r;

	plan_clear(plan);
	r = leave(&leaving, top, /* is_inside= */ false);
	for (struct mount *mount = top; r == 0 && (mount = mount_next_below(top, mount));)
		r = leave(&leaving, mount, /* is_inside= */ true);
	r = r < 0 ? r : plan_leaving(plan, &leaving, leaving.count);
	free(leaving.list);
	return r;
}

int plan_unmount_beneath(struct plan *plan, struct mount *mount)
{
	struct leaving leaving = {0};
	int r;

	plan_clear(plan);
	r = leave(&leaving, mount, /* is_inside= */ false);
	r = r < 0 ? r : plan_leaving(plan, &leaving, /* first= */ 0);
	free(leaving.list);
	return r;
}

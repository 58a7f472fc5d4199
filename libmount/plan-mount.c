/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan-mount.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "carry.h"
#include "mount-point.h"
#include "namespaces.h"
#include "path.h"
#include "plan-groups.h"
#include "propagation.h"
#include "snapshot-change.h"
#include "util.h"

/* The groups of copies. */
enum copies {
	COPIES_PRIVATE,
	COPIES_PEERS,	/* those of their origins */
	COPIES_CARRIED, /* the same, except where carry_leaves_group() */
	COPIES_SLAVES,	/* slaves of those, with the same exception */
};

static void copy_groups(struct mount *copy, const struct mount *origin, enum copies copies)
{
	if (copies == COPIES_PRIVATE || (copies != COPIES_PEERS && carry_leaves_group(origin)))
		return;
	if (copies == COPIES_SLAVES && origin->group)
		mount_set_groups(copy, 0, origin->group);
	else
		mount_set_groups(copy, origin->group, origin->master);
}

/* Copy the mounts on @from whose targets are below @from_path to @to, at @to_path. Unbindable
 * mounts are left out. */
static int copy_children(struct plan *plan, struct mount *from, const char *from_path,
	struct mount *to, const char *to_path, enum copies copies)
{
	int r = 0;

	for (struct mount *child = from->first_child; child && r == 0;
		child = child->next_sibling) {
		const char *rest =
			mount_target(child) ? path_below(mount_target(child), from_path) : NULL;
		_cleanup_free_ char *target = NULL;
		struct mount *copy;

		if (!rest || child->unbindable)
			continue;
		target = to_path ? path_join(to_path, rest) : NULL;
		copy = snapshot_add(to->snapshot, mount_device(child), mount_root(child), target);
		if (!copy || (to_path && !target))
			return -ENOMEM;
		copy->flags = child->flags;
		mount_reparent(copy, to);
		copy_groups(copy, child, copies);
		r = copy_children(plan, child, from_path, copy, to_path, copies);
	}
	return r;
}

/* ---- carried mounts ---- */

/* The mount of the tree at @mount that a path below its target leads to. */
static struct mount *mount_at(struct mount *mount, const char *path)
{
	for (struct mount *child = mount->first_child; child;) {
		const char *target = mount_target(child);

		if (!target || !path_below(path, target)) {
			child = child->next_sibling;
			continue;
		}
		mount = child;
		child = mount->first_child;
	}
	return mount;
}

/* Copy @mount, which is on the top mount, with all that is on it. */
static int carry_one(struct plan *plan, struct mount *mount, struct mount *to, const char *target,
	enum copies copies)
{
	struct mount *copy =
		snapshot_add(to->snapshot, mount_device(mount), mount_root(mount), target);

	if (!copy)
		return -ENOMEM;
	copy->flags = mount->flags;
	mount_reparent(copy, to);
	copy_groups(copy, mount, copies);
	return copy_children(plan, mount, target, copy, target, copies);
}

/* Copy the mounts on @from to the new mount @to, which has the same target as the top mount. What
 * is there already is left, and what is on it is looked at. */
static int carry_children(
	struct plan *plan, struct mount *from, struct mount *to, enum copies copies)
{
	struct mount *cover = mount_cover(from);
	int r = 0;

	for (struct mount *child = from->first_child; child && r == 0;
		child = child->next_sibling) {
		const char *target = mount_target(child);
		struct mount *there;

		if (child == cover)
			continue;
		if (!target)
			return -ENODATA;
		there = mount_at(to, target);
		if (mount_target(there) && strcmp(mount_target(there), target) == 0)
			r = carry_children(plan, child, to, copies);
		else if (!child->unbindable)
			r = carry_one(plan, child, there, target, copies);
	}
	return r;
}

/* Make the tree that @source describes, without a parent. */
static int make_tree(struct plan *plan, const struct plan_source *source, struct snapshot *snapshot,
	const char *target, struct mount **ret)
{
	int r = 0;

	*ret = snapshot_add(snapshot, source->device, source->root, target);
	if (!*ret)
		return -ENOMEM;
	(*ret)->flags = source->flags;
	if (source->peer)
		mount_set_groups(*ret, source->peer->group, source->peer->master);
	if (source->tree)
		r = copy_children(plan, source->tree, source->tree_path, *ret, target,
			source->peer ? COPIES_PEERS : COPIES_PRIVATE);
	if (r < 0 || !source->carried)
		return r;
	return carry_children(plan, source->carried, *ret,
		source->carried_are_slaves ? COPIES_SLAVES : COPIES_CARRIED);
}

/* @on: the mount that it will be mounted on, at @target. */
static int take_source(struct plan *plan, const struct plan_source *source, struct mount *on,
	const char *target, struct mount **ret)
{
	if (!source->is_move)
		return make_tree(plan, source, on->snapshot, target, ret);
	for (const struct mount *above = on; above; above = above->parent)
		if (above == source->tree)
			return -ELOOP;
	*ret = source->tree;
	mount_reparent(*ret, NULL);
	return plan_move_targets(*ret, source->tree_path, target);
}

/* Put the tree of @mount on @on at @path of the filesystem, beneath the mount that is there, which
 * probably is @top or a copy of it. */
static int put(struct plan *plan, struct mount *on, const char *path, struct mount *top,
	struct mount *mount)
{
	struct mount *there;
	int r = mount_point_child(on, path, plan_own_root(plan, on), top, &there);

	if (r == 0)
		r = plan_add_change(
			plan, (struct plan_change){.on = on, .mount = mount, .other = there});
	if (r < 0)
		return r;
	if (there)
		mount_reparent(there, plan_visible(mount));
	mount_reparent(mount, on);
	return 0;
}

/* The mounts that receive, and the copy that each of them gets; NULL: it does not show the mount
 * point. */
struct receivers {
	struct mount **list, **arrivals;
	bool *are_shared; /* noted early, because a moved tree that receives itself becomes shared
			   */
	size_t count;
};

static int find_receivers(
	const struct plan *plan, const struct mount *on, struct receivers *receivers)
{
	int r = propagation_receivers(plan->namespaces, on, &receivers->list, &receivers->count);

	if (r < 0)
		return r;
	receivers->arrivals = calloc(receivers->count + 1, sizeof(*receivers->arrivals));
	receivers->are_shared = calloc(receivers->count + 1, sizeof(*receivers->are_shared));
	if (!receivers->arrivals || !receivers->are_shared)
		return -ENOMEM;
	for (size_t i = 0; i < receivers->count; i++)
		receivers->are_shared[i] = receivers->list[i]->group;
	return 0;
}

static void receivers_clear(struct receivers *receivers)
{
	free(receivers->list);
	free(receivers->arrivals);
	free(receivers->are_shared);
}

/* A copy that is in @group, or the source itself; NULL: none. */
static struct mount *find_model(const struct receivers *receivers, struct mount *source, int group)
{
	if (source->group == group)
		return source;
	for (size_t i = 0; i < receivers->count; i++)
		if (receivers->arrivals[i] && receivers->arrivals[i]->group == group)
			return receivers->arrivals[i];
	return NULL;
}

/* A copy on a peer is a peer of the first copy in its group. A copy on a slave is a slave of the
 * copy on the nearest master. */
static int join_groups(struct plan *plan, const struct receivers *receivers, size_t index,
	struct mount *copy, struct mount *source, struct plan_copies *copies)
{
	const struct mount *receiver = receivers->list[index];
	bool is_shared = receivers->are_shared[index];
	int group = is_shared ? plan_copies_group(copies, receiver->group) : 0;
	struct mount *model = find_model(
		receivers, source, group ? group : plan_copies_above(plan, copies, receiver));

	if (model)
		plan_follow_groups(plan, copy, model, group, is_shared);
	return is_shared && !group ? plan_copies_add(plan, copies, receiver->group, copy->group)
				   : 0;
}

static int make_copy(struct plan *plan, struct receivers *receivers, size_t index,
	const struct mount_point *point, struct mount *source, struct plan_copies *copies)
{
	const struct plan_source model = {
		.device = mount_device(source),
		.root = mount_root(source),
		.tree = source,
		.tree_path = mount_target(source),
		.flags = source->flags,
	};
	struct mount *receiver = receivers->list[index], *copy;
	_cleanup_free_ char *target = NULL;
	int r;

	if (!mount_point_shown(point, receiver))
		return 0;
	r = mount_point_to_namespace(receiver, point->path, plan_own_root(plan, receiver), &target);
	if (r < 0 && r != -ENODATA)
		return r;
	r = make_tree(plan, &model, receiver->snapshot, target, &copy);
	if (r < 0)
		return r;
	receivers->arrivals[index] = copy;
	return join_groups(plan, receivers, index, copy, source, copies);
}

/* Make the copies for all receivers. All are made before the first is attached, because a copy of a
 * tree must not contain other copies. Those on shared receivers come first, because the others may
 * be their slaves. */
static int make_copies(struct plan *plan, struct receivers *receivers,
	const struct mount_point *point, struct mount *source, const struct mount *on)
{
	struct plan_copies copies = {0};
	int r = plan_copies_add(plan, &copies, on->group, source->group);

	for (size_t i = 0; i < receivers->count && r == 0; i++)
		if (receivers->are_shared[i])
			r = make_copy(plan, receivers, i, point, source, &copies);
	for (size_t i = 0; i < receivers->count && r == 0; i++)
		if (!receivers->are_shared[i])
			r = make_copy(plan, receivers, i, point, source, &copies);
	free(copies.list);
	return r;
}

int plan_mount(struct plan *plan, struct mount *on, const char *target, struct mount *top,
	const struct plan_source *source)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_(receivers_clear) struct receivers receivers = {0};
	struct mount_point point;
	struct mount *mount;
	int r;

	plan_clear(plan);
	r = mount_point_to_filesystem(on, target, plan_own_root(plan, on), &path);
	/* The receivers are found first: a mount receives nothing before it is mounted, whichever
	 * group it is in. */
	if (r == 0)
		r = find_receivers(plan, on, &receivers);
	if (r == 0)
		r = take_source(plan, source, on, target, &mount);
	if (r != 0)
		return r;
	if (on->group)
		plan_share_tree(plan, mount);
	point = (struct mount_point){mount_device(on), path};
	r = make_copies(plan, &receivers, &point, mount, on);
	if (r == 0)
		r = put(plan, on, path, top, mount);
	for (size_t i = 0; i < receivers.count && r == 0; i++)
		if (receivers.arrivals[i])
			r = put(plan, receivers.list[i], path, top, receivers.arrivals[i]);
	return r < 0 ? r : namespaces_error(plan->namespaces);
}

int plan_tuck(struct plan *plan, struct mount *top, const struct plan_source *source)
{
	if (!top->parent)
		return -ENODATA;
	return plan_mount(plan, top->parent, mount_target(top), top, source);
}

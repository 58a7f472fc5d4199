/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "namespaces.h"
#include "path.h"
#include "propagation.h"
#include "snapshot.h"
#include "util.h"

void plan_clear(struct plan *plan)
{
	free(steal_pointer(&plan->places));
	plan->count = 0;
}

static int add_place(struct plan *plan, struct plan_place place)
{
	struct plan_place *larger;

	/* Room for 2^n. */
	if ((plan->count & (plan->count - 1)) == 0) {
		size_t room = plan->count ? plan->count * 2 : 1;

		larger = reallocarray(plan->places, room, sizeof(*larger));
		if (!larger)
			return -ENOMEM;
		plan->places = larger;
	}
	plan->places[plan->count++] = place;
	return 0;
}

/* ---- where a mount lies ---- */

/* A path of @mount's filesystem as its namespace sees it; NULL: out of sight. The caller frees it.
 */
static char *path_in_namespace(const struct plan *plan, struct mount *mount, const char *path)
{
	const char *target = mount_target(mount), *root = mount_root(mount), *rest;

	if (target && root) {
		rest = path_below(path, root);
		return rest ? path_join(target, rest) : NULL;
	}
	if (!plan->root_path || mount->snapshot != plan->namespaces->list[0].snapshot)
		return NULL;
	rest = path_below(path, plan->root_path);
	return rest ? strdup(*rest ? rest : "/") : NULL;
}

/* @path, as @mount's namespace sees it, as a path of @mount's filesystem; NULL: unknown. The caller
 * frees it. */
static char *path_on(const struct plan *plan, struct mount *mount, const char *path)
{
	if (!path || !mount_root(mount))
		return NULL;
	if (mount_target(mount))
		return path_on_filesystem(mount, path);
	if (!plan->root_path || mount->snapshot != plan->namespaces->list[0].snapshot)
		return NULL;
	return path_join(plan->root_path, strcmp(path, "/") == 0 ? "" : path);
}

/* The path of @mount's mount point on its parent's filesystem; the caller frees it. */
static char *place_on_parent(const struct plan *plan, struct mount *mount)
{
	return path_on(plan, mount->parent, mount_target(mount));
}

struct mount *plan_child_at(const struct plan *plan, struct mount *mount, const char *path)
{
	_cleanup_free_ char *where = NULL;

	if (!mount->first_child)
		return NULL;
	where = path_in_namespace(plan, mount, path);
	for (struct mount *child = mount->first_child; where && child; child = child->next_sibling)
		if (mount_target(child) && strcmp(mount_target(child), where) == 0)
			return child;
	return NULL;
}

struct mount *plan_visible(struct mount *mount)
{
	struct mount *cover;

	while ((cover = mount_cover(mount)))
		mount = cover;
	return mount;
}

/* ---- groups ---- */

static bool group_has_members(const struct plan *plan, int group)
{
	for (size_t i = 0; i < plan->namespaces->count; i++)
		if (plan->namespaces->list[i].snapshot &&
			snapshot_first_peer(plan->namespaces->list[i].snapshot, group))
			return true;
	return false;
}

/* The last member has left @group: its slaves become those of the group's own master. */
static void hand_slaves_over(const struct plan *plan, int group, int master)
{
	for (size_t i = 0; i < plan->namespaces->count; i++) {
		struct snapshot *snapshot = plan->namespaces->list[i].snapshot;
		struct mount *slave;

		while (snapshot && (slave = snapshot_first_slave(snapshot, group)))
			mount_set_groups(slave, slave->group, master);
	}
}

/* @mount leaves its group and its master. */
static void leave_groups(const struct plan *plan, struct mount *mount)
{
	int group = mount->group, master = mount->master;

	mount_set_groups(mount, 0, 0);
	/* No group is its own master, but in a table that somebody made up. */
	if (group && !group_has_members(plan, group))
		hand_slaves_over(plan, group, master == group ? 0 : master);
}

void plan_set_propagation(struct plan *plan, struct mount *mount, unsigned long propagation)
{
	int group = mount->group, master = mount->master;

	mount->unbindable = propagation == MS_UNBINDABLE;
	if (propagation == MS_SHARED) {
		if (!group)
			mount_set_groups(mount, --plan->next_group, master);
		return;
	}
	if (propagation != MS_SLAVE) {
		leave_groups(plan, mount);
	} else if (group) {
		leave_groups(plan, mount);
		/* The group's slave; the last of it has but the group's master to receive from. */
		mount_set_groups(mount, 0, group_has_members(plan, group) ? group : master);
	}
}

/* ---- a tuck ---- */

/* The groups in which there are copies, each with the one that the copies are in. */
struct copies {
	struct {
		int receivers, copies;
	} * list;
	size_t count;
};

static int group_of_copies(const struct copies *copies, int group)
{
	for (size_t i = 0; i < copies->count; i++)
		if (copies->list[i].receivers == group)
			return copies->list[i].copies;
	return 0;
}

static int add_group(struct plan *plan, struct copies *copies, int receivers, int group)
{
	void *larger = reallocarray(copies->list, copies->count + 1, sizeof(*copies->list));

	if (!larger)
		return -ENOMEM;
	copies->list = larger;
	copies->list[copies->count].receivers = receivers;
	copies->list[copies->count++].copies = group ? group : --plan->next_group;
	return 0;
}

/* The nearest group above @receiver in which there are copies: theirs. */
static int copies_above(
	const struct plan *plan, const struct copies *copies, const struct mount *receiver)
{
	int found = 0;

	for (int master = receiver->master, steps = 0; master && !found && steps < MASTERS_MAX;
		steps++) {
		found = group_of_copies(copies, master);
		master = propagation_master(plan->namespaces, master);
	}
	return found;
}

/* Copies of what is mounted on @from, below @from_path as targets have it, for @to; as peers of it,
 * or private. Unbindable ones are left out. */
static int copy_children(struct plan *plan, struct mount *from, const char *from_path,
	struct mount *to, const char *to_path, bool are_peers)
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
		mount_reparent(copy, to);
		if (are_peers)
			mount_set_groups(copy, child->group, child->master);
		r = copy_children(plan, child, from_path, copy, to_path, are_peers);
	}
	return r;
}

/* @mount and all below it, which have the same shape as @model: each in the group of its model's
 * (a peer), or its slave, and with @shared in a group of its own. */
static void follow_groups(
	struct plan *plan, struct mount *mount, struct mount *model, bool is_peer, bool shared)
{
	struct mount *child = mount->first_child, *model_child = model->first_child;

	if (is_peer)
		mount_set_groups(mount, model->group, model->master);
	else
		mount_set_groups(mount, shared ? --plan->next_group : 0, model->group);
	for (; child && model_child;
		child = child->next_sibling, model_child = model_child->next_sibling)
		follow_groups(plan, child, model_child, is_peer, shared);
}

static void share_tree(struct plan *plan, struct mount *mount)
{
	if (!mount->group)
		mount_set_groups(mount, --plan->next_group, mount->master);
	for (struct mount *child = mount->first_child; child; child = child->next_sibling)
		share_tree(plan, child);
}

/* A tree as @source has it, that lies nowhere yet. */
static int make_tree(struct plan *plan, const struct plan_source *source, struct snapshot *snapshot,
	const char *target, struct mount **ret)
{
	*ret = snapshot_add(snapshot, source->device, source->root, target);
	if (!*ret)
		return -ENOMEM;
	if (source->peer)
		mount_set_groups(*ret, source->peer->group, source->peer->master);
	if (!source->tree)
		return 0;
	return copy_children(plan, source->tree, source->tree_path, *ret, target, source->peer);
}

/* Move @mount and what is on it, whose targets begin with @from. */
static int move_targets(struct mount *mount, const char *from, const char *to)
{
	const char *rest = mount_target(mount) ? path_below(mount_target(mount), from) : NULL;
	_cleanup_free_ char *target = rest && to ? path_join(to, rest) : NULL;
	int r = target ? mount_set_target(mount, target) : 0;

	for (struct mount *child = mount->first_child; child && r == 0; child = child->next_sibling)
		r = move_targets(child, from, to);
	return r;
}

/* @on: what it is to be mounted on, at @target. */
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
	return move_targets(*ret, source->tree_path, target);
}

/* Put the tree of @mount on @on at @path, beneath whatever is there. */
static int put(struct plan *plan, struct mount *on, const char *path, struct mount *mount)
{
	struct mount *there = plan_child_at(plan, on, path);
	int r = add_place(plan, (struct plan_place){.on = on, .mount = mount, .other = there});

	if (r < 0)
		return r;
	if (there)
		mount_reparent(there, plan_visible(mount));
	mount_reparent(mount, on);
	return 0;
}

/* Who receives a mount, and what arrives there; NULL: the place does not show. */
struct receivers {
	struct mount **list, **arrivals;
	bool *are_shared; /* before: a moved tree that receives itself becomes shared after that */
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

/* The copy that is in @group already, or the source itself. */
static struct mount *find_model(const struct receivers *receivers, struct mount *source, int group)
{
	if (source->group == group)
		return source;
	for (size_t i = 0; i < receivers->count; i++)
		if (receivers->arrivals[i] && receivers->arrivals[i]->group == group)
			return receivers->arrivals[i];
	return NULL;
}

/* A peer's copy is like the first one in its group; a slave's receives from the nearest above it.
 */
static int join_groups(struct plan *plan, const struct receivers *receivers, size_t index,
	struct mount *source, struct copies *copies)
{
	struct mount *receiver = receivers->list[index], *copy = receivers->arrivals[index];
	bool is_shared = receivers->are_shared[index];
	int group = is_shared ? group_of_copies(copies, receiver->group) : 0;
	struct mount *model =
		find_model(receivers, source, group ? group : copies_above(plan, copies, receiver));

	if (model)
		follow_groups(plan, copy, model, group, is_shared);
	return is_shared && !group ? add_group(plan, copies, receiver->group, copy->group) : 0;
}

static int make_copy(struct plan *plan, struct receivers *receivers, size_t index,
	const struct place *place, struct mount *source, struct copies *copies)
{
	const struct plan_source model = {
		.device = mount_device(source),
		.root = mount_root(source),
		.tree = source,
		.tree_path = mount_target(source),
	};
	struct mount *receiver = receivers->list[index];
	_cleanup_free_ char *target = NULL;
	int r;

	if (!place_shows(place, receiver))
		return 0;
	target = path_in_namespace(plan, receiver, place->path);
	r = make_tree(plan, &model, receiver->snapshot, target, &receivers->arrivals[index]);
	return r < 0 ? r : join_groups(plan, receivers, index, source, copies);
}

/* What arrives at the receivers. All copies are made before any of them is put in its place, since
 * a copy of a tree has not what has been put on the tree; and those that are shared before the
 * others, which may be their slaves, in a namespace that was read earlier. */
static int make_copies(struct plan *plan, struct receivers *receivers, const struct place *place,
	struct mount *source, const struct mount *on)
{
	struct copies copies = {0};
	int r = add_group(plan, &copies, on->group, source->group);

	for (size_t i = 0; i < receivers->count && r == 0; i++)
		if (receivers->are_shared[i])
			r = make_copy(plan, receivers, i, place, source, &copies);
	for (size_t i = 0; i < receivers->count && r == 0; i++)
		if (!receivers->are_shared[i])
			r = make_copy(plan, receivers, i, place, source, &copies);
	free(copies.list);
	return r;
}

int plan_mount(
	struct plan *plan, struct mount *on, const char *target, const struct plan_source *source)
{
	_cleanup_free_ char *path = path_on(plan, on, target);
	_cleanup_(receivers_clear) struct receivers receivers = {0};
	struct mount *mount;
	int r;

	plan_clear(plan);
	if (!path)
		return -ENODATA;
	/* In this order: what is not mounted yet receives nothing, in whatever group it is. */
	r = find_receivers(plan, on, &receivers);
	if (r == 0)
		r = take_source(plan, source, on, target, &mount);
	if (r != 0)
		return r;
	if (on->group)
		share_tree(plan, mount);
	r = make_copies(plan, &receivers, &(struct place){mount_device(on), path}, mount, on);
	if (r == 0)
		r = put(plan, on, path, mount);
	for (size_t i = 0; i < receivers.count && r == 0; i++)
		if (receivers.arrivals[i])
			r = put(plan, receivers.list[i], path, receivers.arrivals[i]);
	return r;
}

int plan_tuck(struct plan *plan, struct mount *top, const struct plan_source *source)
{
	if (!top->parent)
		return -ENODATA;
	return plan_mount(plan, top->parent, mount_target(top), source);
}

/* ---- an unmount ---- */

/* What is in the set that goes; a mount's own note of it is is_dropped. */
struct leaving {
	struct mount **list;
	size_t count, room;
	size_t inside; /* where those begin that are reached from mounts on the top */
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

/* What the unmount of @mount reaches: the same place on each mount that receives from its parent.
 */
static int add_reached(struct plan *plan, struct leaving *leaving, struct mount *mount)
{
	_cleanup_free_ char *path = mount->parent ? place_on_parent(plan, mount) : NULL;
	_cleanup_free_ struct mount **receivers = NULL;
	size_t count = 0;
	int r = path ? propagation_receivers(plan->namespaces, mount->parent, &receivers, &count)
		     : 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		const struct place place = {mount_device(mount->parent), path};
		struct mount *there = place_shows(&place, receivers[i])
					      ? plan_child_at(plan, receivers[i], path)
					      : NULL;

		if (there && !there->is_dropped)
			r = leave(leaving, there);
	}
	return r;
}

/* A mount of the tree inside of @mount, which its root does not cover, that stays; NULL: none. */
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

/* From the bottom of @leaving on, take out what can't go, until all can. */
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
			if (add_place(plan, (struct plan_place){.on = mount->parent,
						    .mount = mount,
						    .other = keeps,
						    .is_inside = i >= leaving->inside,
						    .stays = true}) < 0)
				return -ENOMEM;
		}
	}
	return 0;
}

/* What stays on mounts that go slides down to what they were on. */
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
		r = add_place(plan, (struct plan_place){.on = top->parent, .mount = top});
	if (r == 0)
		r = trim(plan, &leaving, own);
	for (size_t i = own; i < leaving.count && r == 0; i++)
		if (leaving.list[i]->is_dropped)
			r = add_place(plan, (struct plan_place){.on = leaving.list[i]->parent,
						    .mount = leaving.list[i],
						    .is_inside = i >= leaving.inside});
	for (size_t i = 0; i < leaving.count && r == 0; i++)
		if (leaving.list[i]->is_dropped)
			slide_down(leaving.list[i]);
	for (size_t i = 0; i < leaving.count && r == 0; i++)
		if (leaving.list[i]->is_dropped) {
			leave_groups(plan, leaving.list[i]);
			mount_remove(leaving.list[i]);
		}
	for (size_t i = 0; i < leaving.count; i++)
		leaving.list[i]->is_dropped = false;
	free(leaving.list);
	return r;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * facts-effects: the facts about what the acts would change. They come last, because a plan changes
 * the snapshots.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "detach-exact.h"
#include "facts.h"
#include "mount-point.h"
#include "namespaces.h"
#include "path.h"
#include "plan-mount.h"
#include "progress.h"
#include "snapshot-change.h"
#include "snapshot.h"
#include "util.h"
#include "wish.h"

/* The flags that the new mount will have as a clone of a mount with @flags. */
static unsigned int flags_of_clone(const struct wish *wish, uint64_t flags)
{
	flags = (flags & ~wish->tree_attributes.clear) | wish->tree_attributes.set;
	flags = (flags & ~wish->attributes.clear) | wish->attributes.set;
	return (unsigned int)(flags & KERNEL_PROTECTIONS);
}

/* The source as a plan needs it. @path and @root are to be freed. */
static int make_plan_source(
	struct facts *facts, struct plan_source *source, char **path, char **root)
{
	const struct wish *wish = facts->wish;
	struct mount *origin = facts_source_in_namespace(facts);
	int r;

	*source = (struct plan_source){
		.device = wish->tree_root ? wish->tree_device : 0,
		.root = wish->tree_root ?: "/",
	};
	if (wish->kind == SOURCE_MOVE) {
		source->tree = origin;
		source->tree_path = origin ? mount_target(origin) : NULL;
		source->is_move = source->tree_path;
		return 0;
	}
	if (!origin || wish->kind == SOURCE_TREE) /* refused by the rules about the source */
		return 0;
	r = facts_source_path(facts, path);
	r = r < 0 ? r : mount_point_to_filesystem(origin, *path, NULL, root);
	if (r < 0)
		return wish_keeps_groups(wish) || r == -ENOMEM ? r : 0;
	*source = (struct plan_source){
		.device = mount_device(origin),
		.root = *root,
		.tree = wish->kind == SOURCE_RBIND ? origin : NULL,
		.tree_path = *path,
		.peer = wish_keeps_groups(wish) ? origin : NULL,
		.flags = flags_of_clone(wish, origin->flags),
	};
	return 0;
}

static int plan_effects_of_tuck(struct facts *facts, struct plan *plan, struct mount *top)
{
	_cleanup_free_ char *path = NULL, *root = NULL;
	struct plan_source source;
	int r = make_plan_source(facts, &source, &path, &root);

	if (facts->wish->operations & MNTTUCK_CARRY)
		source.carried = top;
	source.carried_are_slaves = progress_way(facts->progress) == ATTACH_BY_PROPAGATION &&
				    top->parent && !top->parent->group;
	return r < 0 ? r
		     : effects_tuck(&facts->effects, plan, top, &source, facts->wish->propagation);
}

/* In a chroot to a plain directory the target's parent is not in the table, because it is not
 * reachable from there. It was read by its id, so it is added, with what is mounted on it. */
static int add_parent(struct facts *facts, struct mount *top)
{
	struct mount *known = facts->target.parent, *parent, *mount;

	if (top->parent)
		return 0;
	if (!known || known->short_id != top->short_parent_id || known->short_id == top->short_id)
		return -ENOENT;
	parent = snapshot_add(top->snapshot, mount_device(known), mount_root(known), NULL);
	if (!parent)
		return -ENOMEM;
	mount_set_ids(parent, known->id, known->short_id);
	mount_set_groups(parent, known->group, known->master);
	snapshot_for_each (mount, top->snapshot)
		if (!mount->parent && mount->short_parent_id == parent->short_id)
			mount_reparent(mount, parent);
	return 0;
}

/* The top mount in the snapshot of the caller's namespace. */
static int find_top(struct facts *facts, struct mount **top)
{
	const struct namespaces *namespaces = facts_namespaces(facts);
	int r;

	if (!namespaces || !namespaces->list[0].snapshot)
		return facts->namespaces_error ? facts->namespaces_error : -ENOENT;
	r = facts_take_namespaces(facts);
	if (r < 0)
		return r;
	namespaces = facts->namespaces;
	*top = snapshot_find(namespaces->list[0].snapshot, operand_short_id(&facts->wish->target));
	return *top ? add_parent(facts, *top) : -ENOENT;
}

static void note_passage(const struct facts *facts, struct beneath *beneath)
{
	beneath->passage = (struct passage_target){
		.top = facts->wish->target.fd,
		.path = facts->target.mount ? mount_target(facts->target.mount) : NULL,
		.parent_id = beneath->base->short_id,
		.parent_group = beneath->base->group,
		.parent_is_slave = beneath->base->master,
		.layers = (unsigned int)beneath->count + 1,
	};
}

static int find_beneath(struct facts *facts, struct beneath *beneath)
{
	bool all = facts->wish->operations & MNTTUCK_REMOVE_ALL;
	struct mount *mount = NULL;
	size_t room = 0;
	int r = find_top(facts, &mount);

	if (r < 0 || !mount)
		return r < 0 ? r : -ENOENT;
	for (const struct mount *at = mount; mount_is_cover(at); at = at->parent)
		room++;
	beneath->list = calloc(room + 1, sizeof(*beneath->list));
	if (!beneath->list)
		return -ENOMEM;
	beneath->is_automount = room > 0 && mount->parent->is_automount;
	while (mount_is_cover(mount) && !mount->parent->is_automount &&
		(all || beneath->count == 0)) {
		mount = mount->parent;
		memmove(beneath->list + 1, beneath->list, beneath->count++ * sizeof(mount));
		beneath->list[0] = mount;
	}
	beneath->base = mount->parent;
	if (!beneath->base)
		return -ENOENT;
	note_passage(facts, beneath);
	return namespaces_error(facts->namespaces);
}

int facts_beneath(struct facts *facts, const struct beneath **ret)
{
	struct beneath *beneath = &facts->beneath;

	if (!beneath->is_read) {
		beneath->is_read = true;
		beneath->error = find_beneath(facts, beneath);
	}
	*ret = beneath;
	return beneath->error;
}

static int plan_effects(struct facts *facts)
{
	unsigned int acts = progress_acts(facts->progress, facts->wish);
	_cleanup_(plan_clear) struct plan plan = {0};
	const struct beneath *beneath = &facts->beneath;
	struct mount *top = NULL;
	int r = find_top(facts, &top);

	r = r == 0 && acts & OF_BENEATH ? facts_beneath(facts, &beneath) : r;
	if (r < 0 || !top)
		return r < 0 ? r : -ENOENT;
	plan.namespaces = facts->namespaces;
	plan.own_root = facts_own_root_of(facts, beneath->base ?: top->parent);
	if (facts->own_root_error < 0)
		return facts->own_root_error;
	if (acts & OF_TUCK)
		r = plan_effects_of_tuck(facts, &plan, top);
	if (r == 0 && acts & OF_REVEAL)
		r = effects_reveal(&facts->effects, &plan, top,
			&(struct effects_view){
				.apart = facts->wish->is_one_of_many ? APART_NONE
					 : facts->wish->operations & MNTTUCK_EVERYWHERE
						 ? APART_ALL
						 : APART_IF_SHARED,
				.old_flags = facts->wish->is_one_of_many ? facts->wish->old_flags
									 : top->flags,
			});
	if (r == 0 && acts & OF_BENEATH)
		r = effects_beneath(&facts->effects, &plan, beneath->list, beneath->count);
	return r < 0 ? r : namespaces_error(facts->namespaces);
}

static bool is_to_tuck(const struct facts *facts)
{
	return progress_acts(facts->progress, facts->wish) & OF_TUCK;
}

/* Whether what lies beneath is shared, or will be after the tuck. */
static bool beneath_is_shared(const struct facts *facts)
{
	if (is_to_tuck(facts) && facts->wish->propagation)
		return facts->wish->propagation == MS_SHARED;
	return facts->target.parent->group;
}

/* Whether a lookup of the target's path ends in the top mount. */
static bool leads_to_top(const struct facts *facts)
{
	const char *path = mount_target(facts->target.mount);
	struct mount_identity identity;

	return path && kernel_identify(AT_FDCWD, path, 0, &identity) == 0 &&
	       mount_identity_is_same(&identity, &facts->wish->target.identity);
}

enum exactness facts_exactness(const struct facts *facts)
{
	const struct mount *top = facts->target.mount, *parent = facts->target.parent;

	if (!parent || !beneath_is_shared(facts))
		return EXACT_NOT_SHARED;
	/* What is tucked gets a group of its own. */
	if (!is_to_tuck(facts) && top->group == parent->group)
		return EXACT_IN_GROUP;
	if (top->unbindable)
		return EXACT_UNBINDABLE;
	if (facts->effects.takes_inside)
		return EXACT_WITH_MOUNTS;
	if (!leads_to_top(facts))
		return EXACT_NO_PATH;
	if (kernel_has_set_group() != 1)
		return EXACT_OLD_KERNEL;
	if (progress_has_beneath(facts->progress, facts->wish, parent->id))
		return EXACT_POSSIBLE;
	return detach_exact_finds_copies() ? EXACT_POSSIBLE : EXACT_OLD_KERNEL;
}

int facts_effects(struct facts *facts, const struct effects **ret)
{
	if (!facts->effects_are_read) {
		facts->effects_are_read = true;
		facts->effects_error = plan_effects(facts);
	}
	*ret = &facts->effects;
	return facts->effects_error;
}

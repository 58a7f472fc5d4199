/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "namespaces-change.h"
#include "namespaces.h"
#include "own-namespace.h"
#include "own-view.h"
#include "path.h"
#include "plan-mount.h"
#include "probe.h"
#include "progress.h"
#include "propagation.h"
#include "snapshot-change.h"
#include "snapshot-read.h"
#include "util.h"
#include "wish.h"

/* ---- one mount and its parent ---- */

void located_free(struct located *located)
{
	snapshot_free(located->snapshot);
	snapshot_free(located->parent_snapshot);
	*located = (struct located){0};
}

/* Before statmount, a mount that the caller's root directory does not lead to is found at the
 * namespace's root. Its target is removed, as statmount would not tell it either. */
static int read_unreachable(
	int short_id, struct snapshot **snapshot, struct mount **mount, bool *is_at_root)
{
	_cleanup_free_ char *line = NULL;
	_cleanup_fclose_ FILE *text = NULL;
	int r = probe_mountinfo_line(short_id, &line);

	if (r < 0)
		return r;
	text = fmemopen(line, strlen(line), "r");
	r = text ? snapshot_parse(text, "mountinfo", snapshot) : -ENOMEM;
	if (r < 0)
		return r;
	*mount = snapshot_mount(*snapshot, 0);
	if (!*mount || !mount_target(*mount))
		return -ENOENT;
	*is_at_root = strcmp(mount_target(*mount), "/") == 0;
	(*mount)->target = NULL;
	return 0;
}

int located_read(struct located *located, const struct mount_identity *identity)
{
	bool has_statmount = identity->unique_id, is_at_root;
	int r;

	if (located->is_read)
		return located->error;
	located->is_read = true;
	r = snapshot_read_one(
		identity->unique_id, identity->short_id, &located->snapshot, &located->mount);
	if (r == -ENOENT && !has_statmount &&
		read_unreachable(identity->short_id, &located->snapshot, &located->mount,
			&located->is_at_root_of_namespace) == 0)
		r = 0;
	located->error = r;
	if (r < 0)
		return r;
	r = snapshot_read_parent(located->mount, &located->parent_snapshot, &located->parent);
	if (r == -ENOMEM)
		return located->error = r;
	if (r < 0 && (has_statmount ||
			     read_unreachable(located->mount->short_parent_id,
				     &located->parent_snapshot, &located->parent, &is_at_root) < 0))
		located->parent = NULL;
	return 0;
}

/* mountinfo can be polled for changes since it was opened. */
static void start_watch(struct facts *facts)
{
	if (!facts->is_watching)
		facts->watch = kernel_open_proc("thread-self/mountinfo", O_RDONLY);
	facts->is_watching = true;
}

int facts_read_target(struct facts *facts)
{
	start_watch(facts);
	return located_read(&facts->target, &facts->wish->target.identity);
}

int facts_read_source(struct facts *facts)
{
	/* A detached tree is in no namespace. */
	if (facts->wish->kind == SOURCE_TREE)
		return -ENOENT;
	return located_read(&facts->source, &facts->wish->source.identity);
}

bool facts_may_be_locked(const struct facts *facts)
{
	return facts->progress->explains || own_namespace_is_initial() != 1;
}

bool facts_see_mounts(const struct facts *facts)
{
	_cleanup_close_ int mountinfo = -1;

	if (facts->wish->target.identity.unique_id)
		return true;
	mountinfo = kernel_open_proc("thread-self/mountinfo", O_RDONLY);
	return mountinfo >= 0;
}

static int located_error(const struct located *located)
{
	int r = located->snapshot ? snapshot_error(located->snapshot) : 0;

	if (r == 0 && located->parent_snapshot)
		r = snapshot_error(located->parent_snapshot);
	return r;
}

int facts_error(const struct facts *facts)
{
	int r = located_error(&facts->target);

	r = r < 0 ? r : located_error(&facts->source);
	return r < 0 || !facts->namespaces ? r : namespaces_error(facts->namespaces);
}

int facts_attach_target(struct facts *facts, struct passage_target *target)
{
	const struct mount *parent = facts->target.parent;

	if (!facts->target.mount || !parent)
		return -ENOENT;
	*target = (struct passage_target){
		.top = facts->wish->target.fd,
		.path = mount_target(facts->target.mount),
		.parent_id = parent->short_id,
		.parent_is_shared = parent->group,
		.parent_is_slave = parent->master,
		.layers = 1,
	};
	return target->path ? 0 : -ENOENT;
}

/* ---- the namespaces ---- */

/* Whether the operation changes no other namespace. That saves to read all of them for each of many
 * places. */
static bool is_local(const struct facts *facts)
{
	const struct wish *wish = facts->wish;
	const struct mount *parent = facts->target.parent;

	return wish->is_one_of_many && parent && (!parent->group || wish->is_alone) &&
	       wish->propagation != MS_SHARED;
}

struct namespaces *facts_namespaces(struct facts *facts)
{
	if (!facts->namespaces && !facts->namespaces_error) {
		/* Another tuck by propagation makes a namespace for a moment, which must not be
		 * found here. */
		_cleanup_close_ int lock = progress_lock(facts->progress);

		(void)lock;
		start_watch(facts);
		facts->namespaces_error =
			facts->wants_names ? namespaces_read_full(&facts->namespaces)
			: is_local(facts)  ? namespaces_read_own(&facts->namespaces)
					   : namespaces_read(&facts->namespaces);
		if (facts->namespaces)
			wish_tell(facts->wish, "%zu mount namespaces have been read",
				facts->namespaces->count);
		if (facts->namespaces && own_view_widen(facts->namespaces) < 0)
			facts->namespaces_error = -ENOMEM;
	}
	return facts->namespaces;
}

struct mount *facts_source_in_namespace(struct facts *facts)
{
	const struct namespaces *namespaces = facts_namespaces(facts);

	if (!namespaces || !namespaces->list[0].snapshot)
		return NULL;
	return snapshot_find(namespaces->list[0].snapshot, facts->wish->source.identity.short_id);
}

int facts_source_path(struct facts *facts, char **ret)
{
	_cleanup_free_ char *path = NULL;
	int r = path_of_fd(facts->wish->source.fd, &path);

	if (r < 0)
		return r;
	*ret = own_view_path(facts_namespaces(facts), path);
	return *ret ? 0 : -ENOMEM;
}

struct mntns *facts_namespace_of(struct facts *facts, const struct mount *mount)
{
	struct namespaces *namespaces = facts_namespaces(facts);

	if (!namespaces)
		return NULL;
	if (!facts->namespaces_have_processes) {
		namespaces_find_processes(namespaces);
		facts->namespaces_have_processes = true;
	}
	return namespaces_of(namespaces, mount->snapshot);
}

struct mntns *facts_find_foreign(
	struct facts *facts, const struct mount_identity *identity, struct mount **mount)
{
	struct namespaces *namespaces = facts_namespaces(facts);

	for (size_t i = 1; namespaces && i < namespaces->count; i++) {
		struct snapshot *snapshot = namespaces->list[i].snapshot;

		if (!snapshot)
			continue;
		/* At any one time no two mounts have the same short id. */
		*mount = snapshot_find(snapshot, identity->short_id);
		if (*mount)
			return facts_namespace_of(facts, *mount);
	}
	return NULL;
}

bool facts_have_changed(const struct facts *facts)
{
	struct pollfd watched = {.fd = facts->watch, .events = POLLPRI};

	if (facts->watch >= 0 ? poll(&watched, 1, 0) == 1 : !facts_are_steady(facts))
		return true;
	return facts->namespaces && namespaces_have_changed(facts->namespaces);
}

bool facts_are_steady(const struct facts *facts)
{
	const struct mount *mount = facts->target.mount, *parent = facts->target.parent;
	struct located now = {0};
	bool is_same;

	if (!mount)
		return true;
	is_same = located_read(&now, &facts->wish->target.identity) == 0 &&
		  now.mount->short_parent_id == mount->short_parent_id &&
		  (!now.parent || !parent || now.parent->id == parent->id);
	located_free(&now);
	return is_same;
}

/* ---- the mount point ---- */

/* Costs a child process. NULL: can't be known, or -ENOMEM in own_root_error. */
static const char *read_own_root(struct facts *facts)
{
	if (!facts->own_root_is_read) {
		int r = probe_root_path(&facts->own_root);

		facts->own_root_is_read = true;
		facts->own_root_error = r == -ENOMEM ? r : 0;
	}
	return facts->own_root;
}

/* The own_root of a question about the target's parent to mount-point.h. */
static const char *own_root_of(struct facts *facts, struct mount *parent)
{
	return mount_target(parent) ? NULL : read_own_root(facts);
}

int facts_mount_point(struct facts *facts, const struct mount_point **ret)
{
	struct mount *top = facts->target.mount, *parent = facts->target.parent;
	int r;

	*ret = &facts->point;
	if (facts->point_is_read || !top || !parent)
		return facts->point_error;
	facts->point_is_read = true;
	facts->point.device = mount_device(parent);
	if (!mount_target(top))
		return 0;
	r = mount_point_to_filesystem(
		parent, mount_target(top), own_root_of(facts, parent), &facts->point.path);
	facts->point_error = r == -ENODATA ? facts->own_root_error : r;
	return facts->point_error;
}

int facts_parent_passes_on_to(struct facts *facts, struct mount *mount)
{
	struct mount *parent = facts->target.parent;
	const struct mount_point *point;
	int r;

	/* The cheap questions come first: the mount point can cost a child process, and the masters
	 * a read of every namespace. */
	if (!parent->group || (!mount->group && !mount->master) ||
		mount_device(parent) != mount_device(mount))
		return 0;
	r = facts_mount_point(facts, &point);
	if (r < 0 || !point->path)
		return r < 0 ? r : -ENODATA;
	if (mount_point_shown(point, mount) != 2)
		return 0;
	if (mount->group == parent->group || mount->master == parent->group)
		return 1;
	if (!mount->master || !facts_namespaces(facts))
		return 0;
	return propagation_reaches(facts->namespaces, parent->group, mount);
}

/* ---- the mounts that are carried ---- */

/* The source as a detached tree, as far as it decides which mounts it has: -1: there is none, or it
 * can't be cloned, which other rules refuse. */
static int open_source_tree(const struct facts *facts)
{
	const struct wish *wish = facts->wish;
	unsigned int recursive = wish->kind == SOURCE_RBIND ? AT_RECURSIVE : 0;

	switch (wish->kind) {
	case SOURCE_TREE:
		return fcntl(progress_tree(facts->progress, wish), F_DUPFD_CLOEXEC, 0);
	case SOURCE_BIND:
	case SOURCE_RBIND:
		return kernel_open_tree(
			wish->source.fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | recursive);
	default:
		return -1;
	}
}

static int read_carry(struct facts *facts)
{
	_cleanup_close_ int tree = -1;
	int r;

	start_watch(facts);
	r = carry_read(&facts->carry, &facts->wish->target.identity);
	if (r < 0 || !facts->carry.count)
		return r;
	tree = open_source_tree(facts);
	return carry_survey(&facts->carry, facts->wish->target.fd, tree);
}

int facts_carry(struct facts *facts, const struct carry **ret)
{
	if (!facts->carry_is_read) {
		facts->carry_is_read = true;
		facts->carry_error = read_carry(facts);
	}
	*ret = &facts->carry;
	return facts->carry_error;
}

/* ---- the effects ---- */

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

	if (!namespaces || !namespaces->list[0].snapshot)
		return facts->namespaces_error ? facts->namespaces_error : -ENOENT;
	*top = snapshot_find(namespaces->list[0].snapshot, facts->wish->target.identity.short_id);
	return *top ? add_parent(facts, *top) : -ENOENT;
}

static int find_beneath(struct facts *facts, struct beneath *beneath)
{
	bool all = facts->wish->operations & MNTTUCK_REMOVE_ALL;
	struct mount *mount = NULL;
	size_t room = 0;
	int r = find_top(facts, &mount);

	if (r < 0)
		return r;
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
	return beneath->base ? namespaces_error(facts->namespaces) : -ENOENT;
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

void facts_beneath_target(const struct facts *facts, struct passage_target *target)
{
	const struct beneath *beneath = &facts->beneath;

	*target = (struct passage_target){
		.top = facts->wish->target.fd,
		.path = mount_target(facts->target.mount),
		.parent_id = beneath->base->short_id,
		.parent_is_shared = beneath->base->group,
		.parent_group = beneath->base->group,
		.parent_is_slave = beneath->base->master,
		.layers = (unsigned int)beneath->count + 1,
	};
}

static int plan_effects(struct facts *facts)
{
	unsigned int acts = progress_acts(facts->progress, facts->wish);
	_cleanup_(plan_clear) struct plan plan = {.namespaces = facts_namespaces(facts)};
	const struct beneath *beneath = &facts->beneath;
	struct mount *top;
	int r = find_top(facts, &top);

	r = r == 0 && acts & OF_BENEATH ? facts_beneath(facts, &beneath) : r;
	if (r < 0)
		return r;
	plan.own_root = own_root_of(facts, beneath->base ?: top->parent);
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

int facts_effects(struct facts *facts, const struct effects **ret)
{
	if (!facts->effects_are_read) {
		facts->effects_are_read = true;
		facts->effects_error = plan_effects(facts);
	}
	*ret = &facts->effects;
	return facts->effects_error;
}

void facts_free(struct facts *facts)
{
	located_free(&facts->target);
	located_free(&facts->source);
	namespaces_free(facts->namespaces);
	free(facts->own_root);
	free(facts->point.path);
	free(facts->beneath.list);
	effects_clear(&facts->effects);
	carry_clear(&facts->carry);
	if (facts->is_watching && facts->watch >= 0)
		close(facts->watch);
	*facts = (struct facts){.wish = facts->wish, .progress = facts->progress};
}

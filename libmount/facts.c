/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "known-world.h"
#include "namespaces-change.h"
#include "namespaces-renew.h"
#include "namespaces.h"
#include "own-namespace.h"
#include "own-view.h"
#include "path.h"
#include "probe.h"
#include "progress.h"
#include "propagation.h"
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
	bool has_statmount = identity->unique_id;
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
	return located->error = r;
}

int located_read_beside(
	struct located *located, const struct mount_identity *identity, const struct located *other)
{
	if (!located->is_read && !identity->unique_id && identity->short_id && other->snapshot)
		located->mount = snapshot_find(other->snapshot, identity->short_id);
	located->is_read |= located->mount != NULL;
	return located_read(located, identity);
}

/* Before statmount the whole table was read, and the parent is in it. */
static int read_parent(struct located *located)
{
	struct mount *mount = located->mount;
	bool is_at_root;
	int r;

	if (!mount->id)
		located->parent = snapshot_find(mount->snapshot, mount->short_parent_id);
	if (located->parent)
		return 0;
	r = snapshot_read_parent(mount, &located->parent_snapshot, &located->parent);
	if (r == -ENOMEM)
		return located->error = r;
	if (r < 0 &&
		(mount->id || read_unreachable(mount->short_parent_id, &located->parent_snapshot,
				      &located->parent, &is_at_root) < 0))
		located->parent = NULL;
	return 0;
}

/* Read the mount, and its parent. */
static int read_both(struct located *located, const struct mount_identity *identity)
{
	bool was_read = located->is_read;
	int r = located_read(located, identity);

	return r < 0 || was_read ? r : read_parent(located);
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
	return read_both(&facts->target, &facts->wish->target.identity);
}

int facts_read_source(struct facts *facts)
{
	/* A detached tree is in no namespace. */
	if (facts->wish->kind == SOURCE_TREE)
		return -ENOENT;
	/* Only the parent of a mount that is moved matters. */
	return facts->wish->kind == SOURCE_MOVE
		       ? read_both(&facts->source, &facts->wish->source.identity)
		       : located_read_beside(
				 &facts->source, &facts->wish->source.identity, &facts->target);
}

bool facts_may_be_locked(const struct facts *facts)
{
	return facts->progress->kernel_error || own_namespace_is_initial() != 1;
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
		.parent_group = parent->group,
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

/* What a world does not keep: names of sources, for a plan that is printed; or the caller's own
 * namespace alone. */
static int read_apart(struct facts *facts)
{
	int r = facts->wants_names ? namespaces_read_named(&facts->namespaces)
				   : namespaces_read_own(&facts->namespaces);

	facts->owns_namespaces = true;
	return facts->namespaces && own_view_widen(facts->namespaces) < 0 ? -ENOMEM : r;
}

static int read_from_world(struct facts *facts, bool *has_read)
{
	/* Without them the rules fail by themselves. */
	bool is_known = facts->wish->target.path && facts_read_target(facts) == 0;
	struct mount *const about[] = {
		is_known ? facts->target.mount : NULL, is_known ? facts->target.parent : NULL};

	return known_world_read(facts->world, about, ELEMENTS(about), &facts->namespaces, has_read);
}

struct namespaces *facts_namespaces(struct facts *facts)
{
	if (!facts->namespaces && !facts->namespaces_error) {
		/* Another tuck by propagation makes a namespace for a moment, which must not be
		 * found here. */
		_cleanup_close_ int lock = progress_lock(facts->progress);
		bool has_read = true;

		(void)lock;
		start_watch(facts);
		facts->namespaces_error = facts->wants_names || is_local(facts)
						  ? read_apart(facts)
						  : read_from_world(facts, &has_read);
		if (facts->namespaces)
			wish_tell(facts->wish,
				has_read ? "%zu mount namespaces have been read"
					 : "%zu mount namespaces have been brought up to date",
				facts->namespaces->count);
	}
	return facts->namespaces;
}

/* The namespaces, to be changed by a plan. */
int facts_take_namespaces(struct facts *facts)
{
	struct namespaces *copy;
	int r = 0;

	if (facts->owns_namespaces)
		return 0;
	if (namespaces_are_plain(facts->namespaces)) {
		r = namespaces_copy(facts->namespaces, &copy);
		if (r == 0)
			facts->namespaces = copy;
	} else {
		facts->world->namespaces = NULL;
		known_world_forget(facts->world);
	}
	facts->owns_namespaces = r == 0;
	return r;
}

struct mount *facts_source_in_namespace(struct facts *facts)
{
	const struct namespaces *namespaces = facts_namespaces(facts);

	if (!namespaces || !namespaces->list[0].snapshot)
		return NULL;
	return snapshot_find(namespaces->list[0].snapshot, operand_short_id(&facts->wish->source));
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
	struct facts *facts, const struct operand *operand, struct mount **mount)
{
	struct namespaces *namespaces = facts_namespaces(facts);
	int short_id = operand_short_id(operand);

	for (size_t i = 1; namespaces && i < namespaces->count; i++) {
		struct snapshot *snapshot = namespaces->list[i].snapshot;

		if (!snapshot)
			continue;
		/* At any one time no two mounts have the same short id. */
		*mount = snapshot_find(snapshot, short_id);
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
	const struct mount *mount = facts->target.mount;
	struct located now = {0};
	bool is_same;

	if (!mount)
		return true;
	is_same = located_read(&now, &facts->wish->target.identity) == 0 &&
		  now.mount->short_parent_id == mount->short_parent_id &&
		  now.mount->parent_id == mount->parent_id;
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
const char *facts_own_root_of(struct facts *facts, struct mount *parent)
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
		parent, mount_target(top), facts_own_root_of(facts, parent), &facts->point.path);
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

void facts_free(struct facts *facts)
{
	located_free(&facts->target);
	located_free(&facts->source);
	if (facts->owns_namespaces)
		namespaces_free(facts->namespaces);
	free(facts->own_root);
	free(facts->point.path);
	free(facts->beneath.list);
	effects_clear(&facts->effects);
	carry_clear(&facts->carry);
	if (facts->is_watching && facts->watch >= 0)
		close(facts->watch);
	*facts = (struct facts){
		.wish = facts->wish, .progress = facts->progress, .world = facts->world};
}

void facts_end(struct facts *facts)
{
	if (facts->progress->kernel_error)
		facts_forget(facts);
	else
		facts_free(facts);
}

void facts_forget(struct facts *facts)
{
	facts_free(facts);
	known_world_forget(facts->world);
}

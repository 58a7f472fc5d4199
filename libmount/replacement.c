/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "replacement.h"

#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "child.h"
#include "i18n.h"
#include "libmnttuck.h"
#include "namespaces.h"
#include "operation.h"
#include "plan.h"
#include "snapshot.h"
#include "util.h"

static void cleanup_tuck(struct mnttuck **tuck)
{
	mnttuck_free(*tuck);
}

struct opening {
	int mntns; /* the namespace, open; -1: the caller's own */
	const char *path;
	int short_id;
};

/* In a child. What a path leads to is the container's choice, so the mount is checked by its id. */
static int work_open(void *argument, void *answer)
{
	const struct opening *opening = argument;
	struct mount_identity identity;
	int fd, r;

	(void)answer;
	if (opening->mntns >= 0 && setns(opening->mntns, CLONE_NEWNS) < 0)
		return -errno;
	fd = kernel_open_path(AT_FDCWD, opening->path);
	r = fd < 0 ? fd : kernel_identify(fd, "", AT_EMPTY_PATH, &identity);
	if (r == 0 && (identity.short_id != opening->short_id || !identity.is_root))
		r = -ESTALE;
	if (r < 0 && fd >= 0)
		close(fd);
	return r < 0 ? r : fd;
}

int replacement_open(const struct mount *mount, const char *path, int mntns)
{
	enum { OPEN_WITHIN_MS = 2000 };
	struct opening opening = {mntns, path, mount->short_id};

	return child_open_within(OPEN_WITHIN_MS, work_open, &opening);
}

static bool is_idmapped(const struct mount *mount)
{
	const char *options = mount->fs ? mnt_fs_get_vfs_options(mount->fs) : NULL;

	return options && mnt_optstr_get_option(options, "idmapped", NULL, NULL) == 0;
}

/* Whether other mounts than a cover are on @mount. */
static bool has_mounts_on_it(const struct mount *mount)
{
	const struct mount *cover = mount_cover(mount);

	for (const struct mount *child = mount->first_child; child; child = child->next_sibling)
		if (child != cover)
			return true;
	return false;
}

/* The tree that the new mount was made from, and that does not have the mounts which were carried
 * over at the target; -1: the new mount itself is that. */
static int tree_of_source(const struct replacement *replacement)
{
	const struct mnttuck *tuck = replacement->tuck;

	if (tuck->wish.kind == SOURCE_RBIND)
		return tuck->wish.source.fd;
	/* If nothing was carried, the tree itself was attached. */
	if (tuck->wish.kind != SOURCE_TREE ||
		(tuck->progress.origin < 0 && mount_identity_is_same(&tuck->wish.source.identity,
						      &tuck->progress.attached)))
		return -1;
	return progress_tree(&tuck->progress, &tuck->wish);
}

bool replacement_needs_submounts(const struct replacement *replacement)
{
	return tree_of_source(replacement) < 0 && replacement->tuck->wish.kind != SOURCE_BIND &&
	       has_mounts_on_it(replacement->new);
}

static int clone_new(const struct replacement *replacement)
{
	const unsigned int flags = AT_EMPTY_PATH | OPEN_TREE_CLONE;
	int tree = tree_of_source(replacement);
	int clone = tree < 0 ? -EINVAL : kernel_open_tree(tree, "", flags | AT_RECURSIVE);

	/* A detached tree can be cloned since Linux 6.15. */
	if (clone >= 0 || (tree >= 0 && clone != -EINVAL))
		return clone;
	return kernel_open_tree(replacement->new_fd, "",
		flags | (replacement_needs_submounts(replacement) ? AT_RECURSIVE : 0U));
}

bool replacement_is_peer(const struct replacement *replacement, const struct mount *mount)
{
	return mount->group && mount->group == replacement->tuck->progress.old_group;
}

/* Whether the new mount there is to receive from the one at the target. */
static bool follows_target(const struct replacement *replacement, const struct mount *mount)
{
	const struct mnttuck *tuck = replacement->tuck;
	int group = tuck->progress.old_group;

	return group && (mount->group == group || mount->master == group) &&
	       replacement->new->group && !tuck->wish.propagation;
}

/* Have the clone receive from the new mount at the target, as a peer or as a slave. */
static int follow_target(const struct replacement *replacement, struct mnttuck *place,
	const struct mount *mount, int tree)
{
	int r;

	/* The clone of a source is no peer yet, and the clone of the new mount is one. */
	if (tree_of_source(replacement) >= 0) {
		r = kernel_set_attributes(tree, /* recursive= */ true, 0, 0, MS_PRIVATE);
		/* Before Linux 5.15 it stays private. */
		if (r < 0 || kernel_set_group(replacement->new_fd, tree) < 0)
			return r;
	}
	mnttuck_keep_groups(place, true);
	return replacement_is_peer(replacement, mount)
		       ? 0
		       : kernel_set_attributes(tree, /* recursive= */ false, 0, 0, MS_SLAVE);
}

static int set_clone(
	const struct replacement *replacement, struct mnttuck *place, const struct mount *mount)
{
	const struct wish *wish = &replacement->tuck->wish;
	_cleanup_close_ int tree = clone_new(replacement);
	int r = tree < 0 ? tree : 0;

	place->wish.tree_device = mount_device(replacement->new);
	place->wish.tree_root = mount_root(replacement->new);
	if (wish->kind == SOURCE_RBIND) {
		place->wish.tree_attributes = wish->tree_attributes;
		place->wish.attributes = wish->attributes;
		if (r == 0 && wish->idmapping_fd >= 0)
			r = mnttuck_set_idmapping(
				place, wish->idmapping_fd, wish->idmapping_is_recursive);
	}
	place->wish.attributes.set |= mount->flags & ~replacement->tuck->progress.old_flags;
	place->wish.attributes.clear &= ~place->wish.attributes.set;
	if (r == 0 && follows_target(replacement, mount))
		r = follow_target(replacement, place, mount, tree);
	return r < 0 ? r : mnttuck_set_source_tree(place, tree, wish->source.path);
}

bool replacement_is_beneath(const struct replacement *replacement, struct mount *mount)
{
	struct mount *old = mount;

	while (mount_is_cover(mount) && plan_is_same_version(mount, old))
		mount = mount->parent;
	return mount != old && plan_is_same_version(mount, replacement->new);
}

/* Whether the mount that the place is mounted on passes nothing on to other namespaces. If one has
 * been copied from this one since they were read, it has the same mounts. */
static bool is_only_one(const struct replacement *replacement, const struct mount *mount)
{
	const struct namespaces *namespaces = replacement->namespaces;
	int group = mount->parent ? mount->parent->group : 0;

	if (replacement_is_peer(replacement, mount))
		return false;
	for (size_t i = 0; i < namespaces->count && group; i++) {
		const struct snapshot *snapshot = namespaces->list[i].snapshot;

		if (!snapshot || snapshot_first_slave(snapshot, group) ||
			(snapshot != mount->snapshot && snapshot_first_peer(snapshot, group)))
			return false;
	}
	return true;
}

/* Make the operation for the place of @mount, with its target and, if need be, its source. */
static int make_place(const struct replacement *replacement, const struct mntns *mntns,
	struct mount *mount, struct mnttuck *place)
{
	const struct mnttuck *tuck = replacement->tuck;
	/* Where nothing is to be carried, the new mount can join the group of the one at the
	 * target; see wish_keeps_groups(). */
	unsigned int forms =
		tuck->wish.operations &
		~(unsigned int)(MNTTUCK_EVERYWHERE | (has_mounts_on_it(mount) ? 0 : MNTTUCK_CARRY));
	/* Mounts are carried to a version that is tucked, not to one that lies there. */
	bool is_beneath = replacement_is_beneath(replacement, mount) && !(forms & MNTTUCK_CARRY);
	_cleanup_close_ int namespace = -1, target = -1;
	int r = 0;

	if (mntns != replacement->namespaces->list)
		r = namespace = mntns_open(mntns);
	if (r >= 0)
		r = target = replacement_open(mount, mount_target(mount), namespace);
	if (r < 0)
		return r;
	place->wish.rules = tuck->wish.rules;
	place->wish.refuses_unchecked = tuck->wish.refuses_unchecked;
	place->wish.skipped = tuck->wish.skipped;
	place->wish.log = tuck->wish.log;
	place->wish.log_data = tuck->wish.log_data;
	place->wish.propagation = tuck->wish.propagation;
	place->wish.propagation_is_recursive = tuck->wish.propagation_is_recursive;
	place->wish.is_one_of_many = true;
	place->wish.is_alone = is_only_one(replacement, mount);
	place->wish.old_flags = tuck->progress.old_flags;
	place->progress.way = tuck->progress.way;
	/* The new version was asked at the target. */
	mnttuck_skip_rule(place, "reveal-answers");
	r = mnttuck_set_operations(
		place, is_beneath ? forms & ~(unsigned int)(MNTTUCK_TUCK | MNTTUCK_CARRY) : forms);
	if (r == 0 && namespace >= 0)
		r = mnttuck_set_namespace(place, namespace);
	r = r < 0 ? r : mnttuck_set_target(place, target, "");
	return r < 0 || is_beneath ? r : set_clone(replacement, place, mount);
}

/* Say in @reason why a step of @place returned @r. */
static int explain_place(const struct mnttuck *place, int r, char **reason)
{
	const struct mnttuck_refusal *refusal = place ? mnttuck_get_refusal(place) : NULL;
	const char *outcome = place ? mnttuck_get_outcome(place) : NULL;
	int length;

	if (r == -ENOMEM)
		return r;
	if (refusal && r < 0)
		length = asprintf(reason, "[%s] %s", mnttuck_refusal_text(refusal, MNTTUCK_RULE),
			mnttuck_refusal_text(refusal, MNTTUCK_MESSAGE));
	else if (r > 0 && outcome)
		length = asprintf(reason, "%s", outcome);
	else if (r == -ESTALE)
		length = asprintf(reason, "%s", _("its path leads to another mount"));
	else if (r == -ETIMEDOUT)
		length = asprintf(reason, "%s", _("its path has not answered for two seconds"));
	else
		length = asprintf(reason, "%s", strerror(r < 0 ? -r : EIO));
	if (length < 0)
		*reason = NULL;
	return length < 0 ? -ENOMEM : 0;
}

int replacement_make(const struct replacement *replacement, const struct mntns *mntns,
	struct mount *mount, char **reason)
{
	_cleanup_(cleanup_tuck) struct mnttuck *place = NULL;
	int r = mnttuck_new(&place);

	*reason = NULL;
	if (r < 0)
		return r;
	if (is_idmapped(mount) && !is_idmapped(replacement->new)) {
		*reason = strdup(
			_("it maps the owners of files (idmapped), which can't be carried over"));
		return *reason ? 0 : -ENOMEM;
	}
	r = make_place(replacement, mntns, mount, place);
	if (r == 0 && place->wish.operations & MNTTUCK_TUCK)
		r = mnttuck_attach(place);
	r = r ?: mnttuck_reveal(place);
	return r == 0 ? 0 : explain_place(place, r, reason);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * findmnt-match: which mounts are asked for.
 *
 * Each criterion is a row of a table; a mount matches if it meets all that were given. What a name
 * means (a tag, a symbolic link, "/x/" for "/x") is libmount's to know.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "findmnt/findmnt.h"
#include "snapshot.h"
#include "util.h"

static bool source_matches(const struct findmnt *findmnt, struct libmnt_fs *fs)
{
	unsigned int major_number, minor_number;
	char end;

	if (mnt_fs_match_source(fs, findmnt->match_source, findmnt->cache))
		return true;
	return sscanf(findmnt->match_source, "%u:%u%c", &major_number, &minor_number, &end) == 2 &&
	       mnt_fs_get_devno(fs) == makedev(major_number, minor_number);
}

static bool meets_source(const struct findmnt *findmnt, struct libmnt_fs *fs, struct mount *mount)
{
	(void)mount;
	return !findmnt->match_source || source_matches(findmnt, fs);
}

static bool meets_target(const struct findmnt *findmnt, struct libmnt_fs *fs, struct mount *mount)
{
	const char *target = findmnt->match_mountpoint ?: findmnt->match_target;

	(void)mount;
	return !target || mnt_fs_match_target(fs, target, findmnt->cache);
}

static bool meets_types(const struct findmnt *findmnt, struct libmnt_fs *fs, struct mount *mount)
{
	(void)mount;
	return !findmnt->match_types || mnt_fs_match_fstype(fs, findmnt->match_types);
}

static bool meets_options(const struct findmnt *findmnt, struct libmnt_fs *fs, struct mount *mount)
{
	(void)mount;
	return !findmnt->match_options || mnt_fs_match_options(fs, findmnt->match_options);
}

static bool meets_ids(const struct findmnt *findmnt, struct libmnt_fs *fs, struct mount *mount)
{
	return (!findmnt->match_id || mnt_fs_get_id(fs) == findmnt->id) &&
	       (!findmnt->match_unique_id || (mount && mount->id == findmnt->unique_id));
}

static bool meets_kind(const struct findmnt *findmnt, struct libmnt_fs *fs, struct mount *mount)
{
	(void)mount;
	return (!findmnt->only_real || !mnt_fs_is_pseudofs(fs)) &&
	       (!findmnt->only_pseudo || mnt_fs_is_pseudofs(fs));
}

static bool meets_shadowed(const struct findmnt *findmnt, struct libmnt_fs *fs, struct mount *mount)
{
	return !findmnt->only_shadowed || !mnt_fs_is_kernel(fs) || (mount && mount_cover(mount));
}

/* df shows what holds data: no filesystem of the kernel's own, but those that live in memory. */
static bool meets_df(const struct findmnt *findmnt, struct libmnt_fs *fs, struct mount *mount)
{
	const char *type = mnt_fs_get_fstype(fs) ?: "";

	(void)mount;
	return !findmnt->df || findmnt->all || !mnt_fs_is_pseudofs(fs) ||
	       strcmp(type, "tmpfs") == 0 || strcmp(type, "devtmpfs") == 0;
}

static bool (*const criteria[])(
	const struct findmnt *findmnt, struct libmnt_fs *fs, struct mount *mount) = {
	meets_source,
	meets_target,
	meets_types,
	meets_options,
	meets_ids,
	meets_kind,
	meets_shadowed,
	meets_df,
};

bool findmnt_matches(const struct findmnt *findmnt, struct libmnt_fs *fs, struct mount *mount)
{
	bool meets_all = true;

	for (size_t i = 0; meets_all && i < ELEMENTS(criteria); i++)
		meets_all = criteria[i](findmnt, fs, mount);
	return meets_all != findmnt->invert;
}

bool findmnt_names_one(const struct findmnt *findmnt)
{
	return findmnt->match_source || findmnt->match_target || findmnt->match_mountpoint;
}

bool findmnt_has_criteria(const struct findmnt *findmnt)
{
	return findmnt_names_one(findmnt) || findmnt->match_types || findmnt->match_options ||
	       findmnt->match_id || findmnt->match_unique_id;
}

bool findmnt_wants_only_target(const struct findmnt *findmnt, const char *operand)
{
	bool by_path = operand || (!findmnt->match_source &&
					  (findmnt->match_mountpoint || findmnt->match_target));

	return by_path && !findmnt->view && !findmnt->match_types && !findmnt->match_options &&
	       !findmnt->match_id && !findmnt->match_unique_id && !findmnt->invert &&
	       !findmnt->submounts && !findmnt->unique && !findmnt->nocanonicalize &&
	       !findmnt->only_real && !findmnt->only_pseudo && !findmnt->only_shadowed &&
	       !findmnt->df;
}

bool findmnt_wants_subtrees(const struct findmnt *findmnt)
{
	return findmnt->submounts && findmnt_has_criteria(findmnt);
}

/* The path itself, then the directory above it, and so on; false after the root, or if there is no
 * such file. */
static bool step_up(const char *path, char **above)
{
	char *last;

	if (!*above) {
		*above = realpath(path, NULL);
		return *above;
	}
	last = strrchr(*above, '/');
	if (!last || !last[1])
		return false;
	last[last == *above] = '\0';
	return true;
}

bool findmnt_try_other_meaning(struct findmnt *findmnt, const char **operand, char **above)
{
	if (*operand) {
		findmnt->match_source = NULL;
		findmnt->match_mountpoint = *operand;
		*operand = NULL;
		return true;
	}
	if (!findmnt->match_target || findmnt->source == SOURCE_FSTAB ||
		!step_up(findmnt->match_target, above))
		return false;
	findmnt->match_target = *above;
	return true;
}

/* ---- --uniq ---- */

static int compare_targets(const void *a, const void *b)
{
	struct mount *one = *(struct mount *const *)a, *other = *(struct mount *const *)b;
	int order = strcmp(mount_target(one), mount_target(other));

	return order ?: (one < other ? -1 : one > other);
}

static int drop_duplicates(struct snapshot *snapshot)
{
	size_t size = snapshot_size(snapshot);
	_cleanup_free_ struct mount **sorted = calloc(size + 1, sizeof(*sorted));
	struct mount *mount;

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < size; i++)
		sorted[i] = snapshot_mount(snapshot, i);
	qsort(sorted, size, sizeof(*sorted), compare_targets);
	for (size_t i = 1; i < size; i++)
		sorted[i - 1]->is_dropped =
			strcmp(mount_target(sorted[i - 1]), mount_target(sorted[i])) == 0;
	snapshot_for_each (mount, snapshot)
		while (mount->parent && mount->parent->is_dropped)
			mount->parent = mount->parent->parent;
	return snapshot_sort_children(snapshot);
}

int findmnt_drop_duplicates(struct tables *tables)
{
	int r = 0;

	for (size_t i = 0; i < tables->count && r == 0; i++)
		r = drop_duplicates(tables->list[i]);
	return r;
}

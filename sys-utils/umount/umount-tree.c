/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several mounts for one operand: --recursive and --all-targets.
 *
 * The table of mounts is read once, and walked from the last mount to the first, children before
 * their parents. When it is a mount's turn, it may be gone already, because an earlier unmount has
 * propagated to it; that is a success. Or another mount may cover its path. umount(2) gets a path,
 * so it would unmount that other mount. Therefore each path is checked before. A sibling that
 * covers other mounts is unmounted before them, and a mount that stays covered is left alone. The
 * first failure ends the walk.
 */
#include <config.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/start.h"
#include "cli/visible.h"
#include "i18n.h"
#include "kernel.h"
#include "stack.h"
#include "table.h"
#include "umount/umount-one.h"
#include "umount/umount-tree.h"
#include "util.h"

static const char mountinfo[] = "/proc/self/mountinfo";

/* The entries of the table, in its order. */
struct mounts {
	struct libmnt_table *table;
	struct libmnt_fs **fs;
	bool *done;
	size_t count;
};

/* Read the table in the namespace of --namespace. Returns NULL and errno if it can't be read. */
static struct libmnt_table *read_table(struct libmnt_context *context)
{
	struct libmnt_ns *before = mnt_context_switch_target_ns(context);
	struct libmnt_table *table = mnt_new_table();
	int r;

	if (!table)
		out_of_memory();
	r = table_parse_file(table, mountinfo);
	mnt_context_switch_ns(context, before);
	if (r == 0)
		return table;
	mnt_unref_table(table);
	errno = -r;
	return NULL;
}

/* Returns 0, or after a message the exit status. */
static int mounts_read(struct mounts *mounts, struct libmnt_context *context)
{
	struct libmnt_iter *place;
	struct libmnt_fs *fs;
	size_t size;

	mounts->table = read_table(context);
	if (!mounts->table) {
		warn(_("failed to parse %s"), mountinfo);
		return MNT_EX_SOFTWARE;
	}
	place = mnt_new_iter(MNT_ITER_FORWARD);
	size = (size_t)mnt_table_get_nents(mounts->table);
	mounts->fs = calloc(size + 1, sizeof(struct libmnt_fs *));
	mounts->done = calloc(size + 1, sizeof(bool));
	if (!place || !mounts->fs || !mounts->done)
		out_of_memory();
	while (mnt_table_next_fs(mounts->table, place, &fs) == 0)
		mounts->fs[mounts->count++] = fs;
	mnt_free_iter(place);
	return 0;
}

static void mounts_free(struct mounts *mounts)
{
	free(mounts->fs);
	free(mounts->done);
	mnt_unref_table(mounts->table);
}

static bool is_in_table(struct libmnt_context *context, struct libmnt_fs *fs)
{
	struct libmnt_table *table = read_table(context);
	struct libmnt_iter *place = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *other;
	bool found = false;

	if (!place)
		out_of_memory();
	while (!found && table && mnt_table_next_fs(table, place, &other) == 0)
		found = mnt_fs_get_id(other) == mnt_fs_get_id(fs);
	mnt_free_iter(place);
	mnt_unref_table(table);
	return found;
}

/* HIDDEN: another mount covers its path. */
enum place { REACHABLE, HIDDEN, GONE };

static enum place look_at(struct libmnt_context *context, struct libmnt_fs *fs)
{
	struct mount_identity identity;
	struct libmnt_ns *before;
	int r;

	if (mnt_context_is_fake(context))
		return REACHABLE; /* --fake has unmounted nothing, so mounts may still cover it */
	before = mnt_context_switch_target_ns(context);
	r = kernel_identify(AT_FDCWD, mnt_fs_get_target(fs),
		AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC, &identity);

	mnt_context_switch_ns(context, before);
	if (r >= 0 && identity.short_id == mnt_fs_get_id(fs))
		return REACHABLE;
	if (!is_in_table(context, fs))
		return GONE;
	/* Any other error may come from a server that does not answer. */
	return r < 0 && r != -ENOENT && r != -ENOTDIR ? REACHABLE : HIDDEN;
}

static int unmount_entry(struct command *command, struct libmnt_fs *fs)
{
	const char *target = mnt_fs_get_target(fs);

	switch (look_at(command->context, fs)) {
	case GONE:
		return MNT_EX_SUCCESS;
	case HIDDEN:
		if (!command->quiet)
			warnx(_("%s: not mounted."), target);
		return MNT_EX_FAIL;
	default:
		return umount_one(command, target);
	}
}

/* Whether a mount at @path would cover @other. */
static bool hides(const char *path, const char *other)
{
	size_t length = strlen(path);

	return strncmp(path, other, length) == 0 && (other[length] == '/' || !other[length]);
}

static int unmount_children(
	struct command *command, struct mounts *mounts, int parent, const char *hidden);

static int unmount_tree(struct command *command, struct mounts *mounts, size_t index)
{
	struct libmnt_fs *fs = mounts->fs[index];
	int status;

	mounts->done[index] = true;
	status = unmount_children(command, mounts, mnt_fs_get_id(fs), NULL);
	return status == MNT_EX_SUCCESS ? unmount_entry(command, fs) : status;
}

/* Unmount the children of the mount @parent, and their children. If @hidden is a path, only those
 * that cover it. */
static int unmount_children(
	struct command *command, struct mounts *mounts, int parent, const char *hidden)
{
	int status = MNT_EX_SUCCESS;

	for (size_t i = mounts->count; i-- > 0 && status == MNT_EX_SUCCESS;) {
		const char *target = mnt_fs_get_target(mounts->fs[i]);

		if (mounts->done[i] || mnt_fs_get_parent_id(mounts->fs[i]) != parent ||
			(hidden && !hides(target, hidden)))
			continue;
		mounts->done[i] = true;
		status = unmount_children(command, mounts, parent, target);
		if (status == MNT_EX_SUCCESS)
			status = unmount_tree(command, mounts, i);
	}
	return status;
}

/* The operand in the form of the table's paths: absolute, and without --no-canonicalize canonical.
 */
static char *table_path(struct libmnt_context *context, const char *operand)
{
	_cleanup_free_ char *directory = NULL;
	char *path;

	if (!mnt_context_is_nocanonicalize(context)) {
		path = realpath(operand, NULL);
		if (path)
			return path;
	} else if (*operand && *operand != '/') {
		directory = getcwd(NULL, 0);
		if (directory && asprintf(&path, "%s/%s", strcmp(directory, "/") ? directory : "",
					 operand) >= 0)
			return path;
	}
	path = strdup(operand);
	if (!path)
		out_of_memory();
	return path;
}

/* Print that nothing is mounted at the operand. Returns the exit status. */
static int report_missing(struct command *command, const char *operand)
{
	struct libmnt_ns *before = mnt_context_switch_target_ns(command->context);
	bool is_there = access(operand, F_OK) == 0;

	mnt_context_switch_ns(command->context, before);
	if (command->graceful)
		return MNT_EX_SUCCESS;
	if (!command->quiet)
		warnx("%s: %s", operand, is_there ? _("not mounted") : _("not found"));
	return MNT_EX_USAGE;
}

static size_t index_of_id(const struct mounts *mounts, int id)
{
	size_t i = 0;

	while (i < mounts->count && mnt_fs_get_id(mounts->fs[i]) != id)
		i++;
	return i;
}

/* The visible mount at @path. If none is: the last one that has the path, or mounts->count. */
static size_t top_at(const struct mounts *mounts, struct libmnt_context *context, const char *path)
{
	struct libmnt_ns *before = mnt_context_switch_target_ns(context);
	size_t top = mounts->count;
	struct libmnt_fs *visible;

	/* libmount would treat an empty path as the root's. */
	if (*path && stack_find(mounts->table, path, &visible) == 0 &&
		mnt_fs_streq_target(visible, path))
		top = index_of_id(mounts, mnt_fs_get_id(visible));
	mnt_context_switch_ns(context, before);
	for (size_t i = mounts->count; *path && i-- > 0 && top == mounts->count;)
		if (mnt_fs_streq_target(mounts->fs[i], path))
			top = i;
	return top;
}

/* The lowest mount of those at @path, or mounts->count. */
static size_t lowest_at(
	const struct mounts *mounts, struct libmnt_context *context, const char *path)
{
	size_t lowest = top_at(mounts, context, path);

	while (lowest < mounts->count) {
		size_t below = index_of_id(mounts, mnt_fs_get_parent_id(mounts->fs[lowest]));

		if (below == mounts->count || below == lowest ||
			!mnt_fs_streq_target(mounts->fs[below], path))
			break;
		lowest = below;
	}
	return lowest;
}

int umount_recursively(struct command *command, const char *operand)
{
	struct libmnt_context *context = command->context;
	_cleanup_free_ char *path = NULL;
	struct mounts mounts = {};
	struct libmnt_ns *before;
	size_t lowest;
	int status = mounts_read(&mounts, context);

	if (status == MNT_EX_SUCCESS) {
		before = mnt_context_switch_target_ns(context);
		path = table_path(context, operand);
		mnt_context_switch_ns(context, before);
		lowest = lowest_at(&mounts, context, path);
		status = lowest < mounts.count ? unmount_tree(command, &mounts, lowest)
					       : report_missing(command, operand);
	}
	mounts_free(&mounts);
	return status;
}

/* Unmount the remaining mounts of the device, from the last to the first. A mount that another one
 * covers is tried again in the next round. */
static int unmount_device(
	struct command *command, struct mounts *mounts, dev_t device, bool is_by_source)
{
	size_t hidden;
	bool some;

	do {
		hidden = mounts->count;
		some = false;
		for (size_t i = mounts->count; i-- > 0;) {
			int status;

			if (mounts->done[i] || mnt_fs_get_devno(mounts->fs[i]) != device)
				continue;
			if (!command->recursive &&
				look_at(command->context, mounts->fs[i]) == HIDDEN) {
				hidden = i;
				continue;
			}
			some = mounts->done[i] = true;
			status = command->recursive ? unmount_tree(command, mounts, i)
						    : unmount_entry(command, mounts->fs[i]);
			if (status != MNT_EX_SUCCESS)
				return status;
		}
	} while (some && hidden < mounts->count);
	if (hidden < mounts->count && is_by_source)
		return report_hidden(command->context, mounts->table, mounts->fs[hidden]);
	return hidden < mounts->count ? unmount_entry(command, mounts->fs[hidden]) : MNT_EX_SUCCESS;
}

/* Find the mount that @operand names, a path or a source. Returns 0 and the mount's filesystem, or
 * after a message the exit status. */
static int find_device(
	struct command *command, const char *operand, dev_t *device, bool *is_by_source)
{
	struct libmnt_context *context = command->context;
	int status = MNT_EX_SUCCESS, r;
	struct libmnt_fs *found = NULL;
	struct libmnt_table *table;

	r = order_mounts(context, &table);
	if (r == 0)
		r = mnt_context_find_umount_fs(context, operand, &found);
	/* libmount's error where the source is hidden. It may be visible at other paths. */
	*is_by_source = r == -EINVAL;
	if (r == -EINVAL)
		found = find_by_source(context, table, operand);
	if (found)
		*device = mnt_fs_get_devno(found);
	else
		status = r < 0 ? report_umount(command, r, operand)
			       : report_missing(command, operand);
	mnt_reset_context(context);
	return status;
}

int umount_all_targets(struct command *command, const char *operand)
{
	struct mounts mounts = {};
	bool is_by_source = false;
	dev_t device = 0;
	int status = mounts_read(&mounts, command->context);

	if (status == MNT_EX_SUCCESS)
		status = find_device(command, operand, &device, &is_by_source);
	if (status == MNT_EX_SUCCESS)
		status = unmount_device(command, &mounts, device, is_by_source);
	mounts_free(&mounts);
	return status;
}

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
#include "i18n.h"
#include "kernel.h"
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

static void mounts_read(struct mounts *mounts, struct libmnt_context *context)
{
	struct libmnt_iter *place = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;
	size_t size;

	mounts->table = read_table(context);
	if (!mounts->table)
		err(MNT_EX_SOFTWARE, _("failed to parse %s"), mountinfo);
	size = (size_t)mnt_table_get_nents(mounts->table);
	mounts->fs = calloc(size + 1, sizeof(struct libmnt_fs *));
	mounts->done = calloc(size + 1, sizeof(bool));
	if (!place || !mounts->fs || !mounts->done)
		out_of_memory();
	while (mnt_table_next_fs(mounts->table, place, &fs) == 0)
		mounts->fs[mounts->count++] = fs;
	mnt_free_iter(place);
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

/* The lowest mount of those at @path, or mounts->count. */
static size_t lowest_at(const struct mounts *mounts, const char *path)
{
	size_t lowest = mounts->count;

	/* libmount would treat an empty path as the root's. */
	for (size_t i = mounts->count; *path && i-- > 0 && lowest == mounts->count;)
		if (mnt_fs_streq_target(mounts->fs[i], path))
			lowest = i;
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
	int status;

	mounts_read(&mounts, context);
	before = mnt_context_switch_target_ns(context);
	path = table_path(context, operand);
	mnt_context_switch_ns(context, before);
	lowest = lowest_at(&mounts, path);
	status = lowest < mounts.count ? unmount_tree(command, &mounts, lowest)
				       : report_missing(command, operand);
	mounts_free(&mounts);
	return status;
}

/* Unmount the remaining mounts of the device, from the last to the first. A mount that another one
 * covers is tried again in the next round. */
static int unmount_device(struct command *command, struct mounts *mounts, dev_t device)
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
	return hidden < mounts->count ? unmount_entry(command, mounts->fs[hidden]) : MNT_EX_SUCCESS;
}

int umount_all_targets(struct command *command, const char *operand)
{
	struct libmnt_context *context = command->context;
	struct mounts mounts = {};
	struct libmnt_fs *found;
	dev_t device = 0;
	int r, status;

	mounts_read(&mounts, context);
	r = mnt_context_find_umount_fs(context, operand, &found);
	if (r == 0)
		device = mnt_fs_get_devno(found);
	if (r < 0)
		status = report_umount(command, r, operand);
	else if (r > 0)
		status = report_missing(command, operand);
	mnt_reset_context(context);
	if (r == 0)
		status = unmount_device(command, &mounts, device);
	mounts_free(&mounts);
	return status;
}

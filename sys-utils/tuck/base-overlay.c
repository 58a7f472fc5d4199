/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tuck/base-overlay.h"

#include <err.h>
#include <libmount.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/start.h"
#include "i18n.h"
#include "table.h"
#include "util.h"

static const char *const directories[] = {"upperdir", "workdir"};

static bool is_overlay(const char *type)
{
	return type && strcmp(type, "overlay") == 0;
}

/* The value of @name in @options, or NULL. The caller frees it. */
static char *value_of(const char *options, const char *name)
{
	size_t size = 0;
	char *value = NULL, *copy;

	if (!options || mnt_optstr_get_option(options, name, &value, &size) != 0 || !value)
		return NULL;
	copy = strndup(value, size);
	if (!copy)
		out_of_memory();
	return copy;
}

struct libmnt_table *base_overlay_read_mounts(struct libmnt_context *context)
{
	_cleanup_free_ char *options = mnt_fs_strdup_options(mnt_context_get_fs(context));
	_cleanup_free_ char *upper = value_of(options, directories[0]);
	struct libmnt_table *mounts;

	if (!upper || !is_overlay(mnt_context_get_fstype(context)))
		return NULL;
	mounts = mnt_new_table();
	if (!mounts)
		out_of_memory();
	if (table_parse_file(mounts, "/proc/self/mountinfo") == 0)
		return mounts;
	mnt_unref_table(mounts);
	return NULL;
}

/* Whether @overlay has @directory, perhaps by another path. */
static bool has_directory(struct libmnt_fs *overlay, const struct stat *directory)
{
	for (size_t i = 0; i < ELEMENTS(directories); i++) {
		_cleanup_free_ char *path =
			value_of(mnt_fs_get_fs_options(overlay), directories[i]);
		struct stat st;

		if (path && stat(path, &st) == 0 && st.st_dev == directory->st_dev &&
			st.st_ino == directory->st_ino)
			return true;
	}
	return false;
}

static struct libmnt_fs *find_overlay(struct libmnt_table *mounts, const struct stat *directory)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs, *found = NULL;

	if (!iter)
		out_of_memory();
	while (!found && mnt_table_next_fs(mounts, iter, &fs) == 0)
		if (is_overlay(mnt_fs_get_fstype(fs)) && has_directory(fs, directory))
			found = fs;
	mnt_free_iter(iter);
	return found;
}

int base_overlay_check(
	struct libmnt_table *mounts, struct libmnt_context *context, const char *target)
{
	_cleanup_free_ char *options = mnt_fs_strdup_options(mnt_context_get_fs(context));

	for (size_t i = 0; mounts && i < ELEMENTS(directories); i++) {
		_cleanup_free_ char *path = value_of(options, directories[i]);
		struct libmnt_fs *overlay;
		struct stat st;

		if (!path || stat(path, &st) < 0)
			continue;
		overlay = find_overlay(mounts, &st);
		if (!overlay)
			continue;
		warnx(_("%s: the %s %s is in use by the overlay that is mounted at %s, and can't "
			"be "
			"in two overlays"),
			target, directories[i], path, mnt_fs_get_target(overlay));
		return MNT_EX_FAIL;
	}
	return 0;
}

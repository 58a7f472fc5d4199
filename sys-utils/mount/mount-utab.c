/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A move's or a bind's lines in utab, where a path has several mounts.
 *
 * After a move libmount changes the path in all lines of the old path, although only the visible
 * mount has moved. After a bind it writes source and root of the last mount in the table that has
 * the path, which may be a hidden one.
 */
#include <config.h>

#include <err.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mount.h>

#include "cli/start.h"
#include "i18n.h"
#include "kernel.h"
#include "mount/mount-utab.h"
#include "utab/utab.h"
#include "util.h"

static char *canonical(const char *path)
{
	char *resolved = mnt_resolve_path(path, NULL);

	if (!resolved)
		out_of_memory();
	return resolved;
}

/* The path of a mount that is moved, if utab has several lines of it; else NULL. */
static char *path_to_move(struct libmnt_context *context)
{
	const char *source = mnt_context_get_source(context);
	_cleanup_free_ char *path = NULL;
	unsigned long flags = 0;

	mnt_context_get_mflags(context, &flags);
	if (!(flags & MS_MOVE) || !source || mnt_context_is_nomtab(context))
		return NULL;
	path = canonical(source);
	return utab_count(path) > 1 ? steal_pointer(&path) : NULL;
}

/* Whether libmount has made a bind mount, and has written a line for it. */
static bool has_noted_bind(struct libmnt_context *context)
{
	const char *options = mnt_fs_get_user_options(mnt_context_get_fs(context));
	unsigned long flags = 0;

	mnt_context_get_mflags(context, &flags);
	return flags & MS_BIND && !(flags & MS_REMOUNT) && options && *options &&
	       mnt_context_get_target(context) && !mnt_context_is_nomtab(context) &&
	       !mnt_context_is_fake(context);
}

/* libmount has appended the line of the new mount. */
static int correct_bind(const char *target)
{
	_cleanup_free_ char *path = canonical(target);
	struct mount_identity identity;
	size_t count = utab_count(path);
	int r = 0;

	if (count > 0)
		r = kernel_identify(AT_FDCWD, path, AT_STATX_DONT_SYNC, &identity);
	return count > 0 && r == 0 ? utab_settle(path, count - 1, identity.short_id) : r;
}

int mount_with_utab(
	struct libmnt_context *context, int (*mount)(struct libmnt_context *context), int *status)
{
	struct libmnt_ns *before = mnt_context_switch_target_ns(context);
	_cleanup_free_ char *moved = path_to_move(context), *target = NULL;
	int r, utab_error = 0;

	if (moved)
		mnt_context_disable_mtab(context, true);
	r = mount(context);
	if (moved)
		mnt_context_disable_mtab(context, false);
	if (r == 0 && moved && !mnt_context_is_fake(context)) {
		target = canonical(mnt_context_get_target(context));
		utab_error = utab_move(moved, target);
	} else if (r == 0 && has_noted_bind(context)) {
		utab_error = correct_bind(mnt_context_get_target(context));
	}
	if (utab_error < 0) {
		warnx(_("%s: mounted, but /run/mount/utab could not be brought up to date"),
			mnt_context_get_target(context));
		*status = MNT_EX_FILEIO;
	}
	mnt_context_switch_ns(context, before);
	return r;
}

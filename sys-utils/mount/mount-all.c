/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mount --all, with or without --fork, and with -o remount.
 *
 * libmount walks the table and applies the filters: -t, -O, noauto, and entries that are mounted
 * already. This file counts the results for the exit status: 0 if none failed, 32 if all failed, 64
 * if some failed. An entry that libmount skips is not counted. An entry with "nofail" whose device
 * is missing counts as a success.
 */
#include <config.h>

#include <err.h>
#include <stdio.h>
#include <string.h>

#include "cli/start.h"
#include "cli/visible.h"
#include "i18n.h"
#include "mount/mount-all.h"
#include "mount/mount-report.h"

typedef int next_function(struct libmnt_context *context, struct libmnt_iter *place,
	struct libmnt_fs **fs, int *result, int *ignored);

static int status_of(int tried, int failed)
{
	if (failed == 0)
		return MNT_EX_SUCCESS;
	return failed == tried ? MNT_EX_FAIL : MNT_EX_SOMEOK;
}

static void say(struct libmnt_context *context, struct libmnt_fs *fs, const char *what)
{
	if (mnt_context_is_verbose(context))
		printf("%-25s: %s\n", mnt_fs_get_target(fs), what);
}

static int each(struct libmnt_context *context, next_function *next, const char *success)
{
	struct libmnt_iter *place = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;
	int result, ignored, tried = 0, failed = 0;

	if (!place)
		out_of_memory();
	while (next(context, place, &fs, &result, &ignored) == 0) {
		if (ignored) {
			say(context, fs, ignored == 1 ? _("ignored") : _("already mounted"));
			continue;
		}
		if (next == mnt_context_next_mount && mnt_context_is_parent(context)) {
			say(context, fs, _("mount successfully forked"));
			continue;
		}
		tried++;
		if (report_result(context, result) != MNT_EX_SUCCESS)
			failed++;
		else if (result == 0)
			say(context, fs, success);
	}
	mnt_free_iter(place);
	if (mnt_context_is_parent(context))
		mnt_context_wait_for_children(context, &tried, &failed);
	return status_of(tried, failed);
}

int mount_all(struct libmnt_context *context)
{
	return each(context, mnt_context_next_mount, _("successfully mounted"));
}

/* A remount takes a path, so it is of the visible mount. libmount would give it the options of the
 * hidden mounts as well. */
int remount_all(struct libmnt_context *context)
{
	int r = keep_visible_mounts(context);

	if (r < 0) {
		warnx(_("failed to parse /proc/self/mountinfo: %s"), strerror(-r));
		return MNT_EX_SOFTWARE;
	}
	return each(context, mnt_context_next_remount, _("successfully remounted"));
}

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
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/print.h"
#include "cli/start.h"
#include "cli/visible.h"
#include "i18n.h"
#include "mount/mount-all.h"
#include "mount/mount-report.h"
#include "tuck/stage-attach.h"
#include "util.h"

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
	if (mnt_context_is_verbose(context)) {
		print_padded(stdout, mnt_fs_get_target(fs), 25);
		printf(": %s\n", what);
	}
}

/* ---- X-mount.subdir: libmount would follow a link out of the filesystem ---- */

/* libmount passes over entries with this. */
static const char mark[] = "x-mount-tuck.subdirectory,noauto";

static int remove_option(struct libmnt_fs *fs, const char *name)
{
	_cleanup_free_ char *options = mnt_fs_strdup_options(fs);
	int r = options ? 0 : -ENOMEM;

	/* 1: there is none left. */
	while (r == 0)
		r = mnt_optstr_remove_option(&options, name);
	return r < 0 || mnt_fs_set_options(fs, options) != 0 ? -ENOMEM : 0;
}

static int mark_entry(struct libmnt_fs *fs)
{
	return mnt_fs_get_option(fs, "noauto", NULL, NULL) == 0 ? 0
								: mnt_fs_append_options(fs, mark);
}

/* See drop_needless_subdirectory(). */
static int forget_subdirectory(struct libmnt_fs *fs)
{
	return remove_option(fs, "X-mount.subdir");
}

/* Change the entries of fstab with X-mount.subdir, in memory. */
static void change_subdirectories(
	struct libmnt_context *context, int (*change)(struct libmnt_fs *fs))
{
	struct libmnt_iter *place = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_table *fstab;
	struct libmnt_fs *fs;
	int r = place ? mnt_context_get_fstab(context, &fstab) : -ENOMEM;

	while (r == 0 && mnt_table_next_fs(fstab, place, &fs) == 0)
		if (mnt_fs_get_option(fs, "X-mount.subdir", NULL, NULL) == 0)
			r = change(fs);
	mnt_free_iter(place);
	if (r == -ENOMEM)
		out_of_memory();
}

static bool is_marked(struct libmnt_fs *fs)
{
	return mnt_fs_get_option(fs, "x-mount-tuck.subdirectory", NULL, NULL) == 0;
}

static void unmark(struct libmnt_fs *fs)
{
	if (remove_option(fs, "noauto") < 0 || remove_option(fs, "x-mount-tuck.subdirectory") < 0)
		out_of_memory();
}

static bool is_asked_for(struct libmnt_fs *fs, const struct all_wishes *wishes)
{
	return (!wishes->types || mnt_fs_match_fstype(fs, wishes->types)) &&
	       (!wishes->test_options || mnt_fs_match_options(fs, wishes->test_options));
}

static int mount_entry(
	struct libmnt_context *context, struct libmnt_fs *fs, const struct all_wishes *wishes)
{
	int r;

	mnt_reset_context(context);
	if (mnt_context_set_source(context, mnt_fs_get_source(fs)) != 0 ||
		mnt_context_set_target(context, mnt_fs_get_target(fs)) != 0 ||
		mnt_context_set_fstype(context, mnt_fs_get_fstype(fs)) != 0 ||
		mnt_context_set_options(context, mnt_fs_get_options(fs)) != 0 ||
		(wishes->options && mnt_context_append_options(context, wishes->options) != 0))
		out_of_memory();
	if (wishes->has_namespace)
		errx(MNT_EX_USAGE, _("X-mount.subdir goes with --namespace only for a tuck"));
	drop_needless_subdirectory(context);
	r = has_subdirectory(context) ? mount_subdirectory(context) : mnt_context_mount(context);
	return report_result(context, r);
}

/* In a child process: mount_subdirectory() may end it, and the context has one mount's settings
 * afterwards. Returns the exit status. */
static int mount_in_child(
	struct libmnt_context *context, struct libmnt_fs *fs, const struct all_wishes *wishes)
{
	int status = 0;
	pid_t child;

	fflush(NULL);
	child = fork();
	if (child == 0)
		exit(mount_entry(context, fs, wishes));
	while (child > 0 && waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return MNT_EX_SYSERR;
	return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : MNT_EX_SYSERR;
}

/* Mount a marked entry as libmount would. Returns the exit status; @ignored is that of
 * mnt_context_next_mount(). */
static int mount_marked(struct libmnt_context *context, struct libmnt_fs *fs,
	const struct all_wishes *wishes, int *ignored)
{
	int is_mounted = 0;

	unmark(fs);
	*ignored = is_asked_for(fs, wishes) ? 0 : 1;
	if (*ignored)
		return MNT_EX_SUCCESS;
	mnt_context_is_fs_mounted(context, fs, &is_mounted);
	if (is_mounted) {
		*ignored = 2;
		return MNT_EX_SUCCESS;
	}
	return mount_in_child(context, fs, wishes);
}

/* ---- all ---- */

static int each(struct libmnt_context *context, next_function *next, const char *success,
	const struct all_wishes *wishes)
{
	struct libmnt_iter *place = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;
	int result, ignored, tried = 0, failed = 0;

	if (!place)
		out_of_memory();
	while (next(context, place, &fs, &result, &ignored) == 0) {
		int status = MNT_EX_SUCCESS;
		bool is_own = ignored == 1 && wishes && is_marked(fs);

		if (is_own)
			status = mount_marked(context, fs, wishes, &ignored);
		if (ignored) {
			say(context, fs, ignored == 1 ? _("ignored") : _("already mounted"));
			continue;
		}
		if (!is_own && next == mnt_context_next_mount && mnt_context_is_parent(context)) {
			say(context, fs, _("mount successfully forked"));
			continue;
		}
		tried++;
		if (!is_own)
			status = report_result(context, result);
		if (status != MNT_EX_SUCCESS)
			failed++;
		else if (is_own || result == 0)
			say(context, fs, success);
	}
	mnt_free_iter(place);
	if (mnt_context_is_parent(context))
		mnt_context_wait_for_children(context, &tried, &failed);
	return status_of(tried, failed);
}

int mount_all(struct libmnt_context *context, const struct all_wishes *wishes)
{
	change_subdirectories(context, mark_entry);
	return each(context, mnt_context_next_mount, _("successfully mounted"), wishes);
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
	change_subdirectories(context, forget_subdirectory);
	return each(context, mnt_context_next_remount, _("successfully remounted"), NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * umount --all: libmount walks the table of mounts from the last to the first, and skips the mounts
 * that the filters (-t, -O) exclude. The statuses of all failures are combined by OR, as umount(8)
 * documents.
 *
 * libmount unmounts a path. So the table is in the order of the stacks, the visible mount of a path
 * last. A mount that is not visible when it is its turn is skipped, because the unmount would take
 * the mount that covers it. A mount that has been unmounted leaves the table, because libmount
 * takes the last entry of a path for the one that it unmounts.
 */
#include <config.h>

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/print.h"
#include "cli/start.h"
#include "cli/visible.h"
#include "i18n.h"
#include "umount/umount-all.h"
#include "umount/umount-one.h"

static void say(struct libmnt_context *context, struct libmnt_fs *fs, const char *what)
{
	if (!mnt_context_is_verbose(context))
		return;
	print_padded(stdout, mnt_fs_get_target(fs), 25);
	printf(": %s\n", what);
}

static bool is_asked_for(const struct command *command, struct libmnt_fs *fs, const char *types)
{
	return mnt_fs_match_fstype(fs, types) &&
	       (!command->test_options || mnt_fs_match_options(fs, command->test_options));
}

/* A mount that --all must not unmount, because another one covers its path, or because it has gone
 * together with another mount. */
static int refuse(const struct command *command, struct libmnt_fs *fs)
{
	if (!command->quiet)
		warnx(_("%s: not mounted."), mnt_fs_get_target(fs));
	return MNT_EX_FAIL;
}

/* Let libmount unmount the next mount of @table, or ignore it. */
static int unmount_next(
	struct command *command, struct libmnt_table *table, struct libmnt_iter *place, int *status)
{
	struct libmnt_context *context = command->context;
	struct libmnt_fs *fs;
	int one, result, ignored, r;

	r = mnt_context_next_umount(context, place, &fs, &result, &ignored);
	if (r != 0)
		return r;
	if (ignored) {
		say(context, fs, _("ignored"));
		return 0;
	}
	one = report_umount(command, result, mnt_fs_get_target(fs));
	if (one == MNT_EX_SUCCESS)
		say(context, fs, _("successfully unmounted"));
	if (one == MNT_EX_SUCCESS && !mnt_context_is_fake(context))
		mnt_table_remove_fs(table, fs);
	*status |= one;
	return 0;
}

static int unmount_each(struct command *command, const char *types, int *status)
{
	struct libmnt_context *context = command->context;
	struct libmnt_iter *place = mnt_new_iter(MNT_ITER_BACKWARD);
	struct libmnt_iter *ahead = mnt_new_iter(MNT_ITER_BACKWARD);
	struct libmnt_table *table;
	struct libmnt_fs *fs;
	int r;

	if (!place || !ahead)
		out_of_memory();
	r = order_mounts(context, &table);
	while (r == 0 && mnt_table_next_fs(table, ahead, &fs) == 0) {
		if (!mnt_context_is_fake(context) && is_asked_for(command, fs, types) &&
			!is_visible(context, fs)) {
			r = mnt_table_next_fs(table, place, &fs);
			*status |= refuse(command, fs);
		} else {
			r = unmount_next(command, table, place, status);
		}
	}
	mnt_free_iter(place);
	mnt_free_iter(ahead);
	return r;
}

int umount_all(struct command *command)
{
	/* Without --types, filesystems that a system needs until its end are left alone. */
	const char *types =
		command->types ? command->types : "noproc,devfs,devpts,sysfs,rpc_pipefs,nfsd";
	int r, status = MNT_EX_SUCCESS;

	if (mnt_context_set_fstype_pattern(command->context, types) != 0)
		out_of_memory();
	r = unmount_each(command, types, &status);
	if (r < 0) {
		warnx(_("failed to parse /proc/self/mountinfo: %s"), strerror(-r));
		status |= MNT_EX_SOFTWARE;
	}
	return status;
}

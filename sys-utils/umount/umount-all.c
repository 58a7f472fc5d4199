/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * umount --all: libmount walks the table of mounts from the last to the first, and skips the mounts
 * that the filters (-t, -O) exclude. The statuses of all failures are combined by OR, as umount(8)
 * documents.
 */
#include <config.h>

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/print.h"
#include "cli/start.h"
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

int umount_all(struct command *command)
{
	struct libmnt_context *context = command->context;
	/* Without --types, filesystems that a system needs until its end are left alone. */
	const char *types =
		command->types ? command->types : "noproc,devfs,devpts,sysfs,rpc_pipefs,nfsd";
	struct libmnt_iter *place = mnt_new_iter(MNT_ITER_BACKWARD);
	struct libmnt_fs *fs;
	int r, result, ignored, status = MNT_EX_SUCCESS;

	if (!place || mnt_context_set_fstype_pattern(context, types) != 0)
		out_of_memory();
	while ((r = mnt_context_next_umount(context, place, &fs, &result, &ignored)) == 0) {
		int one;

		if (ignored) {
			say(context, fs, _("ignored"));
			continue;
		}
		one = report_umount(command, result, mnt_fs_get_target(fs));
		if (one == MNT_EX_SUCCESS)
			say(context, fs, _("successfully unmounted"));
		status |= one;
	}
	mnt_free_iter(place);
	if (r < 0) {
		warnx(_("failed to parse /proc/self/mountinfo: %s"), strerror(-r));
		status |= MNT_EX_SOFTWARE;
	}
	return status;
}

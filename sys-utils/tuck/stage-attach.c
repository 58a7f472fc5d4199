/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attaching a staged mount on top. Nobody sees the mount before it is complete, and its target is
 * held by a descriptor, so no path is followed twice.
 */
#include "tuck/stage-attach.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <stdlib.h>
#include <sys/mount.h>

#include "cli/start.h"
#include "i18n.h"
#include "kernel.h"
#include "path.h"
#include "tuck/stage.h"
#include "tuck/tuck-options.h"
#include "tuck/tuck-request.h"
#include "utab/utab.h"
#include "util.h"

bool has_subdirectory(struct libmnt_context *context)
{
	const char *options = mnt_context_get_options(context);

	return options && mnt_optstr_get_option(options, "X-mount.subdir", NULL, NULL) == 0;
}

void drop_needless_subdirectory(struct libmnt_context *context)
{
	unsigned long flags = 0;

	mnt_context_get_mflags(context, &flags);
	if (flags & (MS_REMOUNT | MS_MOVE) || mnt_context_is_fake(context))
		free(stage_take_subdirectory(context));
}

int stage_attach(struct libmnt_context *context, const struct stage *stage,
	const struct tuck_options *options, int target)
{
	/* Several make sense in this order alone: a slave can be shared, too. */
	static const unsigned long flags[] = {MS_UNBINDABLE, MS_PRIVATE, MS_SLAVE, MS_SHARED};
	int rc = kernel_move_mount(stage->tree, target, 0);

	/* A mount that is attached to a shared one becomes shared. */
	for (size_t i = 0; i < ELEMENTS(flags) && rc == 0; i++)
		if (options->propagation & flags[i])
			rc = kernel_set_attributes(
				stage->tree, options->is_propagation_recursive, 0, 0, flags[i]);
	mnt_context_set_syscall_status(context, rc);
	return rc;
}

void stage_fail(struct libmnt_context *context, const struct stage *stage)
{
	const char *target = mnt_context_get_target(context);

	if (stage->lacks_subdirectory)
		errx(MNT_EX_FAIL,
			_("%s: %s has no directory \"%s\" (X-mount.subdir), or it can't be "
			  "mounted"),
			target, mnt_context_get_source(context), stage->subdirectory);
	errx(stage->status, "%s: %s.", target,
		stage->message && *stage->message ? stage->message
						  : _("the source can't be mounted"));
}

/* libmount has written a line with the filesystem's root. If it can't be corrected, only root can
 * unmount the mount. */
void stage_settle_line(const char *place)
{
	struct mount_identity identity;
	size_t count = utab_count(place);

	if (count > 0 && kernel_identify(AT_FDCWD, place, 0, &identity) == 0 &&
		utab_settle(place, count - 1, identity.short_id) == 0)
		return;
	if (count > 0)
		warnx(_("%s: mounted, but /run/mount/utab could not be brought up to date"), place);
}

int mount_subdirectory(struct libmnt_context *context)
{
	_cleanup_(stage_clear) struct stage stage = {STAGE_NOTHING, .is_prepared = true};
	_cleanup_(tuck_options_clear) struct tuck_options options = {0};
	_cleanup_free_ char *place = NULL;
	_cleanup_close_ int target = -1;
	int rc;

	if (tuck_options_read(&options, mnt_context_get_options(context)) < 0)
		out_of_memory();
	stage.subdirectory = stage_take_subdirectory(context);
	if (options.propagation)
		clear_propagation(context);
	rc = mnt_context_prepare_mount(context);
	if (rc != 0)
		return rc;
	place = path_canonical(mnt_context_get_target(context));
	target = place ? kernel_open_path(AT_FDCWD, place) : -errno;
	if (target < 0) {
		mnt_context_set_syscall_status(context, target);
		return target;
	}
	stage_choose(context, &options, &stage);
	if (stage_mount(context, &options, place, &stage) != MNT_EX_SUCCESS)
		stage_fail(context, &stage);
	rc = stage_attach(context, &stage, &options, target);
	stage_finish(&stage);
	rc = rc ?: mnt_context_finalize_mount(context);
	if (rc == 0 && !mnt_context_is_nomtab(context))
		stage_settle_line(place);
	return rc;
}

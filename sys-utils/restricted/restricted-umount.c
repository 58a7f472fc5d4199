/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unmounting for a user by a set-user-ID umount. libmount decides what fstab and utab grant. If
 * others than root can change where fstab's path leads, the mount must be in a directory of the
 * user's. The user must name the mount by its mount point: libmount would also take a device, an
 * image or another source, and choose one of its mounts.
 */
#include <config.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/start.h"
#include "i18n.h"
#include "restricted/fixed-path.h"
#include "restricted/privileges.h"
#include "restricted/restricted.h"
#include "util.h"

/* The path by which fstab grants the unmount of @target, if others than root can change where that
 * path leads. NULL if fstab grants it by a fixed path as well, or if it is not fstab that grants
 * it.
 */
static const char *turnable_path(struct libmnt_context *context, const char *target)
{
	struct libmnt_cache *cache = mnt_context_get_cache(context);
	struct libmnt_iter *place = mnt_new_iter(MNT_ITER_FORWARD);
	const char *turnable = NULL;
	struct libmnt_table *fstab;
	struct libmnt_fs *entry;

	if (!place || mnt_context_get_fstab(context, &fstab) != 0)
		out_of_memory();
	while (mnt_table_next_fs(fstab, place, &entry) == 0) {
		if (!is_granted(entry) || !mnt_fs_match_target(entry, target, cache))
			continue;
		turnable = mnt_fs_get_target(entry);
		if (path_is_fixed(turnable)) {
			turnable = NULL;
			break;
		}
	}
	mnt_free_iter(place);
	return turnable;
}

/* Whether @target is an entry in a directory of the caller's. The caller could also rename it. */
static bool is_in_own_directory(const char *target)
{
	_cleanup_free_ char *parent = strdup(target);
	_cleanup_close_ int fd = -1;
	char *name = parent ? strrchr(parent, '/') : NULL;

	if (!name || name == parent)
		return false;
	*name = '\0';
	fd = open_own_directory(parent);
	return fd >= 0;
}

int restricted_umount(struct libmnt_context *context, const char *given)
{
	const char *target, *turnable;
	int rc;

	/* libmount unmounts this path, and does not follow a link at its end. */
	target = mnt_context_get_target(context);
	turnable = turnable_path(context, target);
	if (turnable && !is_in_own_directory(target)) {
		warn_of_turnable(context, turnable);
		return -EACCES;
	}
	if (strcmp(target, given) != 0) {
		warnx(_("%s: an ordinary user must name the mount point, which is %s"), given,
			target);
		return -EPERM;
	}
	rc = mnt_context_do_umount(context);
	return rc ?: mnt_context_finalize_umount(context);
}

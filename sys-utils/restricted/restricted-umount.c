/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a set-user-ID umount unmounts for a user: libmount says what fstab and utab grant. Where a
 * user can turn fstab's path to it, it must lie in a directory of the user's.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/start.h"
#include "restricted/fixed-path.h"
#include "restricted/privileges.h"
#include "restricted/restricted.h"
#include "util.h"

/* The path by which fstab grants @target, where others than root can change what it leads to. NULL
 * where fstab has another path for it, too, or libmount another reason. */
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

/* Whether @target is an entry in a directory of the caller's, who can do with it as they like. */
static bool is_in_own_directory(const char *target)
{
	_cleanup_free_ char *parent = strdup(target);
	_cleanup_close_ int fd = -1;
	char *name = parent ? strrchr(parent, '/') : NULL;

	if (!name || name == parent)
		return false;
	*name = '\0';
	fd = open_as_caller(parent, O_PATH | O_DIRECTORY);
	return is_own_directory(fd, parent);
}

int restricted_umount(struct libmnt_context *context)
{
	const char *target, *turnable;
	int rc = mnt_context_prepare_umount(context);

	if (rc != 0)
		return rc;
	/* From here on libmount goes by this path, and follows no link in it. */
	target = mnt_context_get_target(context);
	turnable = turnable_path(context, target);
	if (turnable && !is_in_own_directory(target)) {
		warn_of_turnable(context, turnable);
		return -EACCES;
	}
	rc = mnt_context_do_umount(context);
	return rc ?: mnt_context_finalize_umount(context);
}

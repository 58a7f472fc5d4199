/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unmounting for a user by a set-user-ID umount. libmount decides first what fstab and utab grant.
 * Its decision is not enough in two cases:
 *
 *   - Of an fstab entry for "user" it compares the user in utab by the shorter length, so that
 *     "joe2" could unmount what "joe" has mounted.
 *   - It follows fstab's path. If others than root can change where that path leads, the mount must
 *     be in a directory of the user's.
 *
 * If others than root can change the mount point's own path, the mount is unmounted without it
 * (held-mount.c). The user must name the mount by its mount point: libmount would also take a
 * device, an image or another source, and choose one of its mounts.
 */
#include <config.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/start.h"
#include "cli/visible.h"
#include "i18n.h"
#include "restricted/fixed-path.h"
#include "restricted/privileges.h"
#include "restricted/restricted.h"
#include "util.h"

/* ---- what fstab grants ---- */

/* The entries of fstab that grant users a mount at the target. */
struct grants {
	size_t count;
	bool is_to_caller;     /* one of them grants it to this user */
	bool is_by_fixed_path; /* such a one has a path that only root can change */
	const char *turnable;  /* a path of theirs that others can change, or NULL */
};

/* Whether utab says that the caller has mounted it. */
static bool is_mounted_by_caller(struct libmnt_fs *mount)
{
	const struct passwd *caller = getpwuid(getuid());
	const char *options = mnt_fs_get_user_options(mount);
	char *user;
	size_t size;

	return caller && options && mnt_optstr_get_option(options, "user", &user, &size) == 0 &&
	       size == strlen(caller->pw_name) && strncmp(user, caller->pw_name, size) == 0;
}

static bool has_option(struct libmnt_fs *fs, const char *name)
{
	const char *options = mnt_fs_get_options(fs);

	return options && mnt_optstr_get_option(options, name, NULL, NULL) == 0;
}

/* Whether the mount is of the entry's source, as far as that can be told. */
static bool is_of_entry(
	struct libmnt_fs *mount, struct libmnt_fs *entry, struct libmnt_cache *cache)
{
	const char *source = mnt_fs_get_bindsrc(mount) ?: mnt_fs_get_source(mount);
	_cleanup_free_ char *image = NULL;

	if (source && mnt_fs_match_source(entry, source, cache))
		return true;
	if (!mnt_fs_get_source(entry) || *mnt_fs_get_source(entry) != '/')
		return false;
	image = realpath(mnt_fs_get_source(entry), NULL);
	return image && has_image(mount, image);
}

static void add_grant(struct grants *grants, struct libmnt_fs *mount, struct libmnt_fs *entry)
{
	bool is_fixed = path_is_fixed(mnt_fs_get_target(entry));
	bool is_to_caller = has_option(entry, "users") || is_mounted_by_caller(mount);

	grants->count++;
	grants->is_to_caller |= is_to_caller;
	grants->is_by_fixed_path |= is_to_caller && is_fixed;
	if (!is_fixed)
		grants->turnable = mnt_fs_get_target(entry);
}

/* Of the entries for the target: those with the mount's source; or if there is none, all, since
 * libmount may know better what the mount's source is. */
static struct grants find_grants(struct libmnt_context *context, struct libmnt_fs *mount)
{
	const char *target = mnt_context_get_target(context);
	struct libmnt_cache *cache = mnt_context_get_cache(context);
	struct libmnt_iter *place = mnt_new_iter(MNT_ITER_FORWARD);
	struct grants all = {0}, exact = {0};
	struct libmnt_table *fstab;
	struct libmnt_fs *entry;

	if (!place || mnt_context_get_fstab(context, &fstab) != 0)
		out_of_memory();
	while (mnt_table_next_fs(fstab, place, &entry) == 0) {
		if (!is_granted(entry) || !mnt_fs_match_target(entry, target, cache))
			continue;
		add_grant(&all, mount, entry);
		if (is_of_entry(mount, entry, cache))
			add_grant(&exact, mount, entry);
	}
	mnt_free_iter(place);
	return exact.count > 0 ? exact : all;
}

/* A FUSE filesystem is its user's, whatever fstab says. */
static bool is_own_fuse(struct libmnt_fs *mount)
{
	const char *type = mnt_fs_get_fstype(mount), *options = mnt_fs_get_fs_options(mount);
	char *value, *end;
	size_t size;

	if (!type || (strncmp(type, "fuse", 4) != 0 ||
			     (type[4] && type[4] != '.' && strncmp(type, "fuseblk", 7) != 0)))
		return false;
	return options && mnt_optstr_get_option(options, "user_id", &value, &size) == 0 &&
	       strtoul(value, &end, 10) == getuid() && end == value + size;
}

/* ---- the unmount ---- */

static int report_turned(const struct users_operand *operand)
{
	warnx(_("%s: others than root can turn this path elsewhere, and it does not lead to the "
		"same mount as before"),
		operand->path);
	return -EACCES;
}

static int unmount_held(struct libmnt_context *context, struct users_operand *operand)
{
	int r = held_mount_unmount(&operand->held, mnt_context_is_lazy(context));

	if (r == -EXDEV)
		return report_turned(operand);
	if (r == -EOPNOTSUPP) {
		warnx(_("%s: others than root can turn this path elsewhere, so that an ordinary "
			"user can only unmount it with --lazy"),
			operand->path);
		return -EACCES;
	}
	mnt_context_set_syscall_status(context, r);
	return r;
}

/* Whether libmount runs an umount.TYPE, which it does with the user's rights alone. */
static bool has_helper(struct libmnt_context *context)
{
	bool is_executed;

	mnt_context_enable_fake(context, true);
	is_executed = mnt_context_do_umount(context) == 0 && mnt_context_helper_executed(context);
	mnt_context_enable_fake(context, false);
	mnt_context_reset_status(context);
	return is_executed;
}

/* Whether libmount has found the mount by its source. Else it has followed a link that was not
 * there when the caller's path was resolved, and no message must tell where that leads. */
static bool is_source_of(struct libmnt_fs *mount, const char *path)
{
	const char *source = mnt_fs_get_source(mount);

	return (source && strcmp(source, path) == 0) || has_image(mount, path);
}

int restricted_umount(struct libmnt_context *context, struct users_operand *operand)
{
	/* libmount unmounts this path, and does not follow a link at its end. */
	const char *target = mnt_context_get_target(context);
	struct libmnt_fs *mount = mnt_context_get_fs(context);
	struct grants grants = find_grants(context, mount);
	bool is_held = operand->held.root >= 0 && operand->held.id == mnt_fs_get_id(mount);
	int rc;

	if (grants.turnable && !grants.is_by_fixed_path &&
		!(is_held && held_mount_is_in_own_directory(&operand->held))) {
		warn_of_turnable(operand->path, grants.turnable);
		return -EACCES;
	}
	if (strcmp(target, operand->path) != 0) {
		if (!is_source_of(mount, operand->path))
			return report_turned(operand);
		warnx(_("%s: an ordinary user must name the mount point, which is %s"),
			operand->path, target);
		return -EPERM;
	}
	if (grants.count > 0 && !grants.is_to_caller && !is_own_fuse(mount))
		return -EPERM;
	if (!is_held)
		return report_turned(operand);
	if (path_is_fixed(target) || has_helper(context)) {
		held_mount_close(&operand->held);
		rc = mnt_context_do_umount(context);
	} else {
		rc = unmount_held(context, operand);
	}
	return rc ?: mnt_context_finalize_umount(context);
}

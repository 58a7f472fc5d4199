/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What fstab grants to users, done by a set-user-ID program.
 *
 * libmount decides whether fstab grants it, and follows fstab's paths as root. Where a path leads
 * through a directory that is not root's alone, "/home/joe/mnt" say, its owner can turn it to /etc,
 * before libmount looks or after. So there the user's own rights count as well: the target must be
 * a directory of theirs, and what is mounted a device or an image that they may open. What has been
 * looked at is then held by its descriptor, or compared with what libmount has taken.
 *
 *   apply_fstab -> the entry: are its paths fixed? -> mnt_context_mount()
 *                                | no
 *                  prepare_mount -> source, target as held? -> do_mount -> finalize_mount
 *
 * What is refused here is tried with the user's rights alone (privileges.c), as is all else that
 * fstab doesn't grant.
 */
#include <config.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixed-path.h"
#include "i18n.h"
#include "options.h"
#include "privileges.h"
#include "restricted.h"
#include "util.h"

/* Whether one of the options gives it to users. */
static bool is_granted(struct libmnt_fs *fs)
{
	static const char *const words[] = {"user", "users", "owner", "group"};
	const char *options = mnt_fs_get_options(fs);

	for (size_t i = 0; options && i < ELEMENTS(words); i++)
		if (mnt_optstr_get_option(options, words[i], NULL, NULL) == 0)
			return true;
	return false;
}

static bool is_fixed_if_path(const char *text)
{
	return !text || *text != '/' || path_is_fixed(text);
}

/* @path: as fstab has it. */
static int refuse(struct libmnt_context *context, const char *path)
{
	warnx(_("%s: others than root can turn fstab's path %s elsewhere, and what it leads to is "
		"not yours"),
		mnt_context_get_target(context), path);
	return -EACCES;
}

/* Whether @fd is @path itself, without a link on the way, and belongs to the caller. */
static bool is_own_directory(int fd, const char *path)
{
	_cleanup_free_ char *link = NULL, *real = NULL;
	struct stat st;

	if (fd < 0 || asprintf(&link, "/proc/self/fd/%d", fd) < 0)
		return false;
	real = realpath(link, NULL);
	return real && strcmp(real, path) == 0 && fstat(fd, &st) == 0 && st.st_uid == getuid();
}

/* ---- mount ---- */

struct libmnt_fs *granted_entry(struct libmnt_context *context)
{
	struct libmnt_table *fstab;
	struct libmnt_fs *entry;

	/* libmount looks for it by its own rules, and takes options and paths over. */
	if (mnt_context_apply_fstab(context) != 0 || mnt_context_get_fstab(context, &fstab) != 0)
		return NULL;
	entry = mnt_table_find_pair(fstab, mnt_context_get_source(context),
		mnt_context_get_target(context), MNT_ITER_FORWARD);
	return entry && is_granted(entry) ? entry : NULL;
}

/* Helpers are run as the user: with fewer rights there is nothing to guard. */
static bool has_helper(const char *type)
{
	_cleanup_free_ char *path = NULL;

	return type && asprintf(&path, "/sbin/mount.%s", type) >= 0 && access(path, F_OK) == 0;
}

/* What libmount would do by the target's path after the system call that mounts. */
static bool has_later_steps(struct libmnt_context *context)
{
	const char *options = mnt_fs_get_user_options(mnt_context_get_fs(context));
	unsigned long flags = 0;

	mnt_context_get_mflags(context, &flags);
	return flags & (MS_BIND | MS_MOVE | MS_REMOUNT | MS_SHARED | MS_SLAVE | MS_PRIVATE |
			       MS_UNBINDABLE) ||
	       (options && strcasestr(options, "X-mount."));
}

static bool is_backed_by(const char *device, const struct stat *file, bool may_write)
{
	_cleanup_close_ int fd = open(device, O_RDONLY | O_CLOEXEC);
	struct loop_info64 info;

	return fd >= 0 && ioctl(fd, LOOP_GET_STATUS64, &info) == 0 &&
	       info.lo_device == file->st_dev && info.lo_inode == file->st_ino &&
	       (may_write || info.lo_flags & LO_FLAGS_READ_ONLY);
}

/* Whether the caller may open what libmount, having prepared, will mount for fstab's @path. */
static bool is_own_source(struct libmnt_context *context, const char *path)
{
	const char *device = mnt_context_get_source(context);
	_cleanup_close_ int fd = open_as_caller(path, O_RDWR | O_NONBLOCK);
	bool may_write = fd >= 0;
	unsigned long flags = 0;
	struct stat file, st;

	if (fd < 0)
		fd = open_as_caller(path, O_RDONLY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &file) < 0 || !device || !path_is_fixed(device) ||
		stat(device, &st) < 0 || !S_ISBLK(st.st_mode))
		return false;
	mnt_context_get_mflags(context, &flags);
	if (S_ISREG(file.st_mode))
		return is_backed_by(device, &file, may_write);
	return S_ISBLK(file.st_mode) && file.st_rdev == st.st_rdev &&
	       (may_write || flags & MS_RDONLY);
}

/* The system call gets the directory itself, as the working directory; everything before and after,
 * its path. A libmount that opened it while it prepared (2.41, 2.42), and mounts on what it opened,
 * follows no link, so what is not that directory is in the caller's hands all the same; it opens it
 * once more afterwards, and would not follow one in /proc. */
static int mount_on_held(struct libmnt_context *context, const char *path_in_fstab)
{
	struct libmnt_fs *fs = mnt_context_get_fs(context);
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -1, before = open(".", O_PATH | O_CLOEXEC);
	int rc;

	path = strdup(mnt_fs_get_target(fs));
	if (!path)
		return -ENOMEM;
	fd = open_as_caller(path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
	if (!is_own_directory(fd, path))
		return refuse(context, path_in_fstab);
	if (mnt_fs_set_target(fs, ".") != 0)
		return -ENOMEM;
	rc = fchdir(fd) < 0 ? -errno : mnt_context_do_mount(context);
	if (before < 0 || fchdir(before) < 0)
		rc = rc ?: chdir("/");
	return mnt_fs_set_target(fs, path) ?: rc;
}

static int mount_by_turnable_paths(struct libmnt_context *context, struct libmnt_fs *entry)
{
	const char *source = mnt_fs_get_source(entry), *target = mnt_fs_get_target(entry);
	int rc;

	if (has_helper(mnt_context_get_fstype(context)))
		return -EPERM;
	mnt_context_disable_helpers(context, 1);
	if (has_later_steps(context))
		return refuse(context, is_fixed_if_path(source) ? target : source);
	rc = mnt_context_prepare_mount(context);
	if (rc != 0)
		return rc;
	if (!is_fixed_if_path(source) && !is_own_source(context, source))
		return refuse(context, source);
	rc = path_is_fixed(target) ? mnt_context_do_mount(context) : mount_on_held(context, target);
	return rc ?: mnt_context_finalize_mount(context);
}

int restricted_mount(struct libmnt_context *context)
{
	int rc = mnt_context_apply_fstab(context);
	struct libmnt_fs *entry;

	if (rc != 0)
		return rc;
	entry = granted_entry(context);
	if (!entry)
		return -EPERM;
	/* fstab's paths, not other ones that led to the same place a moment ago. */
	rc = mnt_context_set_target(context, mnt_fs_get_target(entry));
	if (rc == 0 && mnt_fs_get_source(entry))
		rc = mnt_context_set_source(context, mnt_fs_get_source(entry));
	if (rc != 0)
		return rc;
	if (is_fixed_if_path(mnt_fs_get_source(entry)) && path_is_fixed(mnt_fs_get_target(entry)))
		return mnt_context_mount(context);
	return mount_by_turnable_paths(context, entry);
}

/* ---- umount ---- */

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
	if (turnable && !is_in_own_directory(target))
		return refuse(context, turnable);
	rc = mnt_context_do_umount(context);
	return rc ?: mnt_context_finalize_umount(context);
}

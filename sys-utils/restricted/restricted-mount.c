/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a set-user-ID mount mounts for a user.
 *
 *   apply_fstab -> the entry: are its paths fixed? -> mnt_context_mount()
 *                                | no
 *                  prepare_mount: source, devices, type -> is what it opened the user's?
 *                                | target fixed: do_mount
 *                  stage: a detached tree -> move_mount, on the user's directory -> finalize_mount
 *
 * What fstab doesn't grant, and what a helper is to mount, is tried with the user's rights alone
 * (privileges.c). What is granted and led elsewhere is refused, and that ends the program.
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

#include "cli/fstab-entry.h"
#include "i18n.h"
#include "restricted/fixed-path.h"
#include "restricted/privileges.h"
#include "restricted/restricted.h"
#include "tuck/helper.h"
#include "tuck/stage.h"
#include "util.h"

static bool is_fixed_if_path(const char *text)
{
	return !text || *text != '/' || path_is_fixed(text);
}

struct libmnt_fs *granted_entry(struct libmnt_context *context)
{
	struct libmnt_fs *entry =
		mnt_context_apply_fstab(context) == 0 ? fstab_entry(context) : NULL;

	return entry && is_granted(entry) ? entry : NULL;
}

/* The program's end lets go of what libmount has prepared, which libmount can't be made to. */
static _Noreturn void refuse(struct libmnt_context *context, const char *path)
{
	warn_of_turnable(context, path);
	exit(MNT_EX_FAIL);
}

static _Noreturn void refuse_steps(struct libmnt_context *context, const char *path)
{
	errx(MNT_EX_FAIL,
		_("%s: others than root can turn fstab's path %s elsewhere, and its type or "
		  "options need more steps than to mount it"),
		mnt_context_get_target(context), path);
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

/* The directory of the caller's that fstab's @path leads to, and its path without a link; -1 if it
 * is none. */
static int hold_own_directory(const char *path, char **place)
{
	_cleanup_free_ char *real = resolve_as_caller(path);
	_cleanup_close_ int fd = -1;

	if (real)
		fd = open_as_caller(real, O_PATH | O_DIRECTORY | O_NOFOLLOW);
	if (!is_own_directory(fd, real))
		return -1;
	*place = steal_pointer(&real);
	return steal_fd(&fd);
}

/* The filesystem is mounted detached, and then put on the directory that is held: no path is
 * followed, neither then nor afterwards. (libmount 2.41 and later looks at the path once more, and
 * where it has been turned unmounts what it leads to.) */
static int mount_on_held(struct libmnt_context *context, const char *path_in_fstab)
{
	_cleanup_(stage_clear) struct stage stage = {.tree = -1, .is_childless = true};
	_cleanup_free_ char *place = NULL;
	_cleanup_close_ int target = hold_own_directory(path_in_fstab, &place);
	int rc = 0;

	if (target < 0)
		refuse(context, path_in_fstab);
	stage_take(context, &stage);
	if (!stage.is_direct)
		refuse_steps(context, path_in_fstab);
	if (stage_mount(context, NULL, &stage) != MNT_EX_SUCCESS)
		return stage.error;
	if (move_mount(stage.tree, "", target, "",
		    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		rc = -errno;
	mnt_context_set_syscall_status(context, rc);
	if (rc == 0 && stage.message)
		warnx("%s: %s", place, stage.message);
	return rc ?: mnt_fs_set_target(mnt_context_get_fs(context), place);
}

/* Which of fstab's two paths nobody but root can turn. */
struct fixed {
	bool source, target;
};

static int mount_by_turnable_paths(
	struct libmnt_context *context, struct libmnt_fs *entry, struct fixed fixed)
{
	const char *source = mnt_fs_get_source(entry), *target = mnt_fs_get_target(entry);
	int rc;

	/* A helper is run as the user: with fewer rights there is nothing to guard. */
	if (has_mount_helper(context))
		return -EPERM;
	mnt_context_disable_helpers(context, 1);
	if (has_later_steps(context))
		refuse_steps(context, fixed.source ? target : source);
	rc = mnt_context_prepare_mount(context);
	if (rc != 0)
		return rc;
	if (!fixed.source && !is_own_source(context, source))
		refuse(context, source);
	rc = fixed.target ? mnt_context_do_mount(context) : mount_on_held(context, target);
	return rc ?: mnt_context_finalize_mount(context);
}

/* fstab's paths, not other ones that led to the same place a moment ago. Links that only root can
 * turn are followed here: libmount 2.42 refuses all of them. */
static int set_paths(struct libmnt_context *context, struct libmnt_fs *entry, struct fixed fixed)
{
	const char *source = mnt_fs_get_source(entry), *target = mnt_fs_get_target(entry);
	_cleanup_free_ char *real = fixed.target ? realpath(target, NULL) : NULL;
	int rc = mnt_context_set_target(context, real ? real : target);

	return rc || !source ? rc : mnt_context_set_source(context, source);
}

int restricted_mount(struct libmnt_context *context)
{
	int rc = mnt_context_apply_fstab(context);
	struct libmnt_fs *entry;
	struct fixed fixed;

	if (rc != 0)
		return rc;
	entry = granted_entry(context);
	if (!entry)
		return -EPERM;
	/* A source that fstab doesn't name from the root is not looked for where the caller stands.
	 */
	if (chdir("/") < 0)
		return -errno;
	fixed.source = is_fixed_if_path(mnt_fs_get_source(entry));
	fixed.target = path_is_fixed(mnt_fs_get_target(entry));
	rc = set_paths(context, entry, fixed);
	if (rc != 0)
		return rc;
	return fixed.source && fixed.target ? mnt_context_mount(context)
					    : mount_by_turnable_paths(context, entry, fixed);
}

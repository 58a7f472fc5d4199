/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mounting for a user by a set-user-ID mount.
 *
 *   apply_fstab -> the entry: are its paths fixed? -> yes: mnt_context_mount()
 *                                | no
 *                  may the user open the source? (own-source.c)
 *                                | yes
 *                  prepare_mount: devices, type -> target fixed: do_mount
 *                                | no
 *                  stage: a detached tree -> move_mount, to the user's directory -> finalize_mount
 *
 * A bind mount is made here, too: with mount(2), as libmount 2.38 does it, the new mount would have
 * no restrictions until a second call sets them, and the user can kill the program in between.
 *
 * A mount that fstab does not grant, or that a helper makes, is tried with the user's rights alone
 * (privileges.c). A mount that fstab grants is refused if a path leads to a file which is not the
 * user's; that ends the program.
 */
#include <config.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "cli/fstab.h"
#include "cli/start.h"
#include "i18n.h"
#include "kernel.h"
#include "restricted/fixed-path.h"
#include "restricted/own-source.h"
#include "restricted/privileges.h"
#include "restricted/restricted.h"
#include "tuck/stage-attach.h"
#include "tuck/stage.h"
#include "tuck/tuck-options.h"
#include "tuck/tuck-request.h"
#include "util.h"

#define FLAGS_OF_ATIME (MS_NOATIME | MS_RELATIME | MS_STRICTATIME)

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

/* libmount can't undo what it has prepared (a loop device); the end of the process does. */
static _Noreturn void refuse(struct libmnt_fs *entry, const char *path)
{
	warn_of_turnable(mnt_fs_get_target(entry), path);
	exit(MNT_EX_FAIL);
}

static _Noreturn void refuse_steps(struct libmnt_fs *entry, const char *path)
{
	errx(MNT_EX_FAIL,
		_("%s: others than root can turn fstab's path %s elsewhere, and its type or "
		  "options need more steps than to mount it"),
		mnt_fs_get_target(entry), path);
}

static _Noreturn void refuse_options(struct libmnt_fs *entry)
{
	errx(MNT_EX_FAIL,
		_("%s: X-mount.owner, .group, .mode and .idmap are not for mounts of ordinary "
		  "users: "
		  "until they are set, the mount would be less restricted"),
		mnt_fs_get_target(entry));
}

/* Whether libmount would change the root of the new mount (X-mount.owner and the like) when the
 * mount is visible already. (libmount 2.38 ignores these options.) */
static bool changes_root(struct libmnt_context *context)
{
	_cleanup_(tuck_options_clear) struct tuck_options options = {0};

	if (tuck_options_read(&options, mnt_context_get_options(context)) < 0)
		out_of_memory();
	return options.kinds & OPTIONS_OF_ROOT;
}

/* Whether libmount would use the target's path again after the system call that mounts. */
static bool has_later_steps(struct libmnt_context *context)
{
	const char *options = mnt_fs_get_user_options(mnt_context_get_fs(context));
	unsigned long flags = 0;

	mnt_context_get_mflags(context, &flags);
	return flags & (MS_BIND | MS_MOVE | MS_REMOUNT | MS_SHARED | MS_SLAVE | MS_PRIVATE |
			       MS_UNBINDABLE) ||
	       (options && strcasestr(options, "X-mount."));
}

/* Open the directory to which fstab's @path leads, if it is the caller's. Returns its descriptor,
 * and its path without links in @place; or -1. */
static int hold_own_directory(const char *path, char **place)
{
	_cleanup_free_ char *real = resolve_as_caller(path);
	int fd = real ? open_own_directory(real) : -1;

	if (fd >= 0)
		*place = steal_pointer(&real);
	return fd;
}

/* Mount the filesystem detached, and then move it to the directory that is held open. No path is
 * followed, neither then nor afterwards. (libmount 2.41 and later would look at the path once more.
 * If the user had changed it meanwhile, libmount would unmount whatever it leads to.) */
static int mount_on_held(struct libmnt_context *context, struct libmnt_fs *entry)
{
	const char *path = mnt_fs_get_target(entry);
	_cleanup_(stage_clear) struct stage stage = {STAGE_NOTHING, .is_childless = true};
	_cleanup_free_ char *place = NULL;
	_cleanup_close_ int target = hold_own_directory(path, &place);
	_cleanup_(tuck_options_clear) struct tuck_options options = {0};
	int rc = 0;

	if (target < 0)
		refuse(entry, path);
	if (tuck_options_read(&options, mnt_context_get_options(context)) < 0)
		out_of_memory();
	stage_choose(context, &options, &stage);
	if (!stage.is_direct)
		refuse_steps(entry, path);
	if (stage_mount(context, &options, NULL, &stage) != MNT_EX_SUCCESS)
		return stage.error;
	rc = stage_attach(context, &stage, &options, target);
	if (rc == 0 && stage.message)
		warnx("%s: %s", place, stage.message);
	return rc ?: mnt_fs_set_target(mnt_context_get_fs(context), place);
}

/* ---- a detached tree, for bind mounts and X-mount.subdir ---- */

/* Clone @source, with the flags of fstab before anybody can see it. The clone is a slave of its
 * source: if it stayed a peer, the user's lazy unmount of the clone would also unmount what root
 * has mounted below the source. */
static int clone_with_flags(
	struct libmnt_context *context, const struct tuck_options *options, const char *source)
{
	_cleanup_close_ int tree = -1;
	unsigned long flags = 0;
	int r;

	mnt_context_get_mflags(context, &flags);
	tree = kernel_open_tree(AT_FDCWD, source,
		OPEN_TREE_CLONE | (flags & MS_REC ? (unsigned int)AT_RECURSIVE : 0));
	if (tree < 0)
		return tree;
	r = kernel_set_attributes(
		tree, /* recursive= */ true, options->tree.set, options->tree.clear, MS_SLAVE);
	/* By libmount's flags, since it writes the options in an order of its own ("user,dev").
	 * What the source's mount forbids stays forbidden. */
	if (r == 0)
		r = kernel_set_attributes(tree, /* recursive= */ false,
			attributes_from_flags(flags),
			flags & FLAGS_OF_ATIME ? MOUNT_ATTR__ATIME : 0, 0);
	return r < 0 ? r : steal_fd(&tree);
}

static int make_user_tree(struct libmnt_context *context, struct libmnt_fs *entry,
	const struct tuck_options *options, struct stage *stage)
{
	unsigned long flags = 0;

	mnt_context_get_mflags(context, &flags);
	if (flags & MS_BIND) {
		stage->tree = clone_with_flags(context, options, mnt_context_get_source(context));
		if (stage->tree >= 0)
			return 0;
		mnt_context_set_syscall_status(context, stage->tree);
		return stage->tree;
	}
	stage_choose(context, options, stage);
	if (!stage->is_direct)
		refuse_steps(entry, mnt_fs_get_target(entry));
	return stage_mount(context, options, NULL, stage) == MNT_EX_SUCCESS ? 0 : stage->error;
}

/* Attach the whole, or the directory that X-mount.subdir names. */
static int attach_tree(struct libmnt_context *context, struct libmnt_fs *entry,
	const struct tuck_options *options, struct stage *stage, int target)
{
	const char *place = mnt_context_get_target(context);
	int rc;

	if (stage->subdirectory && stage_cut(stage, place) != MNT_EX_SUCCESS) {
		name_as_fstab(context, entry);
		stage_fail(context, stage);
	}
	rc = stage_attach(context, stage, options, target);
	rc = rc ?: mnt_context_finalize_mount(context);
	if (rc == 0 && stage->subdirectory)
		stage_settle_line(place);
	return rc;
}

static int mount_detached(struct libmnt_context *context, struct libmnt_fs *entry)
{
	_cleanup_(tuck_options_clear) struct tuck_options options = {0};
	_cleanup_(stage_clear) struct stage stage = {
		STAGE_NOTHING, .is_prepared = true, .is_childless = true};
	_cleanup_close_ int target = -1;
	int rc;

	stage.subdirectory = stage_take_subdirectory(context);
	if (tuck_options_read(&options, mnt_context_get_options(context)) < 0)
		out_of_memory();
	if (options.propagation)
		clear_propagation(context);
	rc = mnt_context_prepare_mount(context);
	if (rc != 0)
		return rc;
	target = kernel_open_path(AT_FDCWD, mnt_context_get_target(context));
	if (target < 0) {
		mnt_context_set_syscall_status(context, target);
		return target;
	}
	rc = make_user_tree(context, entry, &options, &stage);
	return rc ?: attach_tree(context, entry, &options, &stage, target);
}

/* ---- what fstab grants ---- */

/* Which of fstab's two paths are fixed. */
struct fixed {
	bool source, target;
};

static void take_own_source(struct libmnt_context *context, struct libmnt_fs *entry)
{
	const char *path = mnt_fs_get_source(entry);
	enum own_source result = own_source_set(context, path);

	if (result == OWN_SOURCE_STEPS)
		refuse_steps(entry, path);
	if (result != OWN_SOURCE_SET)
		refuse(entry, path);
}

static int mount_by_turnable_paths(
	struct libmnt_context *context, struct libmnt_fs *entry, struct fixed fixed)
{
	const char *source = mnt_fs_get_source(entry), *target = mnt_fs_get_target(entry);
	int rc;

	/* A helper runs as the user, so it needs none of these checks. */
	if (has_mount_helper(context))
		return -EPERM;
	mnt_context_disable_helpers(context, 1);
	if (has_later_steps(context))
		refuse_steps(entry, fixed.source ? target : source);
	if (!fixed.source)
		take_own_source(context, entry);
	rc = mnt_context_prepare_mount(context);
	if (rc != 0)
		return rc;
	rc = fixed.target ? mnt_context_do_mount(context) : mount_on_held(context, entry);
	return rc ?: mnt_context_finalize_mount(context);
}

/* Give the context fstab's own paths. The caller's paths led to the same files, but may have been
 * changed since. A fixed target is resolved here, because libmount 2.42 refuses all links. */
static int set_paths(struct libmnt_context *context, struct libmnt_fs *entry, struct fixed fixed)
{
	const char *source = mnt_fs_get_source(entry), *target = mnt_fs_get_target(entry);
	_cleanup_free_ char *real = fixed.target ? realpath(target, NULL) : NULL;
	int rc = mnt_context_set_target(context, real ? real : target);

	return rc || !source ? rc : mnt_context_set_source(context, source);
}

static int mount_by_fixed_paths(struct libmnt_context *context, struct libmnt_fs *entry)
{
	unsigned long flags = 0;

	mnt_context_get_mflags(context, &flags);
	return has_subdirectory(context) || (flags & MS_BIND && !(flags & MS_REMOUNT))
		       ? mount_detached(context, entry)
		       : mnt_context_mount(context);
}

static int mount_granted(struct libmnt_context *context, struct libmnt_fs *entry)
{
	struct fixed fixed;
	int rc;

	/* A relative source in fstab must not be looked up in the caller's working directory. */
	if (chdir("/") < 0)
		return -errno;
	fixed.source = is_fixed_if_path(mnt_fs_get_source(entry));
	fixed.target = path_is_fixed(mnt_fs_get_target(entry));
	rc = set_paths(context, entry, fixed);
	if (rc != 0)
		return rc;
	if (!fixed.source || !fixed.target)
		return mount_by_turnable_paths(context, entry, fixed);
	if (changes_root(context))
		refuse_options(entry);
	return mount_by_fixed_paths(context, entry);
}

int restricted_mount(struct libmnt_context *context)
{
	int rc = mnt_context_apply_fstab(context);
	struct libmnt_fs *entry;

	/* libmount has words for this error only if it has been told that it mounts. */
	if (rc != 0)
		return mnt_context_prepare_mount(context) ?: rc;
	entry = granted_entry(context);
	if (!entry)
		return -EPERM;
	rc = mount_granted(context, entry);
	if (rc != 0)
		name_as_fstab(context, entry);
	return rc;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tuck/stage.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/interrupt.h"
#include "cli/start.h"
#include "i18n.h"
#include "kernel.h"
#include "tuck/stage-child.h"
#include "tuck/stage-direct.h"
#include "tuck/stage-fuse.h"
#include "tuck/stage-helper.h"
#include "tuck/stage-subdirectory.h"
#include "tuck/tuck-options.h"
#include "utab/utab.h"
#include "util.h"

void stage_clear(struct stage *stage)
{
	if (stage->tree >= 0)
		close(steal_fd(&stage->tree));
	if (stage->copy >= 0)
		close(steal_fd(&stage->copy));
	if (stage->place >= 0)
		close(steal_fd(&stage->place));
	free(steal_pointer(&stage->subdirectory));
	free(steal_pointer(&stage->message));
	free(steal_pointer(&stage->kernel_log));
}

static void set_result(struct stage *stage, int status, const char *message)
{
	stage->status = status;
	if (status == MNT_EX_SUCCESS && !*message)
		return; /* keep a warning */
	free(stage->message);
	stage->message = strdup(message);
}

/* Take over libmount's message and status for @rc, or for the system call that failed. */
static int fail_stage(struct libmnt_context *context, struct stage *stage, int rc)
{
	char message[BUFSIZ] = "";

	stage->status = mnt_context_get_excode(context, rc, message, sizeof(message));
	if (stage->status == MNT_EX_SUCCESS)
		stage->status = MNT_EX_FAIL;
	set_result(stage, stage->status, message);
	return stage->status;
}

/* ---- helpers ---- */

/* Whether there is a mount.TYPE in the directories that libmount was built with. @size: of the
 * type's name. Also true if memory is short. */
static bool helper_exists(const char *type, size_t size)
{
	size_t length;

	for (const char *directory = HELPER_DIRECTORIES; *directory; directory += length) {
		_cleanup_free_ char *path = NULL;

		directory += strspn(directory, ":");
		length = strcspn(directory, ":");
		if (asprintf(&path, "%.*s/mount.%.*s", (int)length, directory, (int)size, type) <
				0 ||
			access(path, F_OK) == 0)
			return true;
	}
	return false;
}

bool has_mount_helper(struct libmnt_context *context)
{
	const char *type = mnt_context_get_fstype(context);

	return type && !mnt_context_is_nohelpers(context) &&
	       (helper_exists(type, strlen(type)) || helper_exists(type, strcspn(type, ".")));
}

/* Whether the helper would be mount.fuse itself. A mount.fuse.SUBTYPE may do more. */
static bool helper_is_for_any_server(struct libmnt_context *context)
{
	const char *type = mnt_context_get_fstype(context);

	return strcmp(type, "fuse") == 0 ||
	       (strncmp(type, "fuse.", 5) == 0 && !helper_exists(type, strlen(type)));
}

/* ---- how libmount prepares ---- */

/*
 * While libmount prepares, its target is "/", because it does three things with the target that are
 * wrong for a tuck. It refuses an image that is mounted at the target already; for a tuck, the same
 * path may be a new file. It makes the target's directory (X-mount.mkdir); for a tuck, there is
 * one. It looks the path up in this namespace; a tuck's target may be in another one. stage_mount()
 * sets the target at which libmount mounts.
 */
static const char *target_to_prepare_for(
	struct libmnt_context *context, const struct tuck_options *options)
{
	return options->kinds & OPTIONS_TARGET_LABEL ? mnt_context_get_target(context) : "/";
}

/* A root directory with an almost empty /proc/self/mountinfo. Returns its descriptor, or a negative
 * errno. It is a detached mount, and ends with the descriptor. */
static int make_empty_table(void)
{
	static const char line[] = "1 1 0:1 / / rw - tmpfs none rw\n";
	_cleanup_close_ int filesystem = fsopen("tmpfs", FSOPEN_CLOEXEC);
	_cleanup_close_ int root = -1, file = -1;

	if (filesystem < 0 || fsconfig(filesystem, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	root = fsmount(filesystem, FSMOUNT_CLOEXEC, 0);
	if (root < 0 || mkdirat(root, "proc", 0755) < 0 || mkdirat(root, "proc/self", 0755) < 0)
		return -errno;
	file = openat(root, "proc/self/mountinfo", O_WRONLY | O_CREAT | O_CLOEXEC, 0444);
	if (file < 0 || write(file, line, sizeof(line) - 1) < 0)
		return -errno;
	return steal_fd(&root);
}

/*
 * To find an image that is mounted already, libmount reads the whole mount table; with 10,000
 * mounts that takes longer than all else. There is nothing to find for a tuck (see above), so
 * libmount gets an empty table: it opens /proc/self/mountinfo while the root directory is another
 * one.
 *
 * libmount has no function that gives a context its mount table: mnt_context_get_mtab() and
 * mnt_context_get_mountinfo() only read it, and mnt_context_set_fstab() is for fstab alone. To set
 * up the loop device here instead would repeat what libmount decides about devices that overlap,
 * are read-only or are in use.
 */
static void hide_mount_table(struct libmnt_context *context)
{
	_cleanup_close_ int root = kernel_open_path(AT_FDCWD, "/");
	_cleanup_close_ int cwd = kernel_open_path(AT_FDCWD, ".");
	_cleanup_close_ int empty = make_empty_table();
	struct libmnt_table *table;

	if (root < 0 || cwd < 0 || empty < 0)
		return; /* libmount will read the real table, which only takes longer */
	if (fchdir(empty) == 0 && chroot(".") == 0) {
		/* libmount keeps the table that it reads here. */
		(void)!mnt_context_get_mtab(context, &table);
		if (fchdir(root) < 0 || chroot(".") < 0)
			err(MNT_EX_SYSERR, _("can't go back to the root directory"));
	}
	if (fchdir(cwd) < 0)
		err(MNT_EX_SYSERR, _("can't go back to the working directory"));
}

static bool source_is_image(struct libmnt_context *context)
{
	const char *source = mnt_context_get_source(context);
	struct stat st;

	return source && stat(source, &st) == 0 && S_ISREG(st.st_mode);
}

/* ---- directly ---- */

static int stage_directly(struct libmnt_context *context, struct stage *stage)
{
	unsigned long flags = 0;

	mnt_context_get_mflags(context, &flags);
	stage->tree = direct_mount(mnt_context_get_fstype(context), flags,
		mnt_fs_get_srcpath(mnt_context_get_fs(context)),
		mnt_fs_get_fs_options(mnt_context_get_fs(context)), &stage->kernel_log);
	stage->error = stage->tree < 0 ? stage->tree : 0;
	stage->status = MNT_EX_SUCCESS;
	if (stage->error == 0)
		return 0;
	stage->tree = -1;
	mnt_context_set_syscall_status(context, stage->error);
	return fail_stage(context, stage, stage->error);
}

/* ---- either way ---- */

/* Whether to try again read-only, as mount(8) does: the device may be write-protected, or its
 * filesystem may be mounted read-only elsewhere. */
static bool may_be_readonly(struct libmnt_context *context)
{
	unsigned long flags = 0;

	mnt_context_get_mflags(context, &flags);
	return !(flags & (MS_RDONLY | MS_BIND)) && !mnt_context_is_rwonly_mount(context);
}

static void set_readonly(struct libmnt_context *context, struct stage *stage)
{
	char *subdirectory = steal_pointer(&stage->subdirectory);
	unsigned long flags = 0;

	stage_clear(stage);
	stage->subdirectory = subdirectory;
	set_result(stage, MNT_EX_SUCCESS, _("WARNING: source write-protected, mounted read-only"));

	mnt_context_reset_status(context);
	mnt_context_get_mflags(context, &flags);
	mnt_context_set_mflags(context, flags | MS_RDONLY);
}

void stage_choose(
	struct libmnt_context *context, const struct tuck_options *options, struct stage *stage)
{
	stage->is_prepared = true;
	stage->has_helper = has_mount_helper(context);
	stage->is_direct = !stage->has_helper && direct_is_possible(context, options);
	stage->is_fuse = stage->has_helper && direct_is_possible(context, options) &&
			 helper_is_for_any_server(context) && fuse_is_possible(context);
}

static bool source_is_device(struct libmnt_context *context)
{
	const char *source = mnt_context_get_source(context);
	struct stat st;

	return source && stat(source, &st) == 0 && S_ISBLK(st.st_mode);
}

char *stage_take_subdirectory(struct libmnt_context *context)
{
	static const char name[] = "X-mount.subdir";
	struct libmnt_fs *fs = mnt_context_get_fs(context);
	_cleanup_free_ char *options = mnt_fs_strdup_options(fs);
	char *value = NULL, *taken = NULL;
	size_t size = 0;

	/* The last one counts: the command line's is after fstab's. */
	while (options && mnt_optstr_get_option(options, name, &value, &size) == 0) {
		if (size >= 2 && value[0] == '"' && value[size - 1] == '"') {
			value++;
			size -= 2;
		}
		free(taken);
		taken = strndup(value ?: "", value ? size : 0);
		if (!taken || mnt_optstr_remove_option(&options, name) != 0)
			out_of_memory();
		value = NULL;
		size = 0;
	}
	if (taken && mnt_fs_set_options(fs, options) != 0)
		out_of_memory();
	return taken;
}

int stage_prepare(
	struct libmnt_context *context, const struct tuck_options *options, struct stage *stage)
{
	int rc;

	*stage = (struct stage){STAGE_NOTHING, .lines_before = SIZE_MAX};
	stage->subdirectory = stage_take_subdirectory(context);
	rc = mnt_context_set_target(context, target_to_prepare_for(context, options));
	if (rc == 0)
		rc = mnt_context_set_target_prefix(context, NULL);
	/* libmount from 2.39 on uses fsconfig(2) itself, unless it is told to use mount(2). */
	if (options->kinds & OPTIONS_LONG)
		setenv("LIBMOUNT_FORCE_MOUNT2", "always", 0);
	if (rc == 0 && source_is_image(context))
		hide_mount_table(context);
	if (rc == 0)
		rc = mnt_context_prepare_mount(context);
	if (rc == -EROFS && may_be_readonly(context)) {
		set_readonly(context, stage);
		rc = mnt_context_prepare_mount(context);
	}
	if (rc != 0)
		return fail_stage(context, stage, rc);
	stage->has_device = source_is_device(context);
	stage_choose(context, options, stage);
	return MNT_EX_SUCCESS;
}

static void take_staged(struct stage *stage, const struct staged *staged)
{
	stage->tree = staged->tree;
	stage->copy = staged->copy;
	stage->place = staged->place;
	stage->error = staged->error;
	stage->lacks_subdirectory = staged->lacks_subdirectory;
	set_result(stage, staged->status, staged->message);
}

/* Without a copy of the namespace if the server of a FUSE filesystem allows it. Otherwise the
 * helper or libmount mounts, in a copy, and it says why if it fails. */
static void stage_by_child(struct libmnt_context *context, const char *target, struct stage *stage)
{
	struct staged staged = STAGED_NOTHING;

	staged.status = MNT_EX_FAIL;
	if (stage->has_helper && target)
		stage->lines_before = utab_count(target);
	interrupts_defer(true);
	if (stage->is_fuse)
		fuse_stage(context, target, &staged);
	if (staged.status != MNT_EX_SUCCESS && staged.status != MNT_EX_USER)
		stage_in_namespace(
			context, target, stage->has_helper, stage->subdirectory, &staged);
	interrupts_defer(false);
	take_staged(stage, &staged);
}

static void mount_one_way(struct libmnt_context *context, const char *target, struct stage *stage)
{
	if (stage->is_direct)
		stage_directly(context, stage);
	/* libmount from 2.41 on gives an erofs image to the kernel without a loop device, and makes
	 * one only when the kernel asks for it. So libmount has to mount it. */
	if (stage->is_direct && stage->error == -ENOTBLK && source_is_image(context) &&
		!stage->is_childless) {
		stage_clear(stage);
		mnt_context_reset_status(context);
		stage->is_direct = false;
	}
	if (!stage->is_direct)
		stage_by_child(context, target, stage);
}

static bool is_refused_as_writable(const struct stage *stage)
{
	return stage->status != MNT_EX_SUCCESS && !stage->has_helper &&
	       (stage->error == -EROFS || stage->error == -EACCES || stage->error == -EBUSY);
}

const char *stage_stand_in(struct libmnt_context *context)
{
	static const char *const directories[] = {"/mnt", "/media", "/srv", "/opt", "/tmp"};
	const char *source = mnt_context_get_source(context);
	struct stat st;

	for (size_t i = 0; i < ELEMENTS(directories); i++) {
		const char *directory = directories[i];

		if ((!source || strncmp(source, directory, strlen(directory)) != 0) &&
			lstat(directory, &st) == 0 && S_ISDIR(st.st_mode))
			return directory;
	}
	return NULL;
}

int stage_mount(struct libmnt_context *context, const struct tuck_options *options,
	const char *target, struct stage *stage)
{
	if (!stage->is_prepared && stage_prepare(context, options, stage) != MNT_EX_SUCCESS)
		return stage->status;
	if (target && mnt_context_set_target(context, target) != 0)
		return stage->status = MNT_EX_SYSERR;
	mount_one_way(context, target, stage);
	if (is_refused_as_writable(stage) && may_be_readonly(context)) {
		set_readonly(context, stage);
		mount_one_way(context, target, stage);
	}
	return stage->status;
}

int stage_cut(struct stage *stage, const char *target)
{
	struct staged staged = STAGED_NOTHING;

	interrupts_defer(true);
	stage_cut_subdirectory(stage->tree, target, stage->subdirectory, &staged);
	interrupts_defer(false);
	close(steal_fd(&stage->tree));
	take_staged(stage, &staged);
	return stage->status;
}

void stage_finish(const struct stage *stage)
{
	if (stage->copy >= 0 && stage->place >= 0)
		stage_leave_copy(stage->copy, stage->place);
}

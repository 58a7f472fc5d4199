/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tuck/stage.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/interrupt.h"
#include "cli/option-string.h"
#include "i18n.h"
#include "kernel.h"
#include "tuck/helper.h"
#include "tuck/stage-namespace.h"
#include "tuck/tuck-options.h"
#include "util.h"

void stage_clear(struct stage *stage)
{
	if (stage->tree >= 0)
		close(steal_fd(&stage->tree));
	free(steal_pointer(&stage->message));
	free(steal_pointer(&stage->kernel_log));
}

/* Note how it went. */
static void stage_say(struct stage *stage, int status, const char *message)
{
	stage->status = status;
	if (status == MNT_EX_SUCCESS && !*message)
		return; /* a warning stands */
	free(stage->message);
	stage->message = strdup(message);
}

/* In libmount's words, what @rc or the failed system call means. */
static int stage_fail(struct libmnt_context *context, struct stage *stage, int rc)
{
	char message[BUFSIZ] = "";

	stage->status = mnt_context_get_excode(context, rc, message, sizeof(message));
	if (stage->status == MNT_EX_SUCCESS)
		stage->status = MNT_EX_FAIL;
	stage_say(stage, stage->status, message);
	return stage->status;
}

/* ---- what libmount is told ---- */

/*
 * libmount refuses to set up a loop device for an image that is mounted at the target already,
 * makes the target's directory (X-mount.mkdir), and looks its path up in this namespace. For a tuck
 * the same image path again is an update like any other (the file may be a new one), there is
 * nothing to make, and the path may be another namespace's. So it prepares for the one target that
 * is there always; where it mounts it learns later.
 */
static const char *target_to_prepare_for(struct libmnt_context *context)
{
	const char *options = mnt_context_get_options(context);

	/* "rootcontext=@target" asks for the target's own label. */
	return options && strstr(options, "=@target") ? mnt_context_get_target(context) : "/";
}

/*
 * To find an image there libmount reads the whole mount table, which may be long. Since there is
 * nothing to find, it is given an empty one to read: a file of the same name, on a root directory
 * that exists for as long as that takes.
 */
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

static void hide_mount_table(struct libmnt_context *context)
{
	_cleanup_close_ int root = kernel_open_path(AT_FDCWD, "/");
	_cleanup_close_ int cwd = kernel_open_path(AT_FDCWD, ".");
	_cleanup_close_ int empty = make_empty_table();
	struct libmnt_table *table;

	if (root < 0 || cwd < 0 || empty < 0)
		return; /* libmount then reads the real one */
	if (fchdir(empty) == 0 && chroot(".") == 0) {
		/* libmount keeps the table that it has read. */
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

/* Flags of mount(2) that are the filesystem's. MS_RDONLY is the mount's too: mount(2) sets both. */
static const struct {
	unsigned long flag;
	const char *key;
} filesystem_flags[] = {
	{MS_RDONLY, "ro"},
	{MS_SYNCHRONOUS, "sync"},
	{MS_DIRSYNC, "dirsync"},
	{MS_MANDLOCK, "mand"},
	{MS_LAZYTIME, "lazytime"},
	{MS_SILENT, NULL},
};

#define FSCONFIG_VALUE_MAX 255 /* fsconfig(2) */

static bool flags_are_direct(unsigned long flags)
{
	flags &= ~attributes_flags;
	for (size_t i = 0; i < ELEMENTS(filesystem_flags); i++)
		flags &= ~filesystem_flags[i].flag;
	return flags == 0;
}

static bool has_long_value(const char *options)
{
	struct option_in_string option;

	while (next_option(&options, &option))
		if (option.value_size > FSCONFIG_VALUE_MAX)
			return true;
	return false;
}

static bool options_are_direct(const char *options)
{
	const char *rest = options;
	struct option_in_string option;

	if (!options)
		return true;
	/* Quoting and escaping are libmount's and the filesystem's own business. A verity device
	 * goes with its mount only where libmount mounts. */
	if (strpbrk(options, "\\\"") || strstr(options, "context="))
		return false;
	while (next_option(&rest, &option))
		if (strncmp(option.name, "verity.", 7) == 0 ||
			(strncmp(option.name, "X-mount.", 8) == 0 &&
				strncmp(option.name, "X-mount.mkdir", 13) != 0))
			return false;
	return !has_long_value(options);
}

static bool is_exclusive(struct libmnt_context *context)
{
#ifdef HAVE_MNT_CONTEXT_ENABLE_EXCLUSIVE
	return mnt_context_is_exclusive(context);
#else
	(void)context;
	return false;
#endif
}

static bool is_direct(struct libmnt_context *context, unsigned long flags)
{
	const char *type = mnt_context_get_fstype(context);

	return type && !is_exclusive(context) && !strchr(type, ',') && strcmp(type, "auto") != 0 &&
	       strncmp(type, "no", 2) != 0 && flags_are_direct(flags) &&
	       options_are_direct(mnt_fs_get_fs_options(mnt_context_get_fs(context))) &&
	       options_are_direct(mnt_fs_get_user_options(mnt_context_get_fs(context)));
}

/* The kernel's own words: one message a read, "e overlay: ...". */
static char *read_kernel_log(int filesystem)
{
	char message[1024];
	ssize_t length = read(filesystem, message, sizeof(message) - 1);

	if (length < 3)
		return NULL;
	message[length] = '\0';
	message[strcspn(message, "\n")] = '\0';
	return strdup(message + 2);
}

static int configure_filesystem(
	int filesystem, unsigned long flags, const char *source, const char *options)
{
	struct option_in_string option;

	if (source && fsconfig(filesystem, FSCONFIG_SET_STRING, "source", source, 0) < 0)
		return -errno;
	for (size_t i = 0; i < ELEMENTS(filesystem_flags); i++)
		if (flags & filesystem_flags[i].flag && filesystem_flags[i].key &&
			fsconfig(filesystem, FSCONFIG_SET_FLAG, filesystem_flags[i].key, NULL, 0) <
				0)
			return -errno;
	while (next_option(&options, &option)) {
		_cleanup_free_ char *key = strndup(option.name, option.name_size);
		_cleanup_free_ char *text =
			option.value ? strndup(option.value, option.value_size) : NULL;

		if (!key || (option.value && !text))
			return -ENOMEM;
		if (fsconfig(filesystem, text ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, key, text,
			    0) < 0)
			return -errno;
	}
	return fsconfig(filesystem, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0 ? -errno : 0;
}

static int stage_directly(struct libmnt_context *context, struct stage *stage)
{
	_cleanup_close_ int filesystem = fsopen(mnt_context_get_fstype(context), FSOPEN_CLOEXEC);
	unsigned long flags = 0;
	int r;

	mnt_context_get_mflags(context, &flags);
	r = filesystem < 0 ? -errno
			   : configure_filesystem(filesystem, flags,
				     mnt_fs_get_srcpath(mnt_context_get_fs(context)),
				     mnt_fs_get_fs_options(mnt_context_get_fs(context)));
	if (r == 0) {
		stage->tree = fsmount(filesystem, FSMOUNT_CLOEXEC, attributes_from_flags(flags));
		r = stage->tree < 0 ? -errno : 0;
	}
	stage->error = r;
	stage->status = MNT_EX_SUCCESS;
	if (r == 0)
		return 0;
	if (filesystem >= 0)
		stage->kernel_log = read_kernel_log(filesystem);
	mnt_context_set_syscall_status(context, r);
	return stage_fail(context, stage, r);
}

/* ---- either way ---- */

/* What mount(8) then tries read-only: a device that can't be written, or whose filesystem is
 * mounted read-only elsewhere. */
static bool may_be_readonly(struct libmnt_context *context)
{
	unsigned long flags = 0;

	mnt_context_get_mflags(context, &flags);
	return !(flags & (MS_RDONLY | MS_BIND)) && !mnt_context_is_rwonly_mount(context);
}

static void set_readonly(struct libmnt_context *context, struct stage *stage)
{
	unsigned long flags = 0;

	stage_clear(stage);
	stage_say(stage, MNT_EX_SUCCESS, _("WARNING: source write-protected, mounted read-only"));

	mnt_context_reset_status(context);
	mnt_context_get_mflags(context, &flags);
	mnt_context_set_mflags(context, flags | MS_RDONLY);
}

void stage_take(struct libmnt_context *context, struct stage *stage)
{
	unsigned long flags = 0;

	mnt_context_get_mflags(context, &flags);
	stage->has_helper = has_mount_helper(context);
	stage->is_direct =
		is_direct(context, flags) && !stage->has_helper && !stage->needs_libmount;
}

int stage_prepare(struct libmnt_context *context, struct stage *stage)
{
	int rc;

	*stage = (struct stage){.tree = -1, .needs_libmount = stage->needs_libmount};
	rc = mnt_context_set_target(context, target_to_prepare_for(context));
	if (rc == 0)
		rc = mnt_context_set_target_prefix(context, NULL);
	/* libmount from 2.39 on uses fsconfig(2) too, and this is how it is asked for mount(2). */
	if (has_long_value(mnt_context_get_options(context)))
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
		return stage_fail(context, stage, rc);
	stage_take(context, stage);
	return MNT_EX_SUCCESS;
}

static void stage_by_namespace(
	struct libmnt_context *context, const char *target, struct stage *stage)
{
	struct staged staged;

	interrupts_defer(true);
	stage_in_namespace(context, target, stage->has_helper, &staged);
	interrupts_defer(false);
	stage->tree = staged.tree;
	stage->error = staged.error;
	stage_say(stage, staged.status, staged.message);
}

static void mount_one_way(struct libmnt_context *context, const char *target, struct stage *stage)
{
	if (stage->is_direct)
		stage_directly(context, stage);
	/* libmount from 2.41 on leaves an erofs image to the kernel as a file, and takes a loop
	 * device only where the kernel wants one. */
	if (stage->is_direct && stage->error == -ENOTBLK && source_is_image(context) &&
		!stage->is_childless) {
		stage_clear(stage);
		mnt_context_reset_status(context);
		stage->is_direct = false;
	}
	if (!stage->is_direct)
		stage_by_namespace(context, target, stage);
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

int stage_mount(struct libmnt_context *context, const char *target, struct stage *stage)
{
	if (target && mnt_context_set_target(context, target) != 0)
		return stage->status = MNT_EX_SYSERR;
	mount_one_way(context, target, stage);
	if (is_refused_as_writable(stage) && may_be_readonly(context)) {
		set_readonly(context, stage);
		mount_one_way(context, target, stage);
	}
	return stage->status;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One unmount, with its messages.
 *
 * libmount finds the mount that the operand names, runs a helper if there is one, and removes the
 * line in utab. It also has a text and an exit status for each error. --verbose prints a message
 * about a success to standard error.
 */
#include <config.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/start.h"
#include "i18n.h"
#include "kernel.h"
#include "restricted/hand-over.h"
#include "restricted/privileges.h"
#include "restricted/restricted.h"
#include "umount/umount-one.h"
#include "util.h"

/* Either the kernel says so, or for an ordinary user libmount: it has found no mount, and so has
 * not asked fstab. */
static bool is_not_mounted(struct libmnt_context *context, int result)
{
	if (mnt_context_syscall_called(context))
		return mnt_context_get_syscall_errno(context) == EINVAL;
	return result == -EPERM && !mnt_context_tab_applied(context);
}

/* --graceful: whether nothing is mounted there, or not even a file is there. EINVAL alone does not
 * tell: the kernel has it for the root and for a locked mount, too. */
static bool is_absent(struct libmnt_context *context, int result, const char *path)
{
	struct mount_identity identity;
	struct libmnt_ns *before;
	int r, error = mnt_context_get_syscall_errno(context);

	if (!is_not_mounted(context, result))
		return mnt_context_syscall_called(context) && (error == ENOENT || error == ENOTDIR);
	before = mnt_context_switch_target_ns(context);
	r = kernel_identify(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC, &identity);
	mnt_context_switch_ns(context, before);
	return r < 0 ? r == -ENOENT || r == -ENOTDIR : !identity.is_root;
}

int report_umount(struct command *command, int result, const char *subject)
{
	struct libmnt_context *context = command->context;
	const char *target = mnt_context_get_target(context);
	char text[BUFSIZ] = "";
	bool not_mounted = is_not_mounted(context, result);
	int status = mnt_context_get_excode(context, result, text, sizeof(text));

	if (command->graceful && status != MNT_EX_SUCCESS &&
		is_absent(context, result, target ?: subject))
		return MNT_EX_SUCCESS;
	if (*text && !(command->quiet && not_mounted))
		warnx("%s: %s.", target ? target : subject, text);
	return status;
}

static void report_success(struct libmnt_context *context)
{
	const char *source = mnt_context_get_source(context);
	const char *target = mnt_context_get_target(context);

	if (source)
		warnx(_("%s (%s) unmounted"), target, source);
	else
		warnx(_("%s unmounted"), target);
}

/* Whether libmount found that fstab or utab grants the unmount to the caller, the kernel refused
 * it, and the system's own set-user-ID umount can do it. */
static bool is_for_system_umount(struct libmnt_context *context)
{
	return mnt_context_is_restricted(context) && !is_set_user_id() &&
	       mnt_context_syscall_called(context) &&
	       mnt_context_get_syscall_errno(context) == EPERM && !kernel_may_mount() &&
	       can_hand_over(SYSTEM_UMOUNT);
}

static int hand_over_one(struct command *command, const char *operand)
{
	_cleanup_free_ char **words = calloc((size_t)command->first_operand + 3, sizeof(*words));
	size_t count = (size_t)command->first_operand;

	if (!words)
		out_of_memory();
	memcpy(words, command->argv, count * sizeof(*words));
	if (strcmp(words[count - 1], "--") != 0)
		words[count++] = (char *)"--";
	words[count] = (char *)operand;
	return hand_over(SYSTEM_UMOUNT, words);
}

int umount_one(struct command *command, const char *operand)
{
	struct libmnt_context *context = command->context;
	_cleanup_free_ char *resolved = NULL;
	int result, status;

	/* The path is resolved with the user's rights. Otherwise messages would tell the user
	 * whether files exist in directories that the user can't read. */
	if (mnt_context_is_restricted(context)) {
		resolved = resolve_as_caller(operand);
		if (!resolved && command->graceful && (errno == ENOENT || errno == ENOTDIR))
			return MNT_EX_SUCCESS;
		if (!resolved)
			err(MNT_EX_USAGE, "%s", operand);
	}
	if (mnt_context_set_target(context, resolved ? resolved : operand) != 0)
		out_of_memory();
	result = mnt_context_is_restricted(context) && is_set_user_id()
			 ? restricted_umount(context)
			 : mnt_context_umount(context);
	if (result != 0 && is_for_system_umount(context)) {
		mnt_reset_context(context);
		return hand_over_one(command, operand);
	}
	/* fstab does not grant it to users. The kernel may still allow it with the user's rights.
	 */
	if (result == -EPERM && mnt_context_is_restricted(context) &&
		mnt_context_tab_applied(context) && !mnt_context_syscall_called(context)) {
		drop_privileges(context);
		mnt_context_reset_status(context);
		result = mnt_context_umount(context);
	}
	status = report_umount(command, result, operand);
	if (result == 0 && status == MNT_EX_SUCCESS && mnt_context_is_verbose(context))
		report_success(context);
	mnt_reset_context(context);
	return status;
}

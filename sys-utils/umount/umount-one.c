/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One unmount, with its messages.
 *
 * libmount finds the mount that the operand names, runs a helper if there is one, and removes the
 * line in utab. It also has a text and an exit status for each error. --verbose prints a message
 * about a success to standard error.
 *
 * libmount may have found a mount that another one covers (cli/visible.h). Then its table of mounts
 * is put into order, and libmount looks again. For most paths libmount reads no table; then it
 * knows only what the kernel says of the path, which is right.
 */
#include <config.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/start.h"
#include "cli/visible.h"
#include "i18n.h"
#include "kernel.h"
#include "restricted/hand-over.h"
#include "restricted/privileges.h"
#include "restricted/restricted.h"
#include "umount/umount-one.h"
#include "utab/utab.h"
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

/* Whether libmount has found a mount in its table that is not the visible mount at its path. */
static bool has_found_hidden(struct libmnt_context *context)
{
	struct libmnt_fs *fs = mnt_context_get_fs(context);

	return mnt_fs_get_id(fs) > 0 && !is_visible(context, fs);
}

/* Whether @operand is the path of the mount that was found, not its source. */
static bool is_path_of_found(struct libmnt_context *context, const char *operand)
{
	struct libmnt_ns *before = mnt_context_switch_target_ns(context);
	bool is_path = mnt_fs_match_target(mnt_context_get_fs(context), operand,
		mnt_context_is_nocanonicalize(context) ? NULL : mnt_context_get_cache(context));

	mnt_context_switch_ns(context, before);
	return is_path;
}

/* Let libmount look again, in a table that is in order. Returns its answer. @status: if the operand
 * names a mount that is hidden, the exit status, after a message; otherwise not changed. */
static int prepare_in_order(struct command *command, const char *operand, int *status)
{
	struct libmnt_context *context = command->context;
	struct libmnt_table *table;
	struct libmnt_fs *hidden;
	int r;

	mnt_reset_context(context);
	if (mnt_context_set_target(context, operand) != 0)
		out_of_memory();
	r = order_mounts(context, &table);
	if (r == 0)
		r = mnt_context_prepare_umount(context);
	if (r == 0 && !has_found_hidden(context))
		return 0;
	if (r == 0 && is_path_of_found(context, operand)) {
		/* --fake has unmounted nothing, so mounts may still cover it. */
		if (mnt_context_is_fake(context))
			return 0;
		if (!command->quiet)
			warnx(_("%s: not mounted."), operand);
		*status = MNT_EX_FAIL;
		return 0;
	}
	hidden = r == 0 || r == -EINVAL ? find_by_source(context, table, operand) : NULL;
	if (hidden && !is_visible(context, hidden))
		*status = report_hidden(context, table, hidden);
	return r;
}

/* Let libmount find the mount that @operand names, and prepare the unmount. */
static int prepare(struct command *command, const char *operand, int *status)
{
	struct libmnt_context *context = command->context;
	int r;

	if (mnt_context_set_target(context, operand) != 0)
		out_of_memory();
	r = mnt_context_prepare_umount(context);
	return r == 0 && !has_found_hidden(context) ? 0
						    : prepare_in_order(command, operand, status);
}

/* The steps of mnt_context_umount() that follow. */
static int finish(struct libmnt_context *context)
{
	int r = mnt_context_do_umount(context);

	return r ? r : mnt_context_finalize_umount(context);
}

static int finish_as_allowed(struct libmnt_context *context, struct users_operand *operand)
{
	return mnt_context_is_restricted(context) && is_set_user_id()
		       ? restricted_umount(context, operand)
		       : finish(context);
}

/* How many lines utab has for the path, if libmount could remove another mount's line: it removes
 * the last of a path, and after a helper that has removed one, another. Else 0. With --read-only
 * the mount may stay. */
static size_t count_several_lines(struct libmnt_context *context)
{
	size_t count;

	if (mnt_fs_get_id(mnt_context_get_fs(context)) <= 0 || mnt_context_is_nomtab(context) ||
		mnt_context_is_fake(context) || mnt_context_is_rdonly_umount(context))
		return 0;
	count = utab_count(mnt_context_get_target(context));
	return count > 1 ? count : 0;
}

/* Whether the line of @gone is still one of the @count lines in utab. libmount has told a helper to
 * leave utab alone (-n), but not every helper does. One that failed has unmounted nothing. */
static bool has_left_line(struct libmnt_context *context, struct libmnt_fs *gone, size_t count)
{
	if (!mnt_context_helper_executed(context))
		return true;
	return mnt_context_get_helper_status(context) == 0 &&
	       utab_count(mnt_fs_get_target(gone)) >= count;
}

/* Unmount the mount that libmount has found, and remove its line from utab. Returns libmount's
 * answer. @status: MNT_EX_FILEIO, after a message, if the line could not be removed. */
static int unmount(struct libmnt_context *context, struct users_operand *operand, int *status)
{
	struct libmnt_ns *before = mnt_context_switch_target_ns(context);
	size_t count = count_several_lines(context);
	struct libmnt_fs *gone = NULL;
	int r;

	if (count > 0)
		gone = mnt_copy_fs(NULL, mnt_context_get_fs(context));
	if (gone)
		mnt_context_disable_mtab(context, true);
	r = finish_as_allowed(context, operand);
	if (gone) {
		mnt_context_disable_mtab(context, false);
		if (r == 0 && has_left_line(context, gone, count) && utab_drop(gone) < 0) {
			warnx(_("%s: unmounted, but /run/mount/utab could not be brought up to "
				"date"),
				mnt_fs_get_target(gone));
			*status = MNT_EX_FILEIO;
		}
		mnt_unref_fs(gone);
	}
	mnt_context_switch_ns(context, before);
	return r;
}

int umount_one(struct command *command, const char *operand)
{
	struct libmnt_context *context = command->context;
	_cleanup_free_ char *resolved = NULL;
	_cleanup_(users_operand_clear) struct users_operand users = {.held = HELD_NOTHING};
	int result, status = MNT_EX_SUCCESS, utab_status = MNT_EX_SUCCESS;

	/* The path is resolved with the user's rights. Otherwise messages would tell the user
	 * whether files exist in directories that the user can't read. */
	if (mnt_context_is_restricted(context)) {
		resolved = resolve_as_caller(operand);
		if (!resolved && command->graceful && (errno == ENOENT || errno == ENOTDIR))
			return MNT_EX_SUCCESS;
		if (!resolved)
			err(MNT_EX_USAGE, "%s", operand);
		/* Held before libmount reads its table, so that the id there is this mount's. */
		users.path = resolved;
		if (is_set_user_id())
			held_mount_open(&users.held, resolved);
	}
	result = prepare(command, resolved ? resolved : operand, &status);
	if (status != MNT_EX_SUCCESS) {
		mnt_reset_context(context);
		return status;
	}
	if (result == 0)
		result = unmount(context, &users, &utab_status);
	/* If the user has replaced a directory of the path meanwhile, libmount's path is where it
	 * leads now, which the user may not be allowed to know. */
	if (result != 0 && is_set_user_id() && mnt_context_set_target(context, resolved) != 0)
		out_of_memory();
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
	return status ? status : utab_status;
}

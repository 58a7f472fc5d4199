/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mount(8): attach a filesystem to the file tree, or beneath what is mounted there.
 *
 * The program reads its command line (mount-rows.c), lets libmount do the work, and prints the
 * result (mount-report.c). The list of mounts is in mount-list.c, --all in mount-all.c, --tuck in
 * mount-tuck.c, and what fstab grants to users in restricted/. This file decides which of them the
 * command line asks for.
 */
#include <config.h>

#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "cli/namespace-option.h"
#include "cli/start.h"
#include "commands.h"
#include "i18n.h"
#include "kernel.h"
#include "mount/mount-all.h"
#include "mount/mount-group.h"
#include "mount/mount-list.h"
#include "mount/mount-remount.h"
#include "mount/mount-replace.h"
#include "mount/mount-report.h"
#include "mount/mount-rows.h"
#include "mount/mount-tuck.h"
#include "mount/mount-utab.h"
#include "mount/newer-options.h"
#include "restricted/hand-over.h"
#include "restricted/privileges.h"
#include "restricted/restricted.h"
#include "tuck/act-json.h"
#include "tuck/stage-attach.h"
#include "tuck/tuck-request.h"
#include "util.h"
#include "words.h"

/* In restricted mode, a path is resolved with the user's rights. Otherwise messages would tell the
 * user whether files exist in directories that the user can't read. */
static char *checked_path(struct command *command, const char *path)
{
	char *resolved = NULL;

	if (mnt_context_is_restricted(command->context) && !mnt_tag_is_valid(path)) {
		resolved = resolve_as_caller(path);
		if (!resolved)
			drop_privileges(command->context);
	}
	return resolved ? resolved : strdup(path);
}

static void set_path(struct command *command,
	int (*set)(struct libmnt_context *context, const char *path), const char *path)
{
	char *checked = checked_path(command, path);

	if (!checked || set(command->context, checked) != 0)
		out_of_memory();
	free(checked);
}

static bool is_remount(const struct command *command)
{
	return command->options &&
	       mnt_optstr_get_option(command->options, "remount", NULL, NULL) == 0;
}

/* Set the context's source and target from options and operands. A single operand may be either;
 * libmount finds out which when it reads fstab. */
static void set_operands(struct command *command, int argc, char **argv)
{
	const char *source = command->tag ? command->tag : command->source;
	const char *target = command->target;

	if (argc == 2 && !source && !target) {
		source = argv[0];
		target = argv[1];
	} else if (argc == 1 && !target) {
		if (source && mnt_tag_is_valid(argv[0]))
			errx(MNT_EX_USAGE, _("source specified more than once"));
		target = argv[0];
	} else if (argc == 1 && !source) {
		source = argv[0];
	} else if (argc != 0 || (!source && !target)) {
		usage_error();
	}
	if (source)
		set_path(command, mnt_context_set_source, source);
	else if (!command->tuck &&
		 (command->operation ? !is_remount(command) : command->propagation))
		/* This changes an existing mount, so fstab does not matter. A remount of the mount
		 * alone ("--bind -o remount") keeps what libmount finds in the tables. */
		mnt_context_set_optsmode(command->context, MNT_OMODE_NOTAB);
	if (target)
		set_path(command, mnt_context_set_target, target);
}

static void set_options_mode(struct command *command)
{
	int mode = command->options_mode ? command->options_mode : MNT_OMODE_PREPEND;

	if (!command->options_mode && !command->options_source && !command->options_source_force)
		return;
	if (command->options_source)
		mode |= command->options_source;
	else
		mode |= MNT_OMODE_FSTAB | MNT_OMODE_MTAB;
	if (command->options_source_force || (command->options_source & MNT_OMODE_NOTAB))
		mode |= MNT_OMODE_FORCE;
	mnt_context_set_optsmode(command->context, mode);
}

/* As in util-linux, --bind, --rbind and --move take the source as an operand, and no type. With
 * --tuck they say what to make of a source, however it is named. */
static void check_operation(const struct command *command)
{
	if (command->operation && !command->tuck &&
		(command->types || command->source || command->tag))
		usage_error();
}

/* One type is the type to mount. Several types or a negation are a pattern, and so is any --types
 * with --all. */
static void set_types(struct command *command)
{
	int r;

	if (!command->types)
		return;
	if (command->all || strchr(command->types, ',') || strncmp(command->types, "no", 2) == 0)
		r = mnt_context_set_fstype_pattern(command->context, command->types);
	else
		r = mnt_context_set_fstype(command->context, command->types);
	if (r != 0)
		out_of_memory();
}

static void enter_namespace(struct command *command)
{
	_cleanup_close_ int fd = command->mntns ? namespace_open(command->mntns) : -1;

	if (command->mntns && fd < 0)
		exit(MNT_EX_SYSERR);
	if (command->mntns && mnt_context_set_target_ns(command->context, command->mntns) != 0)
		err(MNT_EX_SYSERR, _("failed to set target namespace to %s"), command->mntns);
	if (command->mntns && words_enter_namespace(command->mntns) < 0)
		out_of_memory();
}

/* ---- options: they are kept as they were written until all of them are known ---- */

/* --map-users and --map-groups together are one mount option. */
static void add_map(struct command *command)
{
	char *option;

	if (!command->map)
		return;
	if (asprintf(&option, "X-mount.idmap=\"%s\"", command->map) < 0 ||
		mnt_optstr_append_option(&command->options, option, NULL) != 0)
		out_of_memory();
	free(option);
}

/* "-o move" means --move, though libmount has no such mount option. */
static void take_move(struct command *command)
{
	if (!command->options || mnt_optstr_get_option(command->options, "move", NULL, NULL) != 0)
		return;
	if (mnt_optstr_remove_option(&command->options, "move") != 0)
		out_of_memory();
	command->operation = MS_MOVE;
}

static void set_options(struct command *command)
{
	take_move(command);
	refuse_newer_options(command->options, /* has_recursive= */ command->tuck);
	add_map(command);
	if (command->options && mnt_context_append_options(command->context, command->options) != 0)
		out_of_memory();
	if (command->operation)
		mnt_context_set_mflags(command->context, command->operation);
	set_options_mode(command);
}

static bool has_options(const struct command *command)
{
	return command->options && *command->options;
}

/* ---- jobs ---- */

/* Whether fstab grants the mount to users, and the system's own set-user-ID mount can make it. */
static bool is_for_system_mount(struct libmnt_context *context)
{
	return mnt_context_is_restricted(context) && !is_set_user_id() && !kernel_may_mount() &&
	       can_hand_over(SYSTEM_MOUNT) && granted_entry(context);
}

typedef int mount_function(struct libmnt_context *context);

static mount_function *choose_function(struct command *command)
{
	struct libmnt_context *context = command->context;

	if (mnt_context_is_restricted(context))
		return is_set_user_id() ? restricted_mount : mnt_context_mount;
	if (!has_subdirectory(context))
		return mnt_context_mount;
	if (command->mntns)
		errx(MNT_EX_USAGE, _("X-mount.subdir goes with --namespace only for a tuck"));
	return mount_subdirectory;
}

static int mount_one(struct command *command)
{
	struct libmnt_context *context = command->context;
	int result, status, utab_status = MNT_EX_SUCCESS;

	if (is_for_system_mount(context))
		return hand_over(SYSTEM_MOUNT, command->argv);
	status = is_remount(command) ? prepare_remount(context) : MNT_EX_SUCCESS;
	if (status != MNT_EX_SUCCESS)
		return status;
	if (mnt_context_apply_fstab(context) == 0)
		drop_needless_subdirectory(context);
	result = mount_with_utab(context, choose_function(command), &utab_status);
	/* fstab does not grant it to users. The kernel may still allow it with the user's rights.
	 */
	if (result == -EPERM && mnt_context_is_restricted(context) &&
		!mnt_context_syscall_called(context)) {
		drop_privileges(context);
		mnt_context_reset_status(context);
		result = mnt_context_mount(context);
	}
	status = report_result(context, result);
	if (result == 0 && status == MNT_EX_SUCCESS && mnt_context_is_verbose(context))
		report_success(context);
	return status ? status : utab_status;
}

static int tuck(struct command *command, int argc, char **argv)
{
	const char *option = command->replace ? "--replace" : "--tuck";
	bool is_ordinary = false;
	int status;
	const struct tuck_command wishes = {
		.reveal = command->reveal,
		.reveal_how = command->reveal_how,
		.everywhere = command->everywhere,
		.carry = command->carry,
		.kernel_rules = command->kernel_rules,
		.source_from_caller = command->source_from_caller,
		.wait = command->wait,
		.try = command->try,
		.json = command->json,
		.from_base = command->from_base,
		.options = command->options,
		.mntns = command->mntns,
	};

	if (command->everywhere && !command->reveal)
		errx(MNT_EX_USAGE, _("--everywhere goes with --tuck --reveal, or --replace"));
	if (command->all)
		errx(MNT_EX_USAGE, _("%s mounts one filesystem: it doesn't go with --all"), option);
	if (is_remount(command))
		errx(MNT_EX_USAGE, _("%s attaches a new mount: it doesn't go with -o remount"),
			option);
#ifdef HAVE_MNT_CONTEXT_ENABLE_ONLYONCE
	if (mnt_context_is_onlyonce(command->context))
		errx(MNT_EX_USAGE,
			_("%s goes beneath what is mounted: it doesn't go with --onlyonce"),
			option);
#endif
	if (argc == 0 && !command->tag && !command->source && !command->target)
		errx(MNT_EX_USAGE, _("%s needs a source and a target, or one that fstab has"),
			option);
	set_operands(command, argc, argv);
	if (!command->replace)
		return mount_tuck(command->context, &wishes);
	status = mount_replace(command->context, &wishes, &is_ordinary);
	if (!is_ordinary)
		return status;
	enter_namespace(command);
	status = mount_one(command);
	if (command->json)
		act_json_nothing_replaced(mnt_context_get_target(command->context),
			status == MNT_EX_SUCCESS && !mnt_context_is_fake(command->context), status);
	return status;
}

static int set_group(const struct command *command, int argc, char **argv)
{
	const struct group_request request = {
		.from = command->set_group,
		.target = command->target ? command->target : argv[0],
		.mntns = command->mntns,
		.options = command->options,
		.is_fake = mnt_context_is_fake(command->context),
	};

	if (command->tuck || command->replace || command->all || command->operation ||
		command->types || command->source || command->tag || argc + !!command->target != 1)
		errx(MNT_EX_USAGE, _("--set-group changes one mount: it takes one mount point, and "
				     "nothing to mount"));
	return mount_set_group(&request);
}

static int run_command(struct command *command, int argc, char **argv)
{
	struct libmnt_context *context = command->context;
	int status;

	if (command->set_group)
		return set_group(command, argc, argv);
	set_options(command);
	if (command->replace)
		command->tuck = command->reveal = command->carry = true;
	/* Tags and links in these entries are resolved as in the system's fstab. */
	if (command->fstab)
		mnt_table_set_cache(command->fstab, mnt_context_get_cache(context));
	if (command->wait.is_wanted && !command->reveal)
		errx(MNT_EX_USAGE, _("--wait goes with --reveal"));
	if (!command->tuck) {
		if (command->reveal)
			errx(MNT_EX_USAGE,
				_("--reveal goes with --tuck; to take away what is on top "
				  "of a mount: %s --reveal TARGET"),
				command_name(COMMAND_UMOUNT));
		if (command->everywhere)
			errx(MNT_EX_USAGE,
				_("--everywhere goes with --tuck --reveal, or --replace"));
		if (command->from_base)
			errx(MNT_EX_USAGE, _("--from-base goes with --tuck"));
		if (command->json)
			errx(MNT_EX_USAGE, _("--json goes with --tuck"));
		if (command->try)
			errx(MNT_EX_USAGE, _("--try goes with --tuck"));
		if (command->carry)
			errx(MNT_EX_USAGE, _("--carry makes sense with --tuck only"));
		if (command->source_from_caller)
			errx(MNT_EX_USAGE, _("--source-namespace makes sense with --tuck only"));
		enter_namespace(command);
	}
	if (!command->tuck && !command->all && argc == 0 && !command->tag && !command->source &&
		!command->target && !has_options(command) && !command->operation) {
		/* To find labels, the sources of all mounts are opened. */
		if (mnt_context_is_restricted(context))
			drop_privileges(context);
		return list_mounts(command);
	}

	check_operation(command);
	set_types(command);
	if (command->tuck)
		return tuck(command, argc, argv);
	if (command->all) {
		if (command->operation)
			usage_error();
		if (is_remount(command))
			return remount_all(context);
		status = mount_all(context, &(const struct all_wishes){
						    .types = command->types,
						    .test_options = command->test_options,
						    .options = command->options,
						    .has_namespace = command->mntns,
					    });
	} else {
		set_operands(command, argc, argv);
		status = mount_one(command);
	}
	if (!command->fstab)
		report_stale_units();
	return status;
}

int main(int argc, char **argv)
{
	struct command command = {.argv = argv};
	int first;

	guard_privileges();
	command.context = program_start(COMMAND_MOUNT, argv);
	first = options_read(&mount_options, &command, argc, argv);
	/* The process's end releases everything. mnt_free_context() can't be called always:
	 * libmount (seen with 2.42) fails an assertion there if it has prepared a loop device, and
	 * another than libmount made the mount. */
	exit(run_command(&command, argc - first, argv + first));
}

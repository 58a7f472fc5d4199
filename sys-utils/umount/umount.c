/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * umount(8): detach filesystems from the file tree.
 *
 * The program reads its command line (umount-rows.c). This file decides which job it asks for: one
 * unmount for each operand (umount-one.c), several (umount-tree.c), --all (umount-all.c), or
 * --reveal or --beneath (umount-reveal.c).
 */
#include <config.h>

#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/namespace-option.h"
#include "cli/start.h"
#include "i18n.h"
#include "libmnttuck.h"
#include "restricted/privileges.h"
#include "umount/umount-all.h"
#include "umount/umount-one.h"
#include "umount/umount-reveal.h"
#include "umount/umount-rows.h"
#include "umount/umount-tree.h"
#include "util.h"
#include "words.h"

static unsigned int operations(const struct command *command)
{
	if (command->beneath)
		return command->beneath_all ? MNTTUCK_REMOVE_ALL : MNTTUCK_REMOVE_BENEATH;
	return MNTTUCK_REVEAL | command->reveal_how;
}

static int reveal_one(struct command *command, const char *target)
{
	const struct reveal_request request = {
		.target = target,
		.mntns = command->mntns,
		.operations = operations(command),
		.fake = mnt_context_is_fake(command->context),
		.verbose = mnt_context_is_verbose(command->context),
		.quiet = command->quiet,
		.wait = command->wait,
		.json = command->json,
		.carry = command->carry,
	};

	return umount_reveal(command->context, &request);
}

/* If it was done at some targets and failed at others, the status is MNT_EX_SOMEOK. Else it is that
 * of the first target that failed. */
static int reveal_each(struct command *command, int count, char **targets)
{
	int status = MNT_EX_SUCCESS;
	bool is_some_done = false;

	for (int i = 0; i < count; i++) {
		int one = reveal_one(command, targets[i]);

		is_some_done |=
			one == MNT_EX_SUCCESS || one == MNT_EX_SOMEOK || one == MNT_EX_FILEIO;
		status = status ?: one;
		if (one == MNT_EX_USER)
			break;
	}
	return status && is_some_done && count > 1 ? MNT_EX_SOMEOK : status;
}

/* As in util-linux, the statuses are added up; here at most to the greatest exit status. */
static int umount_each(struct command *command, int count, char **operands)
{
	enum { MOST = 255 };
	int status = MNT_EX_SUCCESS;

	for (int i = 0; i < count; i++) {
		if (command->all_targets)
			status += umount_all_targets(command, operands[i]);
		else if (command->recursive)
			status += umount_recursively(command, operands[i]);
		else
			status += umount_one(command, operands[i]);
	}
	return status < MOST ? status : MOST;
}

static void use_namespace(struct command *command)
{
	_cleanup_close_ int fd = namespace_open(command->mntns);

	if (fd < 0)
		exit(MNT_EX_SYSERR);
	if (mnt_context_set_target_ns(command->context, command->mntns) != 0)
		err(MNT_EX_SYSERR, _("failed to set target namespace to %s"), command->mntns);
	if (words_enter_namespace(command->mntns) < 0)
		out_of_memory();
}

static int run_command(struct command *command, int count, char **operands)
{
	bool is_reveal = command->reveal || command->beneath;

	if (command->mntns && !is_reveal)
		use_namespace(command);
	if (command->all) {
		if (count > 0) {
			warnx(_("--all takes no operands"));
			usage_hint();
		}
		return umount_all(command);
	}
	if (command->wait.is_wanted && !command->reveal)
		errx(MNT_EX_USAGE, _("--wait goes with --reveal"));
	if (command->json && !is_reveal)
		errx(MNT_EX_USAGE, _("--json goes with --reveal or --beneath"));
	if (command->json && count > 1)
		errx(MNT_EX_USAGE, _("--json prints one object: it goes with one mount point"));
	if (command->json && command->carry)
		errx(MNT_EX_USAGE, _("--json does not go with --carry"));
	if (command->carry && !command->reveal)
		errx(MNT_EX_USAGE, _("--carry goes with --reveal"));
	if (count == 0 && is_reveal)
		errx(MNT_EX_USAGE, _("%s needs a mount point"),
			command->reveal ? "--reveal" : "--beneath");
	if (count == 0)
		usage_error();
	return is_reveal ? reveal_each(command, count, operands)
			 : umount_each(command, count, operands);
}

int main(int argc, char **argv)
{
	struct command command = {.argv = argv};
	int first, status;

	guard_privileges();
	command.context = program_start(COMMAND_UMOUNT, argv);
	first = command.first_operand = options_read(&umount_options, &command, argc, argv);
	status = run_command(&command, argc - first, argv + first);
	command_release(&command);
	return status;
}

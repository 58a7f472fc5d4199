/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options of umount(8), one row each.
 *
 * Most rows switch something in libmount's context. --help, and getopt_long()'s list of candidates
 * for an ambiguous abbreviation, have the order of the rows.
 */
#include <config.h>

#include <err.h>
#include <getopt.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cli/context-rows.h"
#include "cli/namespace-option.h"
#include "cli/start.h"
#include "i18n.h"
#include "restricted/privileges.h"
#include "tuck/act.h"
#include "umount/umount-rows.h"

/* Every read_*() returns false if the argument is wrong. */

static bool read_types(struct command *command, const struct row *row, const char *argument)
{
	(void)row;
	command->types = argument;
	return true;
}

static bool read_test_options(struct command *command, const struct row *row, const char *argument)
{
	(void)row;
	command->test_options = argument;
	return mnt_context_set_options_pattern(command->context, argument) == 0;
}

static bool read_namespace(struct command *command, const struct row *row, const char *argument)
{
	(void)row;
	free(command->mntns);
	command->mntns = namespace_path(argument);
	return true;
}

static bool read_reveal(struct command *command, const struct row *row, const char *argument)
{
	(void)row;
	command->reveal = true;
	return reveal_read_how(argument, &command->reveal_how);
}

static bool read_wait(struct command *command, const struct row *row, const char *argument)
{
	(void)row;
	act_wait_read(&command->wait, argument);
	return true;
}

static bool read_beneath(struct command *command, const struct row *row, const char *argument)
{
	(void)row;
	command->beneath = true;
	command->beneath_all = argument != NULL;
	if (!argument || strcmp(argument, "all") == 0)
		return true;
	warnx(_("--beneath takes \"all\" or nothing, not \"%s\""), argument);
	return false;
}

static bool read_help(struct command *command, const struct row *row, const char *argument)
{
	(void)command, (void)row, (void)argument;
	print_help(&umount_options);
}

static bool read_version(struct command *command, const struct row *row, const char *argument)
{
	(void)command, (void)row, (void)argument;
	print_version();
}

enum {
	IS_ALL = 1 << 0,
	IS_ALL_TARGETS = 1 << 1,
	IS_READ_ONLY = 1 << 2,
	IS_TYPES = 1 << 3,
	IS_PLAIN = 1 << 4, /* excludes --reveal and --beneath, which take certain mounts, lazily */
	IS_REVEAL = 1 << 5,
};

static const struct row rows[] = {
	{.help = N_("What to unmount")},
	{"all", 'a', no_argument, .help = N_("everything that is mounted"),
		.flag = offsetof(struct command, all), .kinds = IS_ALL | IS_PLAIN},
	{"all-targets", 'A', no_argument, .help = N_("every mount of the same filesystem"),
		.flag = offsetof(struct command, all_targets), .kinds = IS_ALL_TARGETS | IS_PLAIN,
		.excludes = IS_ALL},
	{"fake", 0, no_argument, .help = N_("everything but the system calls that unmount"),
		.enable = mnt_context_enable_fake},
	{"test-opts", 'O', required_argument, "<list>",
		N_("with --all: only what has these options"), .read = read_test_options,
		.kinds = IS_PLAIN},
	{"types", 't', required_argument, "<list>", N_("with --all: only these types"),
		.read = read_types, .kinds = IS_TYPES | IS_PLAIN},

	{.help = N_("If the mount beneath will be visible (see mount_tuck(7))")},
	{"reveal", 0, optional_argument, "[=force|exact]", N_("unmount the top mount, or nothing"),
		.read = read_reveal, .kinds = IS_REVEAL, .excludes = IS_PLAIN, .added = true},
	{"json", 0, no_argument, .help = N_("with these: print rules and places as JSON"),
		.flag = offsetof(struct command, json), .excludes = IS_PLAIN, .added = true},
	{"carry", 0, no_argument, .help = N_("keep the mounts on the top"),
		.flag = offsetof(struct command, carry), .excludes = IS_PLAIN, .added = true},
	{"wait", 0, optional_argument, "[=<seconds>]", N_("then until the old filesystem is gone"),
		.read = read_wait, .excludes = IS_PLAIN, .added = true},
	{"beneath", 0, optional_argument, "[=all]", N_("unmount what lies beneath the top mount"),
		.read = read_beneath, .excludes = IS_PLAIN | IS_REVEAL, .added = true},

	{.help = N_("How")},
	{"no-canonicalize", 'c', no_argument, .help = N_("use every path as it is written"),
		.enable = mnt_context_disable_canonicalize, .anyone = true},
	{"detach-loop", 'd', no_argument, .help = N_("free the loop device, too"),
		.enable = mnt_context_enable_loopdel, .anyone = true},
	{"force", 'f', no_argument, .help = N_("give up on a server that doesn't answer (NFS)"),
		.enable = mnt_context_enable_force, .kinds = IS_PLAIN},
	{"graceful", 0, no_argument, .help = N_("success if it is not mounted"),
		.flag = offsetof(struct command, graceful), .kinds = IS_PLAIN, .anyone = true,
		.added = true},
	{"internal-only", 'i', no_argument, .help = N_("without an umount.<type> helper"),
		.enable = mnt_context_disable_helpers, .kinds = IS_PLAIN, .anyone = true},
	{"lazy", 'l', no_argument, .help = N_("remove it now, release it when it is unused"),
		.enable = mnt_context_enable_lazy, .anyone = true},
	{"no-mtab", 'n', no_argument, .help = N_("leave its record below /run/mount"),
		.enable = mnt_context_disable_mtab},
	{"namespace", 'N', required_argument, "<pid|ns|path>", N_("in another mount namespace"),
		.read = read_namespace},
	{"read-only", 'r', no_argument, .help = N_("if it is busy, make it read-only"),
		.enable = mnt_context_enable_rdonly_umount, .kinds = IS_READ_ONLY | IS_PLAIN},
	{"recursive", 'R', no_argument, .help = N_("with all mounts below it"),
		.flag = offsetof(struct command, recursive), .kinds = IS_PLAIN,
		.excludes = IS_ALL | IS_READ_ONLY | IS_TYPES},
	{"verbose", 'v', no_argument, .help = N_("say what is done"),
		.enable = mnt_context_enable_verbose, .anyone = true},
	{"quiet", 'q', no_argument, .help = N_("print nothing if it is not mounted"),
		.flag = offsetof(struct command, quiet), .anyone = true},
	{"help", 'h', no_argument, .help = N_("this text"), .read = read_help, .anyone = true},
	{"version", 'V', no_argument, .help = N_("versions and features"), .read = read_version,
		.anyone = true},
};

static void apply_to_context(struct command *command, const struct row *row, const char *argument)
{
	if (mnt_context_is_restricted(command->context) && !row->anyone)
		drop_privileges(command->context);
	context_row_apply(command->context, row, argument);
}

const struct option_table umount_options = {
	.rows = rows,
	.count = sizeof(rows) / sizeof(rows[0]),
	.help_column = 34,
	.separator = ' ',
	.before = apply_to_context,
	.usage = N_("Usage:\n"
		    " {} [options] <mountpoint>|<source>...   unmount these\n"
		    " {} -R [options] <mountpoint>...         and what is mounted below them\n"
		    " {} -A [options] <mountpoint>|<source>...\n"
		    "                                             wherever they are mounted\n"
		    " {} -a [-t <types>] [-O <options>]       unmount everything\n"
		    " {} --reveal[=force] <mountpoint>...     show what lies beneath\n"
		    " {} --beneath[=all] <mountpoint>...      take away what lies beneath"),
	.more = N_("\nMore is in umount(8), and mount_tuck(7) about --reveal and --beneath."),
};

void command_release(struct command *command)
{
	mnt_free_context(command->context);
	free(command->mntns);
}

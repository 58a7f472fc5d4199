/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options of findmnt(8), one row each. The order of the rows is the order of --help.
 */
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "findmnt/findmnt-rows.h"
#include "findmnt/namespace-task.h"
#include "findmnt/request.h"
#include "i18n.h"
#include "namespace-number.h"
#include "util.h"

enum {
	GROUP_PATHS = 1 << 0,
	GROUP_EVALUATE = 1 << 1,
	GROUP_FORM = 1 << 2,
	GROUP_LIST = 1 << 3,
	GROUP_SOURCE = 1 << 4,
	GROUP_PLACE = 1 << 5,
	GROUP_POLL_FILTER = 1 << 6,
	GROUP_POLL_FSTAB = 1 << 7,
	GROUP_POLL_VERIFY = 1 << 8,
	GROUP_KIND = 1 << 9,
	GROUP_VIEW = 1 << 10,
};

/* Every read_*() ends the program if the argument makes no sense. */

static bool read_text(struct command *command, const struct row *row, const char *argument)
{
	*(const char **)((char *)command + row->member) = argument;
	return true;
}

static bool read_another_text(struct command *command, const struct row *row, const char *argument)
{
	struct text_list *texts = (struct text_list *)((char *)command + row->member);

	texts->list = reallocarray(texts->list, texts->count + 1, sizeof(*texts->list));
	if (!texts->list)
		err(EXIT_FAILURE, NULL);
	texts->list[texts->count++] = argument;
	return true;
}

static bool read_source(struct command *command, const struct row *row, const char *argument)
{
	(void)argument;
	command->from.source = (enum source)row->flags;
	command->from.source_given = true;
	return true;
}

static bool read_kernel(struct command *command, const struct row *row, const char *argument)
{
	(void)row;
	command->from.source_given = true;
	if (!argument || strcmp(argument, "mountinfo") == 0)
		command->from.source = SOURCE_KERNEL;
	else if (strcmp(argument, "listmount") == 0)
		command->from.source = SOURCE_LISTMOUNT;
	else
		errx(EXIT_FAILURE, _("--kernel takes \"mountinfo\" or \"listmount\", not \"%s\""),
			argument);
	return true;
}

static bool read_form(struct command *command, const struct row *row, const char *argument)
{
	(void)argument;
	command->look.form = (enum form)row->flags;
	return true;
}

static bool read_df(struct command *command, const struct row *row, const char *argument)
{
	(void)argument;
	if (command->look.df != DF_INODES)
		command->look.df = (enum df)row->flags;
	command->want.only_df = true;
	return true;
}

static bool read_direction(struct command *command, const struct row *row, const char *argument)
{
	(void)row;
	command->want.backward = strcmp(argument, "backward") == 0;
	if (!command->want.backward && strcmp(argument, "forward") != 0)
		errx(EXIT_FAILURE, _("--direction takes \"forward\" or \"backward\", not \"%s\""),
			argument);
	return true;
}

static bool read_id(struct command *command, const struct row *row, const char *argument)
{
	unsigned long long number;

	(void)row;
	if (!option_number(argument, INT32_MAX, &number))
		errx(EXIT_FAILURE, _("--id takes a number from the column ID, not \"%s\""),
			argument);
	command->want.by_id = true;
	command->want.id = (int)number;
	return true;
}

static bool read_unique_id(struct command *command, const struct row *row, const char *argument)
{
	unsigned long long number;

	(void)row;
	if (!option_number(argument, UINT64_MAX, &number))
		errx(EXIT_FAILURE,
			_("--uniq-id takes a number from the column UNIQ-ID, not \"%s\""),
			argument);
	command->want.by_unique_id = true;
	command->want.unique_id = number;
	return true;
}

static bool read_task(struct command *command, const struct row *row, const char *argument)
{
	unsigned long long number;
	ino_t namespace;

	if (namespace_is_number(argument, &namespace))
		argument = namespace_task(namespace);
	else if (!option_number(argument, INT32_MAX, &number))
		errx(EXIT_FAILURE,
			_("--task takes the id of a process or thread, or the number of a mount "
			  "namespace, not \"%s\""),
			argument);
	read_another_text(command, row, argument);
	command->from.source = SOURCE_TASK;
	command->from.source_given = true;
	return true;
}

static bool read_poll(struct command *command, const struct row *row, const char *argument)
{
	(void)row;
	command->job.poll = true;
	command->job.poll_actions = argument;
	return true;
}

static bool read_propagation(struct command *command, const struct row *row, const char *argument)
{
	static const struct {
		const char *name;
		enum view view;
		bool of_mount;
	} views[] = {
		{"mounts", VIEW_MOUNTS, false},
		{"groups", VIEW_GROUPS, false},
		{"receivers", VIEW_RECEIVERS, false},
		{"receivers,mount", VIEW_RECEIVERS, true},
		{"dot", VIEW_DOT, false},
	};

	(void)row;
	for (size_t i = 0; i < ELEMENTS(views); i++)
		if (strcmp(argument ?: "mounts", views[i].name) == 0) {
			command->job.view = views[i].view;
			command->job.receivers_of_mount = views[i].of_mount;
			return true;
		}
	errx(EXIT_FAILURE, _("--propagation takes mounts, groups, receivers or dot, not \"%s\""),
		argument);
}

static bool read_tucked(struct command *command, const struct row *row, const char *argument)
{
	(void)row;
	(void)argument;
	command->job.view = VIEW_TUCKED;
	return true;
}

static bool read_wait(struct command *command, const struct row *row, const char *argument)
{
	unsigned long long number = 0;

	(void)row;
	if (argument && !option_number(argument, INT32_MAX / 1000, &number))
		errx(EXIT_FAILURE, _("--wait takes a number of seconds, not \"%s\""), argument);
	command->job.wait = true;
	command->job.wait_seconds = argument ? (int)number : -1;
	return true;
}

static bool read_timeout(struct command *command, const struct row *row, const char *argument)
{
	unsigned long long number;

	(void)row;
	if (!option_number(argument, INT32_MAX, &number))
		errx(EXIT_FAILURE, _("--timeout takes a number of milliseconds, not \"%s\""),
			argument);
	command->job.timeout = (int)number;
	return true;
}

/* libsmartcols before 2.42 prints no links: enough for "never", and for "auto" into a pipe. */
static bool read_hyperlink(struct command *command, const struct row *row, const char *argument)
{
	const char *when = argument ?: "auto";

	(void)row;
	if (strcmp(when, "always") != 0 && strcmp(when, "auto") != 0 && strcmp(when, "never") != 0)
		errx(EXIT_FAILURE, _("--hyperlink takes always, never or auto, not \"%s\""), when);
	command->look.links =
		strcmp(when, "always") == 0 || (strcmp(when, "auto") == 0 && isatty(STDOUT_FILENO));
#ifndef HAVE_SCOLS_COLUMN_SET_URI
	if (command->look.links)
		errx(EXIT_FAILURE, _("--hyperlink needs libsmartcols 2.42 or later, which this "
				     "findmnt is not built with"));
#endif
	return true;
}

static bool read_version(struct command *command, const struct row *row, const char *argument)
{
	(void)command;
	(void)row;
	(void)argument;
	printf("findmnt from %s\n", PACKAGE_STRING);
	exit(EXIT_SUCCESS);
}

static bool read_help(struct command *command, const struct row *row, const char *argument)
{
	(void)command, (void)row, (void)argument;
	print_help(&findmnt_options);
}

/* clang-format off */
#define FLAG(member_)  .flag = offsetof(struct command, member_)
#define TEXT(member_)  .has_arg = required_argument, .member = offsetof(struct command, member_), .read = read_text
#define TEXTS(member_) .has_arg = required_argument, .member = offsetof(struct command, member_), .read = read_another_text
/* Options of one of these groups can't be combined. */
#define GROUP(groups_) .kinds = (groups_), .excludes = (groups_)

static const struct row rows[] = {
	{ .help = N_("Where to look") },
	{ "kernel", 0, optional_argument, "[=METHOD]", N_("the kernel's table, read by mountinfo or listmount"), .read = read_kernel },
	{ NULL, 'k', no_argument, NULL, N_("the same as --kernel=mountinfo"), GROUP(GROUP_SOURCE), .flags = SOURCE_KERNEL, .read = read_source },
	{ "mtab", 'm', no_argument, NULL, N_("the kernel's table, and options kept in userspace"), GROUP(GROUP_SOURCE), .flags = SOURCE_MTAB, .read = read_source },
	{ "fstab", 's', no_argument, NULL, N_("/etc/fstab"), GROUP(GROUP_SOURCE | GROUP_POLL_FSTAB), .flags = SOURCE_FSTAB, .read = read_source },
	{ "tab-file", 'F', .argument = "FILE", .help = N_("a file of any of these forms"), TEXTS(from.files) },
	{ "task", 'N', required_argument, "TID|NS", N_("the mount namespace of another task"), GROUP(GROUP_SOURCE), .member = offsetof(struct command, from.tasks), .read = read_task },
	{ "poll", 'p', optional_argument, "[=ACTIONS]", N_("wait, and print each change: mount, umount ..."), GROUP(GROUP_POLL_FILTER | GROUP_POLL_FSTAB | GROUP_POLL_VERIFY), .read = read_poll },
	{ "timeout", 'w', required_argument, "MS", N_("give up --poll after so many milliseconds"), .read = read_timeout },

	{ .help = N_("What to look for") },
	{ "source", 'S', .argument = "SPEC", .help = N_("a device, MAJ:MIN, LABEL=, UUID=, PARTLABEL=, ..."), TEXT(want.source) },
	{ "target", 'T', .argument = "PATH", .help = N_("the filesystem that a file or directory is on"), GROUP(GROUP_PLACE), TEXT(want.target) },
	{ "mountpoint", 'M', .argument = "PATH", .help = N_("what is mounted at exactly this path"), GROUP(GROUP_PLACE), TEXT(want.mountpoint) },
	{ "types", 't', .argument = "LIST", .help = N_("filesystems of these types (no... : of all others)"), TEXT(want.types) },
	{ "options", 'O', .argument = "LIST", .help = N_("filesystems mounted with these options"), TEXT(want.options) },
	{ "id", 0, required_argument, "NUMBER", N_("the mount with this id"), .read = read_id },
	{ "uniq-id", 0, required_argument, "NUMBER", N_("the mount with this 64-bit id (see --kernel)"), .read = read_unique_id },
	{ "filter", 'Q', required_argument, "EXPR", N_("lines for which EXPR is true (libsmartcols 2.40)"), GROUP(GROUP_POLL_FILTER), .member = offsetof(struct command, look.filter), .read = read_text },
	{ "invert", 'i', .help = N_("mounts that do not match"), FLAG(want.invert) },
	{ "first-only", 'f', .help = N_("only the first that matches, of a stack the top"), FLAG(want.first_only) },
	{ "direction", 'd', required_argument, "WORD", N_("search the table forward or backward"), .read = read_direction },
	{ "submounts", 'R', .help = N_("with all mounts below those that match"), FLAG(want.submounts) },
	{ "all", 'A', .help = N_("all, also those that --df or --dfi leave out"), FLAG(want.all) },
	{ "real", 0, .help = N_("filesystems on a device or a server"), GROUP(GROUP_KIND), FLAG(want.only_real) },
	{ "pseudo", 0, .help = N_("filesystems that exist only in the kernel"), GROUP(GROUP_KIND), FLAG(want.only_pseudo) },
	{ "shadowed", 0, .help = N_("mounts with another one on top of them"), FLAG(want.only_shadowed) },
	{ "uniq", 'U', .help = N_("of the mounts at a path only the visible one"), FLAG(want.unique) },

	{ .help = N_("Propagation") },
	{ "propagation", 0, optional_argument, "[=VIEW]", N_("peer groups: mounts, groups, receivers or dot"), GROUP(GROUP_VIEW), .read = read_propagation },
	{ "tucked", 0, no_argument, NULL, N_("mounts with another one beneath them"), GROUP(GROUP_VIEW), .read = read_tucked },
	{ "namespaces", 0, .help = N_("these and --poll for every namespace you may see"), FLAG(from.all_namespaces) },
	{ "everywhere", 0, .help = N_("with --tucked: also with nothing beneath them"), FLAG(job.everywhere), .added = true },
	{ "wait", 0, optional_argument, "[=SECONDS]", N_("with --tucked: wait until the list is empty"), .read = read_wait },

	{ .help = N_("How to print it") },
	{ "output", 'o', .argument = "COLUMNS", .help = N_("these columns; +COLUMNS: these too"), TEXT(look.columns) },
	{ "output-all", 0, .help = N_("every column except those of --poll"), FLAG(look.output_all) },
	{ "list-columns", 'H', .help = N_("list the columns"), FLAG(job.list_columns) },
	{ "list", 'l', .help = N_("a list, not a tree"), GROUP(GROUP_LIST), FLAG(look.list) },
	{ "tree", 0, .help = N_("a tree, if the table tells parents"), FLAG(look.tree) },
	{ "json", 'J', no_argument, NULL, N_("JSON"), GROUP(GROUP_FORM), .flags = FORM_JSON, .read = read_form },
	{ "pairs", 'P', no_argument, NULL, N_("COLUMN=\"value\" pairs"), GROUP(GROUP_FORM | GROUP_LIST), .flags = FORM_PAIRS, .read = read_form },
	{ "raw", 'r', no_argument, NULL, N_("columns one space apart, escaped"), GROUP(GROUP_FORM | GROUP_LIST), .flags = FORM_RAW, .read = read_form },
	{ "shell", 'y', .help = N_("column names that can be a shell's variables"), FLAG(look.shell_names) },
	{ "df", 'D', no_argument, NULL, N_("the columns of df"), .flags = DF_BLOCKS, .read = read_df },
	{ "dfi", 'I', no_argument, NULL, N_("the columns of df -i"), .flags = DF_INODES, .read = read_df },
	{ "bytes", 'b', .help = N_("sizes in bytes"), FLAG(look.bytes) },
	{ "ascii", 'a', .help = N_("draw trees with ASCII characters"), FLAG(look.ascii) },
	{ "noheadings", 'n', .help = N_("leave out the line of column names"), FLAG(look.noheadings) },
	{ "notruncate", 'u', .help = N_("do not shorten text to fit the terminal"), FLAG(look.notruncate) },
	{ "hyperlink", 0, optional_argument, "[=WHEN]", N_("make paths links (always, never, auto)"), .read = read_hyperlink },
	{ "canonicalize", 'c', .help = N_("canonical paths of sources in the output"), GROUP(GROUP_PATHS), FLAG(look.canonicalize) },
	{ "nocanonicalize", 'C', .help = N_("compare and print paths as they are written"), GROUP(GROUP_PATHS | GROUP_EVALUATE), FLAG(want.nocanonicalize) },
	{ "evaluate", 'e', .help = N_("devices in place of LABEL=, UUID= and the like"), GROUP(GROUP_EVALUATE), FLAG(look.evaluate) },
	{ "nofsroot", 'v', .help = N_("no [/directory] after the source of a bind mount"), FLAG(look.no_fsroot) },
	{ "vfs-all", 0, .help = N_("all VFS-OPTIONS, the defaults too"), FLAG(look.vfs_all) },

	{ .help = N_("Other") },
	{ "verify", 'x', .help = N_("check a table (fstab) for mistakes"), GROUP(GROUP_FORM | GROUP_LIST | GROUP_POLL_VERIFY | GROUP_VIEW), FLAG(job.verify) },
	{ "verbose", 0, .help = N_("print more (--verify, --namespaces)"), FLAG(job.verbose) },
	{ "help", 'h', no_argument, NULL, N_("print this help"), .read = read_help },
	{ "version", 'V', no_argument, NULL, N_("print the version"), .read = read_version },
};
/* clang-format on */

const struct option_table findmnt_options = {
	.rows = rows,
	.count = ELEMENTS(rows),
	.usage = N_("Usage: {} [OPTION]... [DEVICE|MOUNTPOINT | DEVICE MOUNTPOINT]\n"
		    "List mounted filesystems, or find some of them."),
	.more = N_("\nThe columns: {} --list-columns. More: findmnt(8)."),
	.help_column = 28,
	.separator = '=',
};

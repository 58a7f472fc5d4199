/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * findmnt-options: the command line, as a table.
 *
 * A row is an option: its names, its argument, what it sets and the words of --help.
 * getopt_long()'s arrays are made from the table, so an option is added here and nowhere else.
 */
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "findmnt/findmnt.h"
#include "i18n.h"
#include "util.h"

/* Options of one group exclude each other. */
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

struct option_row {
	const char *name;
	int letter; /* 0: none */
	int argument;
	const char *argument_name;
	const char *help;
	unsigned int excludes;
	size_t member;
	int value;
	void (*set)(struct findmnt *findmnt, const struct option_row *row, const char *argument);
};

static void set_flag(struct findmnt *findmnt, const struct option_row *row, const char *argument)
{
	(void)argument;
	*(bool *)((char *)findmnt + row->member) = true;
}

static void set_text(struct findmnt *findmnt, const struct option_row *row, const char *argument)
{
	*(const char **)((char *)findmnt + row->member) = argument;
}

static void add_text(struct findmnt *findmnt, const struct option_row *row, const char *argument)
{
	struct text_list *texts = (struct text_list *)((char *)findmnt + row->member);

	texts->list = reallocarray(texts->list, texts->count + 1, sizeof(*texts->list));
	if (!texts->list)
		err(EXIT_FAILURE, NULL);
	texts->list[texts->count++] = argument;
}

static void set_source(struct findmnt *findmnt, const struct option_row *row, const char *argument)
{
	(void)argument;
	findmnt->source = (enum findmnt_source)row->value;
	findmnt->source_given = true;
}

static void set_kernel(struct findmnt *findmnt, const struct option_row *row, const char *argument)
{
	(void)row;
	findmnt->source_given = true;
	if (!argument || strcmp(argument, "mountinfo") == 0)
		findmnt->source = SOURCE_KERNEL;
	else if (strcmp(argument, "listmount") == 0)
		findmnt->source = SOURCE_LISTMOUNT;
	else
		errx(EXIT_FAILURE, _("--kernel takes \"mountinfo\" or \"listmount\", not \"%s\""),
			argument);
}

static void set_form(struct findmnt *findmnt, const struct option_row *row, const char *argument)
{
	(void)argument;
	findmnt->form = (enum findmnt_form)row->value;
}

static void set_df(struct findmnt *findmnt, const struct option_row *row, const char *argument)
{
	(void)argument;
	findmnt->df = (enum findmnt_df)row->value;
}

static void set_direction(
	struct findmnt *findmnt, const struct option_row *row, const char *argument)
{
	(void)row;
	findmnt->backward = strcmp(argument, "backward") == 0;
	if (!findmnt->backward && strcmp(argument, "forward") != 0)
		errx(EXIT_FAILURE, _("--direction takes \"forward\" or \"backward\", not \"%s\""),
			argument);
}

static bool parse_number(const char *text, unsigned long long limit, unsigned long long *number)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*number = strtoull(text, &end, 10);
	return !errno && !*end && *number <= limit;
}

static void set_id(struct findmnt *findmnt, const struct option_row *row, const char *argument)
{
	unsigned long long number;

	(void)row;
	if (!parse_number(argument, INT32_MAX, &number))
		errx(EXIT_FAILURE, _("--id takes a number from the column ID, not \"%s\""),
			argument);
	findmnt->match_id = argument;
	findmnt->id = (int)number;
}

static void set_unique_id(
	struct findmnt *findmnt, const struct option_row *row, const char *argument)
{
	unsigned long long number;

	(void)row;
	if (!parse_number(argument, UINT64_MAX, &number))
		errx(EXIT_FAILURE,
			_("--uniq-id takes a number from the column UNIQ-ID, not \"%s\""),
			argument);
	findmnt->match_unique_id = argument;
	findmnt->unique_id = number;
}

static void add_task(struct findmnt *findmnt, const struct option_row *row, const char *argument)
{
	unsigned long long number;

	if (!parse_number(argument, INT32_MAX, &number))
		errx(EXIT_FAILURE, _("--task takes the id of a process or thread, not \"%s\""),
			argument);
	add_text(findmnt, row, argument);
	findmnt->source = SOURCE_TASK;
	findmnt->source_given = true;
}

static void set_poll(struct findmnt *findmnt, const struct option_row *row, const char *argument)
{
	(void)row;
	findmnt->poll = true;
	findmnt->poll_actions = argument;
}

static void set_propagation(
	struct findmnt *findmnt, const struct option_row *row, const char *argument)
{
	static const struct {
		const char *name;
		enum findmnt_view view;
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
			findmnt->view = views[i].view;
			findmnt->receivers_of_mount = views[i].of_mount;
			return;
		}
	errx(EXIT_FAILURE, _("--propagation takes mounts, groups, receivers or dot, not \"%s\""),
		argument);
}

static void set_tucked(struct findmnt *findmnt, const struct option_row *row, const char *argument)
{
	(void)row;
	(void)argument;
	findmnt->view = VIEW_TUCKED;
}

static void set_wait(struct findmnt *findmnt, const struct option_row *row, const char *argument)
{
	unsigned long long number = 0;

	(void)row;
	if (argument && !parse_number(argument, INT32_MAX / 1000, &number))
		errx(EXIT_FAILURE, _("--wait takes a number of seconds, not \"%s\""), argument);
	findmnt->wait = true;
	findmnt->wait_seconds = argument ? (int)number : -1;
}

static void set_timeout(struct findmnt *findmnt, const struct option_row *row, const char *argument)
{
	unsigned long long number;

	(void)row;
	if (!parse_number(argument, INT32_MAX, &number))
		errx(EXIT_FAILURE, _("--timeout takes a number of milliseconds, not \"%s\""),
			argument);
	findmnt->timeout = (int)number;
}

/* With a libsmartcols older than 2.42, "never" and "auto" into a pipe are what it does anyway. */
static void set_hyperlink(
	struct findmnt *findmnt, const struct option_row *row, const char *argument)
{
	const char *when = argument ?: "auto";

	(void)row;
	if (strcmp(when, "always") != 0 && strcmp(when, "auto") != 0 && strcmp(when, "never") != 0)
		errx(EXIT_FAILURE, _("--hyperlink takes always, never or auto, not \"%s\""), when);
	findmnt->has_links =
		strcmp(when, "always") == 0 || (strcmp(when, "auto") == 0 && isatty(STDOUT_FILENO));
#ifndef HAVE_SCOLS_COLUMN_SET_URI
	if (findmnt->has_links)
		errx(EXIT_FAILURE, _("--hyperlink needs libsmartcols 2.42 or later, which this "
				     "findmnt is not built with"));
#endif
}

static void print_help(struct findmnt *findmnt, const struct option_row *row, const char *argument)
	__attribute__((noreturn));

static void print_version(
	struct findmnt *findmnt, const struct option_row *row, const char *argument)
{
	(void)findmnt;
	(void)row;
	(void)argument;
	printf("findmnt from %s\n", PACKAGE_STRING);
	exit(EXIT_SUCCESS);
}

/* clang-format off */
#define FLAG(member_)  .member = offsetof(struct findmnt, member_), .set = set_flag
#define TEXT(member_)  .argument = required_argument, .member = offsetof(struct findmnt, member_), .set = set_text
#define TEXTS(member_) .argument = required_argument, .member = offsetof(struct findmnt, member_), .set = add_text

static const struct option_row option_rows[] = {
	{ .help = N_("Where to look") },
	{ "kernel", 0, optional_argument, "METHOD", N_("the kernel's table, read by mountinfo or listmount"), .set = set_kernel },
	{ NULL, 'k', no_argument, NULL, N_("the same as --kernel=mountinfo"), GROUP_SOURCE, .value = SOURCE_KERNEL, .set = set_source },
	{ "mtab", 'm', no_argument, NULL, N_("the kernel's table, and options kept in userspace"), GROUP_SOURCE, .value = SOURCE_MTAB, .set = set_source },
	{ "fstab", 's', no_argument, NULL, N_("/etc/fstab"), GROUP_SOURCE | GROUP_POLL_FSTAB, .value = SOURCE_FSTAB, .set = set_source },
	{ "tab-file", 'F', .argument_name = "FILE", .help = N_("a file of any of these forms"), TEXTS(files) },
	{ "task", 'N', required_argument, "TID", N_("the mount namespace of another task"), GROUP_SOURCE, .member = offsetof(struct findmnt, tasks), .set = add_task },
	{ "poll", 'p', optional_argument, "ACTIONS", N_("wait, and print each mount, umount, move and remount"), GROUP_POLL_FILTER | GROUP_POLL_FSTAB | GROUP_POLL_VERIFY, .set = set_poll },
	{ "timeout", 'w', required_argument, "MS", N_("give up --poll after so many milliseconds"), .set = set_timeout },

	{ .help = N_("What to look for") },
	{ "source", 'S', .argument_name = "SPEC", .help = N_("a device, MAJ:MIN, LABEL=, UUID=, PARTLABEL=, ..."), TEXT(match_source) },
	{ "target", 'T', .argument_name = "PATH", .help = N_("the filesystem that a file or directory is on"), .excludes = GROUP_PLACE, TEXT(match_target) },
	{ "mountpoint", 'M', .argument_name = "PATH", .help = N_("what is mounted at exactly this path"), .excludes = GROUP_PLACE, TEXT(match_mountpoint) },
	{ "types", 't', .argument_name = "LIST", .help = N_("filesystems of these types (no... : of all others)"), TEXT(match_types) },
	{ "options", 'O', .argument_name = "LIST", .help = N_("filesystems mounted with these options"), TEXT(match_options) },
	{ "id", 0, required_argument, "NUMBER", N_("the mount with this id"), .set = set_id },
	{ "uniq-id", 0, required_argument, "NUMBER", N_("the mount with this 64-bit id (see --kernel)"), .set = set_unique_id },
	{ "filter", 'Q', required_argument, "EXPR", N_("lines for which EXPR is true (libsmartcols 2.40)"), GROUP_POLL_FILTER, offsetof(struct findmnt, filter), .set = set_text },
	{ "invert", 'i', .help = N_("mounts that do not match"), FLAG(invert) },
	{ "first-only", 'f', .help = N_("only the first that matches"), FLAG(first_only) },
	{ "direction", 'd', required_argument, "WORD", N_("search the table forward or backward"), .set = set_direction },
	{ "submounts", 'R', .help = N_("with all mounts below those that match"), FLAG(submounts) },
	{ "all", 'A', .help = N_("all, also those that --df or --dfi leave out"), FLAG(all) },
	{ "real", 0, .help = N_("filesystems on a device or a server"), .excludes = GROUP_KIND, FLAG(only_real) },
	{ "pseudo", 0, .help = N_("filesystems that exist only in the kernel"), .excludes = GROUP_KIND, FLAG(only_pseudo) },
	{ "shadowed", 0, .help = N_("mounts with another one on top of them"), FLAG(only_shadowed) },
	{ "uniq", 'U', .help = N_("of the mounts at a path only the top one"), FLAG(unique) },

	{ .help = N_("Propagation") },
	{ "propagation", 0, optional_argument, "VIEW", N_("peer groups: mounts, groups, receivers or dot"), GROUP_VIEW, .set = set_propagation },
	{ "tucked", 0, no_argument, NULL, N_("mounts with another one beneath them"), GROUP_VIEW, .set = set_tucked },
	{ "namespaces", 0, .help = N_("either view for every mount namespace you may see"), FLAG(all_namespaces) },
	{ "wait", 0, optional_argument, "SECONDS", N_("with --tucked: wait until the list is empty"), .set = set_wait },

	{ .help = N_("How to print it") },
	{ "output", 'o', .argument_name = "COLUMNS", .help = N_("these columns; +COLUMNS: these too"), TEXT(columns_wanted) },
	{ "output-all", 0, .help = N_("every column except those of --poll"), FLAG(output_all) },
	{ "list-columns", 'H', .help = N_("list the columns"), FLAG(list_columns) },
	{ "list", 'l', .help = N_("a list, not a tree"), .excludes = GROUP_LIST, FLAG(list) },
	{ "tree", 0, .help = N_("a tree, if the table tells parents"), FLAG(tree) },
	{ "json", 'J', no_argument, NULL, N_("JSON"), GROUP_FORM, .value = FORM_JSON, .set = set_form },
	{ "pairs", 'P', no_argument, NULL, N_("COLUMN=\"value\" pairs"), GROUP_FORM | GROUP_LIST, .value = FORM_PAIRS, .set = set_form },
	{ "raw", 'r', no_argument, NULL, N_("columns one space apart, escaped"), GROUP_FORM | GROUP_LIST, .value = FORM_RAW, .set = set_form },
	{ "shell", 'y', .help = N_("column names that can be a shell's variables"), FLAG(shell_names) },
	{ "df", 'D', no_argument, NULL, N_("the columns of df"), .value = DF_BLOCKS, .set = set_df },
	{ "dfi", 'I', no_argument, NULL, N_("the columns of df -i"), .value = DF_INODES, .set = set_df },
	{ "bytes", 'b', .help = N_("sizes in bytes"), FLAG(bytes) },
	{ "ascii", 'a', .help = N_("draw trees with ASCII characters"), FLAG(ascii) },
	{ "noheadings", 'n', .help = N_("leave out the line of column names"), FLAG(noheadings) },
	{ "notruncate", 'u', .help = N_("do not shorten text to fit the terminal"), FLAG(notruncate) },
	{ "hyperlink", 0, optional_argument, "WHEN", N_("make paths links (always, never, auto)"), .set = set_hyperlink },
	{ "canonicalize", 'c', .help = N_("canonical paths in the output"), .excludes = GROUP_PATHS, FLAG(canonicalize) },
	{ "nocanonicalize", 'C', .help = N_("compare and print paths as they are written"), .excludes = GROUP_PATHS | GROUP_EVALUATE, FLAG(nocanonicalize) },
	{ "evaluate", 'e', .help = N_("devices in place of LABEL=, UUID= and the like"), .excludes = GROUP_EVALUATE, FLAG(evaluate) },
	{ "nofsroot", 'v', .help = N_("no [/directory] after the source of a bind mount"), FLAG(no_fsroot) },
	{ "vfs-all", 0, .help = N_("all VFS-OPTIONS, the defaults too"), FLAG(vfs_all) },

	{ .help = N_("Other") },
	{ "verify", 'x', .help = N_("check a table (fstab) for mistakes"), .excludes = GROUP_FORM | GROUP_LIST | GROUP_POLL_VERIFY | GROUP_VIEW, FLAG(verify) },
	{ "verbose", 0, .help = N_("print more (--verify, --namespaces)"), FLAG(verbose) },
	{ "help", 'h', no_argument, NULL, N_("print this help"), .set = print_help },
	{ "version", 'V', no_argument, NULL, N_("print the version"), .set = print_version },
};
/* clang-format on */

#define OPTION_ROWS ELEMENTS(option_rows)
#define NO_LETTER   256 /* getopt_long()'s value for row n without a letter is NO_LETTER + n */

static bool is_section(const struct option_row *row)
{
	return !row->set;
}

static void print_help(struct findmnt *findmnt, const struct option_row *rows, const char *argument)
{
	(void)findmnt;
	(void)rows;
	(void)argument;
	printf(_("Usage: findmnt [OPTION]... [DEVICE|MOUNTPOINT | DEVICE MOUNTPOINT]\n"
		 "List mounted filesystems, or find some of them.\n"));
	for (const struct option_row *row = option_rows; row < option_rows + OPTION_ROWS; row++) {
		char names[64] = "";

		if (is_section(row)) {
			printf("\n%s:\n", _(row->help));
			continue;
		}
		snprintf(names, sizeof(names), "%s%s%s%s%s%s", row->name ? "--" : "",
			row->name ?: "", row->argument == optional_argument ? "[" : "",
			row->argument_name ? "=" : "", row->argument_name ?: "",
			row->argument == optional_argument ? "]" : "");
		printf(" %c%c%c %-22s %s\n", row->letter ? '-' : ' ', row->letter ?: ' ',
			row->letter && row->name ? ',' : ' ', names, _(row->help));
	}
	printf(_("\nThe columns: findmnt --list-columns. More: findmnt(8).\n"));
	exit(EXIT_SUCCESS);
}

static const char *option_name(const struct option_row *row)
{
	static char name[64];

	if (row->name)
		snprintf(name, sizeof(name), "--%s", row->name);
	else
		snprintf(name, sizeof(name), "-%c", row->letter);
	return name;
}

/* Exits if @row can't go with what was given before it. */
static void check_exclusive(const struct option_row **given, const struct option_row *row)
{
	for (unsigned int group = 0; row->excludes >> group; group++) {
		if (!(row->excludes >> group & 1))
			continue;
		if (given[group] && given[group] != row) {
			char first[64];

			snprintf(first, sizeof(first), "%s", option_name(given[group]));
			errx(EXIT_FAILURE, _("options %s and %s cannot be combined"), first,
				option_name(row));
		}
		given[group] = row;
	}
}

static void make_getopt_tables(char *letters, struct option *longs)
{
	for (size_t i = 0; i < OPTION_ROWS; i++) {
		const struct option_row *row = &option_rows[i];

		if (is_section(row))
			continue;
		if (row->letter) {
			*letters++ = (char)row->letter;
			for (int colons = 0; colons < row->argument; colons++)
				*letters++ = ':';
		}
		if (row->name)
			*longs++ = (struct option){
				.name = row->name,
				.has_arg = row->argument,
				.val = row->letter ?: NO_LETTER + (int)i,
			};
	}
	*letters = '\0';
	*longs = (struct option){0};
}

static const struct option_row *option_of_value(int value)
{
	if (value >= NO_LETTER)
		return &option_rows[value - NO_LETTER];
	for (size_t i = 0; i < OPTION_ROWS; i++)
		if (option_rows[i].letter == value)
			return &option_rows[i];
	return NULL;
}

int findmnt_parse_options(struct findmnt *findmnt, int argc, char **argv)
{
	const struct option_row *given[32] = {0};
	struct option longs[OPTION_ROWS + 1];
	char letters[3 * OPTION_ROWS + 1];
	int value;

	make_getopt_tables(letters, longs);
	while ((value = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		const struct option_row *row = option_of_value(value);

		if (!row) {
			fprintf(stderr, _("Try '%s --help' for more information.\n"),
				program_invocation_short_name);
			exit(EXIT_FAILURE);
		}
		check_exclusive(given, row);
		row->set(findmnt, row, optarg);
	}
	return optind;
}

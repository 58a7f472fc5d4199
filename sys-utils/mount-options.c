/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading the command line by the table of options (mount-rows.c), and writing --help from it.
 *
 * Abbreviations: scripts may have shortened a long option as far as util-linux lets them, and a new
 * option must not make such a word ambiguous. So getopt_long() sees the new names (rows marked
 * .added) only for a word that is a prefix of no other: --so stays --source, --tu is --tuck.
 */
#include <config.h>

#include <assert.h>
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mount-options.h"
#include "mount-privileges.h"
#include "mount-rows.h"

bool print_help(struct command *command, const struct row *row, const char *argument)
{
	static const char indent[] = "                                  ";

	(void)command, (void)row, (void)argument;
	puts("Usage:\n"
	     " mount [-l] [-t <type>]                      list the mounts\n"
	     " mount -a [-F] [-t <type>] [-O <options>]    mount what fstab lists\n"
	     " mount [options] <source> <target>           mount one filesystem\n"
	     " mount [options] <source>|<target>           the same, the rest from fstab\n"
	     " mount --tuck [options] <source> <target>    beneath what is mounted there\n"
	     " mount --make-... <mountpoint>               change how mounts propagate");
	for (row = rows; row < rows + row_count; row++) {
		int width;

		if (!row->help)
			continue;
		if (!row->read) {
			printf("\n%s:\n", row->help);
			continue;
		}
		width = row->letter ? printf(" -%c%s", row->letter, row->name ? ", " : "")
				    : printf("     ");
		if (row->name)
			width += printf("--%s", row->name);
		if (row->argument)
			width += printf("%s%s", row->has_arg == required_argument ? " " : "",
				row->argument);
		if (width > (int)sizeof(indent) - 2) {
			putchar('\n');
			width = 0;
		}
		printf("%s%s\n", *row->help ? indent + width : "", row->help);
	}
	puts("\nA source may also be LABEL=, UUID=, PARTLABEL=, PARTUUID= or ID=<name>.\n"
	     "More is in mount(8), and mount_tuck(7) about --tuck.");
	exit(MNT_EX_SUCCESS);
}

bool print_version(struct command *command, const struct row *row, const char *argument)
{
	const char *linked, **features, *separator = ": ";

	(void)command, (void)row, (void)argument;
	mnt_get_library_version(&linked);
	mnt_get_library_features(&features);
	printf("%s from %s (libmount %s", program_invocation_short_name, PACKAGE_STRING, linked);
	for (; features && *features; features++, separator = ", ")
		printf("%s%s", separator, *features);
	puts(")");
	exit(MNT_EX_SUCCESS);
}

_Noreturn void usage_error(void)
{
	warnx("bad usage");
	fprintf(stderr, "Try '%s --help' for more information.\n", program_invocation_short_name);
	exit(MNT_EX_USAGE);
}

/* getopt_long()'s value for a row: its letter, which its synonyms share, or a number beyond. */
static int row_value(size_t index)
{
	return rows[index].letter ? rows[index].letter : 256 + (int)index;
}

static const struct row *row_of_value(int value)
{
	for (size_t i = 0; i < row_count; i++)
		if (rows[i].read && row_value(i) == value)
			return &rows[i];
	return NULL;
}

enum { MOST_ROWS = 80 };

/* The forms of the table that getopt_long() takes. */
struct getopt_tables {
	char letters[3 * MOST_ROWS + 1];
	struct option old[MOST_ROWS + 1]; /* without the rows marked .added */
	struct option full[MOST_ROWS + 1];
};

static void fill_tables(struct getopt_tables *tables)
{
	struct option *old = tables->old, *full = tables->full;
	char *letter = tables->letters;

	assert(row_count <= MOST_ROWS);
	for (size_t i = 0; i < row_count; i++) {
		const struct row *row = &rows[i];
		struct option option = {row->name, row->has_arg, NULL, row_value(i)};

		if (row->name) {
			*full++ = option;
			if (!row->added)
				*old++ = option;
		}
		if (row->letter) {
			*letter++ = (char)row->letter;
			for (int n = row->has_arg; n > 0; n--)
				*letter++ = ':';
		}
	}
	*letter = '\0';
	*old = *full = (struct option){};
}

/* The table for the next word that getopt_long() will read as an option: the old one if the word
 * abbreviates an option in it. */
static const struct option *table_for(const struct getopt_tables *tables, int argc, char **argv)
{
	int next = optind ? optind : 1;
	const char *word;
	size_t length;

	while (next < argc && (argv[next][0] != '-' || argv[next][1] == '\0'))
		next++; /* an operand, which getopt_long() passes over */
	if (next >= argc || argv[next][1] != '-')
		return tables->old;
	word = argv[next] + 2;
	length = strcspn(word, "=");
	for (const struct option *option = tables->old; option->name; option++)
		if (strncmp(option->name, word, length) == 0)
			return tables->old;
	return tables->full;
}

/* Among options of one group, the second that differs is refused. */
static void choose_one(struct command *command, const struct row *row)
{
	const char **chosen = &command->chosen[row->group];

	if (row->group == GROUP_NONE)
		return;
	if (*chosen && strcmp(*chosen, row->name) != 0)
		errx(MNT_EX_USAGE, "options --%s and --%s cannot be combined", *chosen, row->name);
	*chosen = row->name;
}

int command_read(struct command *command, int argc, char **argv)
{
	struct getopt_tables tables;
	int value;

	mnt_context_set_tables_errcb(command->context, skip_bad_line);
	fill_tables(&tables);
	while ((value = getopt_long(
			argc, argv, tables.letters, table_for(&tables, argc, argv), NULL)) != -1) {
		const struct row *row = row_of_value(value);

		if (!row) {
			fprintf(stderr, "Try '%s --help' for more information.\n",
				program_invocation_short_name);
			exit(MNT_EX_USAGE);
		}
		if (mnt_context_is_restricted(command->context) && !row->anyone)
			drop_privileges(command->context);
		choose_one(command, row);
		if (!row->read(command, row, optarg))
			usage_error();
	}
	return optind;
}

void command_release(struct command *command)
{
	mnt_unref_table(command->fstab);
	mnt_free_context(command->context);
	free(command->tag);
	free(command->mntns);
	free(command->map);
}

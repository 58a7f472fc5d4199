/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading a command line by a program's table of options (mount-rows.c, umount-rows.c), and writing
 * --help from it.
 *
 * Abbreviations: scripts may have shortened a long option as far as util-linux lets them, and a new
 * option must not make such a word ambiguous. So getopt_long() sees the new names (rows marked
 * .added) only for a word that is a prefix of no other: --so stays --source, --tu is --tuck.
 *
 * Options that can't go together: a row says of which kinds it is and which kinds it excludes, and
 * it is enough if one of the two says so.
 */
#include <config.h>

#include <assert.h>
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "cli/start.h"
#include "i18n.h"
#include "restricted/privileges.h"

static bool is_heading(const struct row *row)
{
	return !row->name && !row->letter;
}

void print_help(const struct option_table *table)
{
	static const char indent[] = "                                  ";

	puts(_(table->usage));
	for (const struct row *row = table->rows; row < table->rows + table->count; row++) {
		int width;

		if (!row->help)
			continue;
		if (is_heading(row)) {
			printf("\n%s:\n", _(row->help));
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
		printf("%s%s\n", *row->help ? indent + width : "", *row->help ? _(row->help) : "");
	}
	puts(_(table->more));
	exit(MNT_EX_SUCCESS);
}

void print_version(void)
{
	const char *linked, **features, *separator = ": ";

	mnt_get_library_version(&linked);
	mnt_get_library_features(&features);
	printf("%s from %s (libmount %s", program_invocation_short_name, PACKAGE_STRING, linked);
	for (; features && *features; features++, separator = ", ")
		printf("%s%s", separator, *features);
	puts(")");
	exit(MNT_EX_SUCCESS);
}

void usage_hint(void)
{
	fprintf(stderr, _("Try '%s --help' for more information.\n"),
		program_invocation_short_name);
	exit(MNT_EX_USAGE);
}

void usage_error(void)
{
	warnx(_("bad usage"));
	usage_hint();
}

void option_too_old(const struct row *row, const char *version)
{
	const char *linked;

	mnt_get_library_version(&linked);
	errx(MNT_EX_USAGE, _("--%s needs libmount %s or later; this is libmount %s"), row->name,
		version, linked);
}

/* getopt_long()'s value for a row: its letter, which its synonyms share, or a number beyond. */
static int row_value(const struct option_table *table, size_t index)
{
	return table->rows[index].letter ? table->rows[index].letter : 256 + (int)index;
}

static const struct row *row_of_value(const struct option_table *table, int value)
{
	for (size_t i = 0; i < table->count; i++)
		if (!is_heading(&table->rows[i]) && row_value(table, i) == value)
			return &table->rows[i];
	return NULL;
}

enum { MOST_ROWS = 80 };

/* The forms of the table that getopt_long() takes. */
struct getopt_tables {
	char letters[3 * MOST_ROWS + 1];
	struct option old[MOST_ROWS + 1]; /* without the rows marked .added */
	struct option full[MOST_ROWS + 1];
};

static void fill_tables(const struct option_table *table, struct getopt_tables *tables)
{
	struct option *old = tables->old, *full = tables->full;
	char *letter = tables->letters;

	assert(table->count <= MOST_ROWS);
	for (size_t i = 0; i < table->count; i++) {
		const struct row *row = &table->rows[i];
		struct option option = {row->name, row->has_arg, NULL, row_value(table, i)};

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

/* An option that can't go with one given before it is refused; the same one again is not. */
static void check_exclusive(const struct row **given, size_t count, const struct row *row)
{
	for (size_t i = 0; i < count; i++) {
		const struct row *other = given[i];

		if (other != row && (row->excludes & other->kinds || other->excludes & row->kinds))
			errx(MNT_EX_USAGE, _("options --%s and --%s cannot be combined"),
				other->name, row->name);
	}
}

static void remember(const struct row **given, size_t *count, const struct row *row)
{
	for (size_t i = 0; i < *count; i++)
		if (given[i] == row)
			return;
	given[(*count)++] = row;
}

static bool act(const struct row *row, struct command *command, struct libmnt_context *context,
	const char *argument)
{
	if (row->read)
		return row->read(command, row, argument);
	if (row->enable)
		row->enable(context, 1);
	else if (row->set && row->set(context, argument) != 0)
		out_of_memory();
	else if (row->flag)
		*(bool *)((char *)command + row->flag) = true;
	return true;
}

int options_read(const struct option_table *table, struct command *command,
	struct libmnt_context *context, int argc, char **argv)
{
	const struct row *given[MOST_ROWS];
	struct getopt_tables tables;
	size_t count = 0;
	int value;

	fill_tables(table, &tables);
	while ((value = getopt_long(
			argc, argv, tables.letters, table_for(&tables, argc, argv), NULL)) != -1) {
		const struct row *row = row_of_value(table, value);

		if (!row)
			usage_hint();
		if (mnt_context_is_restricted(context) && !row->anyone)
			drop_privileges(context);
		check_exclusive(given, count, row);
		remember(given, &count, row);
		if (!act(row, command, context, optarg))
			usage_error();
	}
	return optind;
}

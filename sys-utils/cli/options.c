/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine behind the command lines of mount(8), umount(8) and findmnt(8): the table of options
 * becomes the arrays that getopt_long() wants, and the text of --help.
 *
 * Abbreviations: util-linux accepts any unambiguous beginning of a long option, and scripts may use
 * one. A new option of ours must not make such a word ambiguous. Therefore getopt_long() is shown
 * our options (rows marked .added) only if no option of util-linux begins with the word: --so is
 * still --source, and --tu is --tuck.
 *
 * Options that can't be combined: a row says which kinds of options it belongs to, and which kinds
 * it excludes. If two options exclude each other, it is enough that one of the rows says so.
 */
#include <assert.h>
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "i18n.h"

static bool is_heading(const struct row *row)
{
	return !row->name && !row->letter;
}

/* Prints " -t, --types <list>"; returns how many columns that takes. */
static int print_names(const struct option_table *table, const struct row *row)
{
	int width = row->letter ? printf(" -%c%s", row->letter, row->name ? ", " : "")
				: printf("     ");

	if (row->name)
		width += printf("--%s", row->name);
	if (row->argument && row->has_arg == required_argument)
		width += printf("%c", table->separator);
	if (row->argument)
		width += printf("%s", row->argument);
	return width;
}

/* Print @text and a line break. "{}" in it is the name that the program was called by. */
static void print_naming(const char *text)
{
	const char *name;

	while ((name = strstr(text, "{}"))) {
		printf("%.*s%s", (int)(name - text), text, program_invocation_short_name);
		text = name + strlen("{}");
	}
	puts(text);
}

void print_help(const struct option_table *table)
{
	print_naming(_(table->usage));
	for (const struct row *row = table->rows; row < table->rows + table->count; row++) {
		int width;

		if (!row->help)
			continue;
		if (is_heading(row)) {
			printf("\n%s:\n", _(row->help));
			continue;
		}
		width = print_names(table, row);
		if (width >= table->help_column) {
			putchar('\n');
			width = 0;
		}
		if (*row->help)
			printf("%*s%s", table->help_column - width, "", _(row->help));
		putchar('\n');
	}
	print_naming(_(table->more));
	exit(EXIT_SUCCESS);
}

void usage_hint(void)
{
	fprintf(stderr, _("Try '%s --help' for more information.\n"),
		program_invocation_short_name);
	exit(EXIT_FAILURE);
}

void usage_error(void)
{
	warnx(_("bad usage"));
	usage_hint();
}

/* getopt_long()'s value for a row: its letter, which its synonyms share, or a number that is no
 * character. */
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

/* The table in the forms that getopt_long() wants. */
struct getopt_tables {
	char letters[3 * MOST_ROWS + 1];
	struct option old[MOST_ROWS + 1]; /* without the rows marked .added */
	struct option full[MOST_ROWS + 1];
};

static void fill_getopt_tables(const struct option_table *table, struct getopt_tables *tables)
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

/* The array for the next word that getopt_long() will read as an option: the one without our
 * options if the word abbreviates an option in it. */
static const struct option *long_options_for_next(
	const struct getopt_tables *tables, int argc, char **argv)
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

struct option_text {
	char text[64];
};

static struct option_text option_text(const struct row *row)
{
	struct option_text as_written;

	if (row->name)
		snprintf(as_written.text, sizeof(as_written.text), "--%s", row->name);
	else
		snprintf(as_written.text, sizeof(as_written.text), "-%c", row->letter);
	return as_written;
}

/* Ends the program if @row can't be combined with an option before it. An option that is given
 * twice is no conflict. */
static void check_combination(const struct row **given, size_t count, const struct row *row)
{
	for (size_t i = 0; i < count; i++) {
		const struct row *other = given[i];

		if (other != row && (row->excludes & other->kinds || other->excludes & row->kinds))
			errx(EXIT_FAILURE, _("options %s and %s cannot be combined"),
				option_text(other).text, option_text(row).text);
	}
}

static void remember_row(const struct row **given, size_t *count, const struct row *row)
{
	for (size_t i = 0; i < *count; i++)
		if (given[i] == row)
			return;
	given[(*count)++] = row;
}

int options_read(const struct option_table *table, struct command *command, int argc, char **argv)
{
	const struct row *given[MOST_ROWS];
	struct getopt_tables tables = {0};
	size_t count = 0;
	int value;

	fill_getopt_tables(table, &tables);
	while ((value = getopt_long(argc, argv, tables.letters,
			long_options_for_next(&tables, argc, argv), NULL)) != -1) {
		const struct row *row = row_of_value(table, value);

		if (!row)
			usage_hint();
		check_combination(given, count, row);
		remember_row(given, &count, row);
		if (table->before)
			table->before(command, row, optarg);
		if (row->flag)
			*(bool *)((char *)command + row->flag) = true;
		else if (row->read && !row->read(command, row, optarg))
			usage_error();
	}
	return optind;
}

bool option_number(const char *text, unsigned long long limit, unsigned long long *number)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*number = strtoull(text, &end, 10);
	return !errno && !*end && *number <= limit;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables of rules, places and holders. A table has headings, and a function that fills in the
 * cells of one row. libsmartcols aligns the columns by the width of their characters; without
 * libsmartcols they are not aligned.
 */
#include "tuck/tuck-tables.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/print.h"
#include "cli/smartcols.h"
#include "i18n.h"
#include "libmnttuck.h"
#include "tuck/tuck-report.h"
#include "util.h"

/* ---- any table ---- */

enum { MOST_COLUMNS = 5 };

/* One row's texts. They are printed before the function that fills them in is called again. */
typedef void row_function(void *rows, size_t index, const char *cells[MOST_COLUMNS]);

struct text_table {
	const char *headings[MOST_COLUMNS]; /* NULL: the column is left out */
	void *rows;
	size_t count;
	row_function *row;
};

static int set_cell(
	const struct smartcols *scols, struct libscols_line *line, size_t column, const char *text)
{
	char *printable;
	size_t length = 0;

	while (text[length] && !iscntrl((unsigned char)text[length]))
		length++;
	if (!text[length])
		return scols->line_set_data(line, column, text) == 0 ? 0 : -ENOMEM;
	/* libsmartcols would print a control character as "\x1b". */
	printable = printable_text(text);
	if (printable && scols->line_refer_data(line, column, printable) == 0)
		return 0;
	free(printable);
	return -ENOMEM;
}

static int add_line(const struct smartcols *scols, struct libscols_table *table,
	const struct text_table *text, size_t index)
{
	struct libscols_line *line = scols->table_new_line(table, NULL);
	const char *cells[MOST_COLUMNS] = {0};
	size_t column = 0;

	if (!line)
		return -ENOMEM;
	text->row(text->rows, index, cells);
	for (size_t i = 0; i < MOST_COLUMNS; i++)
		if (text->headings[i] && set_cell(scols, line, column++, cells[i]) != 0)
			return -ENOMEM;
	return 0;
}

static int fill_table(
	const struct smartcols *scols, struct libscols_table *table, const struct text_table *text)
{
	for (size_t i = 0; i < MOST_COLUMNS; i++)
		if (text->headings[i] &&
			!scols->table_new_column(table, text->headings[i], /* whint= */ 0, 0))
			return -ENOMEM;
	for (size_t i = 0; i < text->count; i++)
		if (add_line(scols, table, text, i) < 0)
			return -ENOMEM;
	return 0;
}

static int print_aligned(const struct text_table *text)
{
	const struct smartcols *scols = load_smartcols();
	struct libscols_table *table = scols ? scols->new_table() : NULL;
	_cleanup_free_ char *printed = NULL;
	int r;

	if (!table)
		return -ENOMEM;
	r = fill_table(scols, table, text);
	/* It returns 0 even if it had no memory for a part. */
	errno = 0;
	if (r == 0 && (scols->print_table_to_string(table, &printed) != 0 || errno == ENOMEM))
		r = -ENOMEM;
	scols->unref_table(table);
	if (r < 0 || !printed)
		return -ENOMEM;
	fputs(printed, stdout);
	/* It leaves out the last newline. */
	if (*printed && printed[strlen(printed) - 1] != '\n')
		putchar('\n');
	return 0;
}

static void print_cells(const struct text_table *text, const char *const cells[MOST_COLUMNS])
{
	const char *separator = "";

	for (size_t i = 0; i < MOST_COLUMNS; i++) {
		if (!text->headings[i])
			continue;
		fputs(separator, stdout);
		print_text(stdout, cells[i]);
		separator = " ";
	}
	putchar('\n');
}

static void print_table(const struct text_table *text)
{
	if (text->count == 0)
		return;
	/* Without the library, or memory for the table, its text is printed unaligned: the mounts
	 * may have been changed already, so the program must not fail here. */
	if (print_aligned(text) < 0) {
		print_cells(text, text->headings);
		for (size_t i = 0; i < text->count; i++) {
			const char *cells[MOST_COLUMNS] = {0};

			text->row(text->rows, i, cells);
			print_cells(text, cells);
		}
	}
	fflush(stdout);
}

/* ---- rules ---- */

/* Where in the library's results the rows are. They are asked for one after the other, from the
 * first on, and perhaps once more. */
struct check_rows {
	const struct mnttuck *tuck;
	const struct mnttuck_check *at;
};

static void check_row(void *rows, size_t index, const char *cells[MOST_COLUMNS])
{
	static const char *const verdicts[] = {
		[MNTTUCK_OK] = "ok",
		[MNTTUCK_REFUSED] = "refused",
		[MNTTUCK_UNCHECKED] = "unchecked",
		[MNTTUCK_NOT_APPLICABLE] = "-",
	};
	struct check_rows *checks = rows;
	enum mnttuck_verdict verdict;

	checks->at = mnttuck_next_check(checks->tuck, index ? checks->at : NULL);
	verdict = mnttuck_check_verdict(checks->at);
	cells[0] = mnttuck_check_text(checks->at, MNTTUCK_RULE);
	cells[1] = verdicts[verdict];
	cells[2] = mnttuck_check_text(checks->at, MNTTUCK_DETAIL);
	if (!cells[2])
		cells[2] = verdict == MNTTUCK_REFUSED
				   ? mnttuck_check_text(checks->at, MNTTUCK_REFUSES)
				   : "";
}

void print_checks(const struct mnttuck *tuck)
{
	struct check_rows rows = {.tuck = tuck};
	struct text_table table = {
		/* As wide as "unchecked", so that the column has the same width in all tables. */
		.headings = {"RULE", "VERDICT  ", "DETAIL"},
		.rows = &rows,
		.row = check_row,
	};

	for (const struct mnttuck_check *check = NULL; (check = mnttuck_next_check(tuck, check));)
		table.count++;
	print_table(&table);
}

/* ---- places ---- */

bool place_is_planned(const struct mnttuck_place *place)
{
	int64_t kind = mnttuck_place_number(place, MNTTUCK_KIND);

	return kind == MNTTUCK_AFFECTED || kind == MNTTUCK_APART;
}

struct place_rows {
	const struct mnttuck *tuck;
	const struct mnttuck_place *at;
};

static void place_row(void *rows, size_t index, const char *cells[MOST_COLUMNS])
{
	static char inode[32];
	struct place_rows *places = rows;
	const struct mnttuck_place *place =
		mnttuck_next_place(places->tuck, index ? places->at : NULL);
	const char *beneath = mnttuck_place_text(place, MNTTUCK_BENEATH);
	bool is_left = mnttuck_place_number(place, MNTTUCK_IS_LEFT);

	places->at = place;
	snprintf(inode, sizeof(inode), "%lld",
		(long long)mnttuck_place_number(place, MNTTUCK_NAMESPACE_INODE));
	cells[0] = inode;
	cells[1] = mnttuck_place_text(place, MNTTUCK_TARGET);
	cells[2] = beneath ?: "-";
	/* A mount that the new one lies beneath, and that the unmount does not reach, stays, too.
	 */
	cells[3] = mnttuck_place_text(place, MNTTUCK_UNMOUNTS)
			   ?: is_left || beneath ? "(stays)"
						 : "-";
	cells[4] = mnttuck_place_text(place, MNTTUCK_SHOWS);
}

/* Say which flags a reveal sets again. */
static void print_own_flags(const struct mnttuck_place *place)
{
	const char *flags = mnttuck_place_text(place, MNTTUCK_OWN_FLAGS);
	_cleanup_free_ char *text = NULL;

	if (!flags)
		return;
	if (asprintf(&text,
		    _("In mount namespace %lld, %s has flags of its own, which the reveal sets on "
		      "the new version, too: %s"),
		    (long long)mnttuck_place_number(place, MNTTUCK_NAMESPACE_INODE),
		    mnttuck_place_text(place, MNTTUCK_TARGET), flags) < 0)
		text = NULL;
	print_text(stdout, text ?: flags);
	putchar('\n');
}

void print_places(const struct mnttuck *tuck, unsigned int operations)
{
	const unsigned int takes = MNTTUCK_REVEAL | MNTTUCK_REMOVE_BENEATH | MNTTUCK_REMOVE_ALL;
	bool is_tuck = operations & MNTTUCK_TUCK, is_reveal = operations & takes;
	struct place_rows rows = {.tuck = tuck};
	struct text_table table = {
		.headings = {"NS", "TARGET", is_tuck ? "BENEATH" : NULL,
			is_reveal ? "UNMOUNTS" : NULL, is_reveal ? "SHOWS" : NULL},
		.rows = &rows,
		.row = place_row,
	};
	const struct mnttuck_place *place = NULL;

	while ((place = mnttuck_next_place(tuck, place)) && place_is_planned(place))
		table.count++;
	print_table(&table);
	place = NULL;
	while ((place = mnttuck_next_place(tuck, place)))
		if (place_is_planned(place))
			print_own_flags(place);
		else if (mnttuck_place_number(place, MNTTUCK_KIND) == MNTTUCK_UNSEEN)
			report_unseen(place);
}

/* ---- holders ---- */

static bool is_in_table_of_holders(const struct mnttuck_place *place)
{
	return mnttuck_place_number(place, MNTTUCK_HOLD) != MNTTUCK_HOLDS_UNSEEN;
}

const char *word_of_hold(const struct mnttuck_place *place)
{
	static const char *const words[] = {
		[MNTTUCK_HOLDS_MOUNT] = "mount",
		[MNTTUCK_HOLDS_FILE] = "file",
		[MNTTUCK_HOLDS_DIRECTORY] = "directory",
		[MNTTUCK_HOLDS_PROGRAM] = "program",
		[MNTTUCK_HOLDS_MAP] = "map",
		[MNTTUCK_HOLDS_DEVICE] = "device",
		[MNTTUCK_HOLDS_UNSEEN] = "unseen",
	};

	return words[mnttuck_place_number(place, MNTTUCK_HOLD)];
}

static void holder_row(void *rows, size_t index, const char *cells[MOST_COLUMNS])
{
	static char pid[32];
	struct place_rows *holders = rows;
	const char *command;
	int64_t number;

	if (index == 0)
		holders->at = NULL;
	do
		holders->at = mnttuck_next_place(holders->tuck, holders->at);
	while (!is_in_table_of_holders(holders->at));
	number = mnttuck_place_number(holders->at, MNTTUCK_PID);
	command = mnttuck_place_text(holders->at, MNTTUCK_COMMAND);
	snprintf(pid, sizeof(pid), "%lld", (long long)number);
	cells[0] = number ? pid : "-";
	cells[1] = *command ? command : "-";
	cells[2] = word_of_hold(holders->at);
	cells[3] = mnttuck_place_text(holders->at, MNTTUCK_TARGET);
}

void print_holders(const struct mnttuck *tuck)
{
	struct place_rows rows = {.tuck = tuck};
	struct text_table table = {
		.headings = {"PID", "COMMAND", "HOLDS", "PATH"},
		.rows = &rows,
		.row = holder_row,
	};

	for (const struct mnttuck_place *place = NULL; (place = mnttuck_next_place(tuck, place));)
		table.count += is_in_table_of_holders(place);
	print_table(&table);
}

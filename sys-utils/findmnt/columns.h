/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of columns, and a choice of some of them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct column;
struct look;
struct output_row;

struct column_list {
	const struct column **list;
	size_t count;
	size_t shown; /* the columns after the first @shown are hidden: only the filter reads them
		       */
};

/* Choose the columns that @look asks for; without --output the ones in @defaults ("TARGET,SOURCE").
 * Ends the program if there is no column of a name. */
void columns_choose(struct column_list *columns, const struct look *look, const char *defaults);
/* The index of the column called @name, which is added hidden if it was not chosen; -1: there is no
 * column of that name. */
int columns_index(struct column_list *columns, const char *name);
/* What the chosen columns need, as NEEDS_* of row.h. */
unsigned int columns_needs(const struct column_list *columns);
void columns_free(struct column_list *columns);

const char *column_name(const struct column *column);
/* As libsmartcols takes it: a part of the line, or a number of characters. */
double column_width(const struct column *column);
/* SCOLS_FL_* */
int column_flags(const struct column *column);
/* SCOLS_JSON_* */
int column_json_type(const struct column *column, const struct look *look);
/* The text of the cell in @row; the caller frees it. NULL: the cell is empty, or, with errno
 * ENOMEM, out of memory. */
char *column_text(const struct column *column, const struct look *look, struct output_row *row);

/* Print all columns with their types and descriptions, for --list-columns. */
void columns_print(const struct look *look);

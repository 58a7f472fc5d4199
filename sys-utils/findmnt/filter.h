/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --filter: an expression that is true for the lines to print.
 *
 * libsmartcols (2.40 and newer) parses and evaluates it. It reads the cells of a line, so a column
 * that only the filter names is added to the table, but hidden.
 */
#pragma once

#include <stdbool.h>

struct column_list;
struct libscols_filter;
struct libscols_line;
struct libscols_table;

/* Parse @text, and add the columns that it names to @columns. Ends the program if @text is no
 * expression, or names an unknown column. */
struct libscols_filter *filter_parse(const char *text, struct column_list *columns);
/* Tell libsmartcols which column of @table each name means; the table has all of @columns. */
void filter_assign(
	struct libscols_filter *filter, struct column_list *columns, struct libscols_table *table);
bool filter_passes(struct libscols_filter *filter, struct libscols_line *line);
void filter_free(struct libscols_filter *filter);

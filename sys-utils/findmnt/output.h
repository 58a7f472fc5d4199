/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The output: rows in, text out, by libsmartcols. It owns the columns and the filter.
 *
 * A row becomes a line of the table as soon as it is added, and is not kept.
 */
#pragma once

#include <stdbool.h>

struct libscols_line;
struct look;
struct mntns;
struct output;
struct output_row;

/* Choose the columns, as columns_choose(), and parse the filter. @look has to live as long. Ends
 * the program if one of them is wrong. */
struct output *output_new(const struct look *look, const char *default_columns);
void output_free(struct output *output);

/* What the columns need to be read, as NEEDS_* of row.h. */
unsigned int output_needs(const struct output *output);
/* Whether a filter may leave rows out. */
bool output_has_filter(const struct output *output);

/* Begin with an empty table. @is_tree: lines have parents, and the target's column shows them. */
void output_start(struct output *output, bool is_tree);
/* The line of @row; NULL: the filter leaves it out. A row without a mount is always printed. */
struct libscols_line *output_add(
	struct output *output, struct libscols_line *parent, struct output_row *row);
/* The row of a namespace, below which its mounts are added. NULL: it has none, because the columns
 * tell the namespace, or @look does not want headings. */
struct libscols_line *output_add_heading(
	struct output *output, const struct mntns *mntns, bool is_own);
/* Remove it if nothing was added below it. */
void output_end_heading(struct output *output, struct libscols_line *heading);
/* Whether there are such rows: then the table is a tree. */
bool output_has_headings(const struct output *output);
void output_remove(struct output *output, struct libscols_line *parent, struct libscols_line *line);
/* Whether any row was added, even if the filter left it out. */
bool output_has_seen_any(const struct output *output);

void output_print(struct output *output);
/* Print the lines that were added since the last time; before the first of all, the headings. */
void output_print_lines(struct output *output);

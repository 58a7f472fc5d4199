/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of columns, and a choice of some of them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct look;
struct output_row;

enum column_type {
	TYPE_TEXT,
	TYPE_NUMBER,
	TYPE_SIZE,  /* a number with --bytes */
	TYPE_TEXTS, /* several lines in a cell */
};

enum column_group {
	GROUP_ALWAYS, /* printed by --output-all */
	GROUP_POLL,   /* of --poll */
	GROUP_VIEW,   /* of --propagation and --tucked, and there printed by --output-all */
};

struct column {
	const char *name;
	double width; /* libsmartcols' hint: a part of the line, or characters */
	int flags;    /* SCOLS_FL_* */
	enum column_type type;
	enum column_group group;
	char *(*get)(const struct look *look, struct output_row *row);
	const char *help;
	bool without_mount; /* the getter can be called for a row without a mount */
	unsigned int needs; /* NEEDS_* */
};

struct column_list {
	const struct column **list;
	size_t count;
	size_t shown;	    /* the columns after these are hidden: only the filter reads them */
	unsigned int needs; /* NEEDS_* of all of them */
};

/* Choose the columns that @look asks for; without --output the ones in @defaults ("TARGET,SOURCE").
 * Ends the program if there is no column of a name. The caller frees the list. */
void columns_choose(struct column_list *columns, const struct look *look, const char *defaults);
/* The index of the column called @name, which is added hidden if it was not chosen; -1: there is no
 * column of that name. */
int columns_index(struct column_list *columns, const char *name);

/* Print all columns with their types and descriptions, for --list-columns. */
void columns_print(const struct look *look);

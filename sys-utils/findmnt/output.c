/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * findmnt-output: the printing, by libsmartcols. A row becomes a line as soon as it is added, so
 * that nothing is kept twice.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "findmnt/findmnt.h"
#include "i18n.h"
#include "util.h"

struct output {
	const struct findmnt *findmnt;
	struct libscols_table *table;
	struct libscols_column *target; /* where it is a column; whose paths may be links */
	bool has_seen_any;
};

/* Paths of this machine, for a terminal that lets them be followed. */
static void make_links(struct libscols_column *column)
{
#ifdef HAVE_SCOLS_COLUMN_SET_URI
	char uri[512] = "file://";

	gethostname(uri + strlen(uri), sizeof(uri) - strlen(uri) - 1);
	scols_column_set_uri(column, uri);
#else
	(void)column;
#endif
}

/* A line of a peer group is no path. */
static void leave_unlinked(
	const struct output *output, struct libscols_line *line, const struct row *row)
{
#ifdef HAVE_SCOLS_COLUMN_SET_URI
	if (output->target && row->label)
		scols_cell_disable_uri(
			scols_line_get_column_cell(line, output->target), /* disable= */ 1);
#else
	(void)output;
	(void)line;
	(void)row;
#endif
}

static void add_column(
	struct output *output, const struct column *column, bool tree, bool is_hidden)
{
	const struct findmnt *findmnt = output->findmnt;
	int flags = column_flags(column);
	struct libscols_column *added;
	const char *name = column_name(column);

	if (!tree)
		flags &= ~SCOLS_FL_TREE;
	if (findmnt->notruncate)
		flags &= ~SCOLS_FL_TRUNC;
	if (is_hidden)
		flags = (flags & ~SCOLS_FL_TREE) | SCOLS_FL_HIDDEN;
	/* A name that is not printed must not make the column wider, either. */
	if (findmnt->noheadings && findmnt->form == FORM_TABLE)
		name = "";
	added = scols_table_new_column(output->table, name, column_width(column), flags);
	if (!added)
		err(EXIT_FAILURE, _("failed to initialize output column"));
	scols_column_set_json_type(added, column_json_type(column, findmnt));
	if (flags & SCOLS_FL_WRAP) {
		scols_column_set_wrapfunc(
			added, scols_wrapnl_chunksize, scols_wrapnl_nextchunk, NULL);
		scols_column_set_safechars(added, "\n");
	}
	if (findmnt->has_links && !is_hidden && strcmp(column_name(column), "TARGET") == 0) {
		make_links(added);
		output->target = added;
	}
}

struct output *output_new(struct findmnt *findmnt, bool tree)
{
	struct output *output = calloc(1, sizeof(*output));

	if (!output)
		err(EXIT_FAILURE, NULL);
	output->findmnt = findmnt;
	output->table = scols_new_table();
	if (!output->table)
		err(EXIT_FAILURE, _("failed to allocate output table"));
	if (scols_table_set_name(output->table, "filesystems") != 0)
		err(EXIT_FAILURE, _("failed to allocate output table"));
	scols_table_enable_raw(output->table, findmnt->form == FORM_RAW);
	scols_table_enable_export(output->table, findmnt->form == FORM_PAIRS);
	scols_table_enable_json(output->table, findmnt->form == FORM_JSON);
	scols_table_enable_shellvar(output->table, findmnt->shell_names);
	scols_table_enable_ascii(output->table, findmnt->ascii);
	scols_table_enable_noheadings(output->table, findmnt->noheadings);
	for (size_t i = 0; i < findmnt->column_count; i++)
		add_column(output, findmnt->columns[i], tree, i >= findmnt->shown_columns);
	findmnt_assign_filter(findmnt, output->table);
	return output;
}

struct libscols_line *output_add(
	struct output *output, struct libscols_line *parent, struct row *row)
{
	const struct findmnt *findmnt = output->findmnt;
	struct libscols_line *line = scols_table_new_line(output->table, parent);

	if (!line)
		err(EXIT_FAILURE, _("failed to allocate output line"));
	for (size_t i = 0; i < findmnt->column_count; i++) {
		char *text;

		errno = 0;
		text = column_text(findmnt->columns[i], findmnt, row);
		if (!text && errno == ENOMEM)
			err(EXIT_FAILURE, _("failed to add output data"));
		if (text && scols_line_refer_data(line, i, text) != 0)
			err(EXIT_FAILURE, _("failed to add output data"));
	}
	leave_unlinked(output, line, row);
	output->has_seen_any = true;
	if (row->label || findmnt_filter_passes(findmnt, line))
		return line;
	output_remove(output, parent, line);
	return NULL;
}

void output_remove(struct output *output, struct libscols_line *parent, struct libscols_line *line)
{
	if (parent)
		scols_line_remove_child(parent, line);
	scols_table_remove_line(output->table, line);
}

bool output_has_seen_any(const struct output *output)
{
	return output->has_seen_any;
}

static void print_table(struct output *output)
{
	/* It says 0, too, where a part could not be printed for want of memory. */
	errno = 0;
	if (scols_print_table(output->table) != 0 || errno == ENOMEM)
		err(EXIT_FAILURE, _("failed to print"));
}

void output_print(struct output *output)
{
	print_table(output);
}

/* An object a line, without the array around them that libsmartcols makes. */
static void print_json_objects(struct output *output)
{
	const size_t depth = strlen("      ");
	_cleanup_free_ char *text = NULL;

	if (scols_print_table_to_string(output->table, &text) != 0)
		err(EXIT_FAILURE, _("failed to print"));
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (strspn(line, " ") >= depth)
			printf("%.*s\n", (int)(strcspn(line, "\n") - depth), line + depth);
}

/* The heading comes with the first of all ranges, and counts for the widths of the later ones. */
static void print_range(struct output *output)
{
	struct libscols_line *first = scols_table_get_line(output->table, 0);

	if (!first)
		return;
	if (scols_table_print_range(output->table, first, NULL) != 0)
		err(EXIT_FAILURE, _("failed to print"));
	putchar('\n');
}

void output_print_lines(struct output *output)
{
	if (output->findmnt->form == FORM_JSON)
		print_json_objects(output);
	else
		print_range(output);
	fflush(stdout);
	scols_table_remove_lines(output->table);
}

void output_free(struct output *output)
{
	scols_unref_table(output->table);
	free(output);
}

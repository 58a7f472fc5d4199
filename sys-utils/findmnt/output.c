/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "findmnt/output.h"

#include <err.h>
#include <errno.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "findmnt/columns.h"
#include "findmnt/filter.h"
#include "findmnt/request.h"
#include "findmnt/row.h"
#include "i18n.h"
#include "namespaces.h"
#include "util.h"

struct output {
	const struct look *look;
	struct column_list columns;
	struct libscols_filter *filter; /* NULL: none */
	struct libscols_table *table;
	struct libscols_column *links; /* the column whose paths are links; NULL: none */
	bool has_seen_any;
};

struct output *output_new(const struct look *look, const char *default_columns)
{
	struct output *output = calloc(1, sizeof(*output));

	if (!output)
		err(EXIT_FAILURE, NULL);
	output->look = look;
	columns_choose(&output->columns, look, default_columns);
	if (look->filter)
		output->filter = filter_parse(look->filter, &output->columns);
	return output;
}

void output_free(struct output *output)
{
	scols_unref_table(output->table);
	if (output->filter)
		filter_free(output->filter);
	free(output->columns.list);
	free(output);
}

unsigned int output_needs(const struct output *output)
{
	return output->columns.needs | (output->look->headings ? NEEDS_PROCESSES : 0);
}

bool output_has_filter(const struct output *output)
{
	return output->filter;
}

/* Paths become links, which a terminal can follow. */
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

/* A label is no path, and so no link. */
static void leave_unlinked(
	const struct output *output, struct libscols_line *line, const struct output_row *row)
{
#ifdef HAVE_SCOLS_COLUMN_SET_URI
	if (output->links && row->label)
		scols_cell_disable_uri(
			scols_line_get_column_cell(line, output->links), /* disable= */ 1);
#else
	(void)output;
	(void)line;
	(void)row;
#endif
}

/* SCOLS_JSON_* */
static int json_type(const struct column *column, const struct look *look)
{
	switch (column->type) {
	case TYPE_NUMBER:
		return SCOLS_JSON_NUMBER;
	case TYPE_SIZE:
		return look->bytes ? SCOLS_JSON_NUMBER : SCOLS_JSON_STRING;
	case TYPE_TEXTS:
		return SCOLS_JSON_ARRAY_STRING;
	case TYPE_TEXT:
		break;
	}
	return SCOLS_JSON_STRING;
}

/* In a view no row is to be broken in two: a source that is too long is cut, a path never. */
static int flags_of_view(int flags)
{
	if (flags & SCOLS_FL_NOEXTREMES && !(flags & SCOLS_FL_TREE))
		flags |= SCOLS_FL_TRUNC;
	return flags & ~SCOLS_FL_NOEXTREMES;
}

static void add_to_table(
	struct output *output, const struct column *column, bool tree, bool is_hidden)
{
	const struct look *look = output->look;
	int flags = column->flags;
	struct libscols_column *added;
	const char *name = column->name;

	if (look->group_ids)
		flags = flags_of_view(flags);
	if (!tree)
		flags &= ~SCOLS_FL_TREE;
	if (look->notruncate)
		flags &= ~SCOLS_FL_TRUNC;
	if (is_hidden)
		flags = (flags & ~SCOLS_FL_TREE) | SCOLS_FL_HIDDEN;
	/* A name that is not printed must not make the column wider, either. */
	if (look->noheadings && look->form == FORM_TABLE)
		name = "";
	added = scols_table_new_column(output->table, name, column->width, flags);
	if (!added)
		err(EXIT_FAILURE, _("failed to initialize output column"));
	scols_column_set_json_type(added, json_type(column, look));
	if (flags & SCOLS_FL_WRAP) {
		scols_column_set_wrapfunc(
			added, scols_wrapnl_chunksize, scols_wrapnl_nextchunk, NULL);
		scols_column_set_safechars(added, "\n");
	}
	if (look->links && !is_hidden && strcmp(column->name, "TARGET") == 0) {
		make_links(added);
		output->links = added;
	}
}

void output_start(struct output *output, bool is_tree)
{
	const struct look *look = output->look;

	scols_unref_table(output->table);
	output->table = scols_new_table();
	if (!output->table || scols_table_set_name(output->table, "filesystems") != 0)
		err(EXIT_FAILURE, _("failed to allocate output table"));
	scols_table_enable_raw(output->table, look->form == FORM_RAW);
	scols_table_enable_export(output->table, look->form == FORM_PAIRS);
	scols_table_enable_json(output->table, look->form == FORM_JSON);
	scols_table_enable_shellvar(output->table, look->shell_names);
	scols_table_enable_ascii(output->table, look->ascii);
	scols_table_enable_noheadings(output->table, look->noheadings);
	for (size_t i = 0; i < output->columns.count; i++)
		add_to_table(output, output->columns.list[i], is_tree, i >= output->columns.shown);
	if (output->filter)
		filter_assign(output->filter, &output->columns, output->table);
}

/* The text of one cell, which the caller frees. NULL: it is empty, or, with errno ENOMEM, out of
 * memory. */
static char *cell_text(const struct column *column, const struct look *look, struct output_row *row)
{
	return row->fs || column->without_mount ? column->get(look, row) : NULL;
}

struct libscols_line *output_add(
	struct output *output, struct libscols_line *parent, struct output_row *row)
{
	struct libscols_line *line = scols_table_new_line(output->table, parent);

	if (!line)
		err(EXIT_FAILURE, _("failed to allocate output line"));
	for (size_t i = 0; i < output->columns.count; i++) {
		char *text;

		errno = 0;
		text = cell_text(output->columns.list[i], output->look, row);
		if (!text && errno == ENOMEM)
			err(EXIT_FAILURE, _("failed to add output data"));
		if (text && scols_line_refer_data(line, i, text) != 0)
			err(EXIT_FAILURE, _("failed to add output data"));
	}
	leave_unlinked(output, line, row);
	output->has_seen_any = true;
	if (!output->filter || (!row->fs && !row->change) || filter_passes(output->filter, line))
		return line;
	output_remove(output, parent, line);
	return NULL;
}

bool output_has_headings(const struct output *output)
{
	return output->look->headings && !(output->columns.needs & NEEDS_PROCESSES);
}

struct libscols_line *output_add_heading(
	struct output *output, const struct mntns *mntns, bool is_own)
{
	_cleanup_free_ char *label = NULL;
	struct output_row row = {0};
	int r;

	if (!output_has_headings(output))
		return NULL;
	if (mntns->pid)
		r = asprintf(&label, is_own ? _("%s (%d), your own") : "%s (%d)", mntns->command,
			mntns->pid);
	else
		r = asprintf(&label, _("namespace %llu, without a process"),
			(unsigned long long)mntns->inode);
	if (r < 0)
		err(EXIT_FAILURE, NULL);
	row.label = label;
	return output_add(output, NULL, &row);
}

void output_end_heading(struct output *output, struct libscols_line *heading)
{
	if (heading && !scols_line_has_children(heading))
		output_remove(output, NULL, heading);
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
	/* libsmartcols may return 0 although there was no memory for a part of the output. */
	errno = 0;
	if (scols_print_table(output->table) != 0 || errno == ENOMEM)
		err(EXIT_FAILURE, _("failed to print"));
}

void output_print(struct output *output)
{
	print_table(output);
}

/* Prints one object a line, without the array that libsmartcols puts around them. */
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

/* libsmartcols prints the headings with the first range only, and keeps the widths for later ones.
 */
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
	if (output->look->form == FORM_JSON)
		print_json_objects(output);
	else
		print_range(output);
	fflush(stdout);
	scols_table_remove_lines(output->table);
}

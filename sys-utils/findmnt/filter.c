/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "findmnt/filter.h"

#include <err.h>
#include <errno.h>
#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#include "findmnt/columns.h"
#include "i18n.h"

#ifdef HAVE_SCOLS_NEW_FILTER

/* Calls @visit with each name in the expression. */
static void for_each_name(struct libscols_filter *filter, struct column_list *columns,
	struct libscols_table *table,
	void (*visit)(struct libscols_filter *, struct column_list *, struct libscols_table *,
		struct libscols_iter *, const char *name))
{
	struct libscols_iter *iterator = scols_new_iter(SCOLS_ITER_FORWARD);
	const char *name;

	if (!iterator)
		err(EXIT_FAILURE, _("failed to initialize filter"));
	while (scols_filter_next_holder(filter, iterator, &name, 0) == 0)
		visit(filter, columns, table, iterator, name);
	scols_free_iter(iterator);
}

static void need_column(struct libscols_filter *filter, struct column_list *columns,
	struct libscols_table *table, struct libscols_iter *iterator, const char *name)
{
	(void)filter;
	(void)table;
	(void)iterator;
	if (columns_index(columns, name) < 0) {
		warnx(_("unknown column: %s (%s --list-columns says which there are)"), name,
			program_invocation_short_name);
		errx(EXIT_FAILURE, _("failed to initialize filter"));
	}
}

struct libscols_filter *filter_parse(const char *text, struct column_list *columns)
{
	struct libscols_filter *filter = scols_new_filter(NULL);

	if (!filter)
		err(EXIT_FAILURE, _("failed to initialize filter"));
	if (scols_filter_parse_string(filter, text) != 0)
		errx(EXIT_FAILURE, _("failed to parse \"%s\": %s"), text,
			scols_filter_get_errmsg(filter));
	for_each_name(filter, columns, NULL, need_column);
	return filter;
}

static void assign_column(struct libscols_filter *filter, struct column_list *columns,
	struct libscols_table *table, struct libscols_iter *iterator, const char *name)
{
	int column = columns_index(columns, name);

	if (column < 0 || scols_filter_assign_column(filter, iterator, name,
				  scols_table_get_column(table, (size_t)column)) != 0)
		errx(EXIT_FAILURE, _("failed to initialize filter"));
}

void filter_assign(
	struct libscols_filter *filter, struct column_list *columns, struct libscols_table *table)
{
	for_each_name(filter, columns, table, assign_column);
}

bool filter_passes(struct libscols_filter *filter, struct libscols_line *line)
{
	int passes = 1, r;

	r = scols_line_apply_filter(line, filter, &passes);
	if (r) {
		errno = -r;
		err(EXIT_FAILURE, _("failed to apply filter"));
	}
	return passes;
}

void filter_free(struct libscols_filter *filter)
{
	scols_unref_filter(filter);
}

#else /* an older libsmartcols: the option is refused, so there is never a filter */

struct libscols_filter *filter_parse(const char *text, struct column_list *columns)
{
	(void)text;
	(void)columns;
	errx(EXIT_FAILURE, _("--filter needs libsmartcols 2.40 or later, which this findmnt is not "
			     "built with"));
}

void filter_assign(
	struct libscols_filter *filter, struct column_list *columns, struct libscols_table *table)
{
	(void)filter;
	(void)columns;
	(void)table;
}

bool filter_passes(struct libscols_filter *filter, struct libscols_line *line)
{
	(void)filter;
	(void)line;
	return true;
}

void filter_free(struct libscols_filter *filter)
{
	(void)filter;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * findmnt-filter: --filter, an expression that a line is printed for if it is true.
 *
 * libsmartcols (2.40 and newer) reads and evaluates it, from the line's cells. What it names and
 * nobody wants to see becomes a hidden column, so a cell that is not asked for costs nothing.
 */
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "findmnt/findmnt.h"
#include "i18n.h"

#ifdef HAVE_SCOLS_NEW_FILTER

/* Calls @visit with each name in the expression. */
static void for_each_name(struct findmnt *findmnt, struct libscols_table *table,
	void (*visit)(struct findmnt *, struct libscols_table *, struct libscols_iter *,
		const char *name))
{
	struct libscols_iter *iterator = scols_new_iter(SCOLS_ITER_FORWARD);
	const char *name;

	if (!iterator)
		err(EXIT_FAILURE, _("failed to initialize filter"));
	while (scols_filter_next_holder(findmnt->expression, iterator, &name, 0) == 0)
		visit(findmnt, table, iterator, name);
	scols_free_iter(iterator);
}

static void need_column(struct findmnt *findmnt, struct libscols_table *table,
	struct libscols_iter *iterator, const char *name)
{
	(void)table;
	(void)iterator;
	if (findmnt_need_column(findmnt, name) < 0) {
		warnx(_("unknown column: %s (findmnt --list-columns says which there are)"), name);
		errx(EXIT_FAILURE, _("failed to initialize filter"));
	}
}

void findmnt_make_filter(struct findmnt *findmnt)
{
	if (!findmnt->filter)
		return;
	findmnt->expression = scols_new_filter(NULL);
	if (!findmnt->expression)
		err(EXIT_FAILURE, _("failed to initialize filter"));
	if (scols_filter_parse_string(findmnt->expression, findmnt->filter) != 0)
		errx(EXIT_FAILURE, _("failed to parse \"%s\": %s"), findmnt->filter,
			scols_filter_get_errmsg(findmnt->expression));
	for_each_name(findmnt, NULL, need_column);
}

static void assign_column(struct findmnt *findmnt, struct libscols_table *table,
	struct libscols_iter *iterator, const char *name)
{
	int column = findmnt_need_column(findmnt, name);

	if (column < 0 || scols_filter_assign_column(findmnt->expression, iterator, name,
				  scols_table_get_column(table, (size_t)column)) != 0)
		errx(EXIT_FAILURE, _("failed to initialize filter"));
}

void findmnt_assign_filter(struct findmnt *findmnt, struct libscols_table *table)
{
	if (findmnt->expression)
		for_each_name(findmnt, table, assign_column);
}

bool findmnt_filter_passes(const struct findmnt *findmnt, struct libscols_line *line)
{
	int passes = 1, r;

	if (!findmnt->expression)
		return true;
	r = scols_line_apply_filter(line, findmnt->expression, &passes);
	if (r) {
		errno = -r;
		err(EXIT_FAILURE, _("failed to apply filter"));
	}
	return passes;
}

void findmnt_free_filter(struct findmnt *findmnt)
{
	scols_unref_filter(findmnt->expression);
}

#else /* an older libsmartcols: the option is refused */

void findmnt_make_filter(struct findmnt *findmnt)
{
	if (findmnt->filter)
		errx(EXIT_FAILURE, _("--filter needs libsmartcols 2.40 or later, which this "
				     "findmnt is not built with"));
}

void findmnt_assign_filter(struct findmnt *findmnt, struct libscols_table *table)
{
	(void)findmnt;
	(void)table;
}

bool findmnt_filter_passes(const struct findmnt *findmnt, struct libscols_line *line)
{
	(void)findmnt;
	(void)line;
	return true;
}

void findmnt_free_filter(struct findmnt *findmnt)
{
	(void)findmnt;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plain job: list the mounts, or those that are asked for, as a list, a tree or trees. If
 * nothing matches, the name is tried in its next meaning.
 */
#include <stdlib.h>

#include "findmnt/jobs.h"
#include "findmnt/match.h"
#include "findmnt/output.h"
#include "findmnt/request.h"
#include "findmnt/shape.h"
#include "findmnt/tables.h"
#include "findmnt/unique.h"
#include "util.h"

int job_list(const struct command *command, struct output *output)
{
	_cleanup_(matcher_clear) struct matcher matcher =
		matcher_of(&command->from, &command->want);
	_cleanup_(tables_free) struct tables tables = {0};
	struct shape shape;
	size_t added;
	bool is_answer;

	tables_read(&command->from, &command->want, output_needs(output), &tables);
	if (command->want.unique)
		unique_drop_repeated(&tables);
	shape = shape_choose(command, &tables);
	output_start(output, shape.is_tree);
	do
		added = shape_add(&shape, &matcher, &tables, output);
	while (!output_has_seen_any(output) && matcher_try_other_meaning(&matcher));
	/* If the filter takes all lines of a tree, the empty tree is an answer; an empty list is
	 * none. */
	is_answer = added || shape.order == ORDER_TREE ||
		    (shape.is_tree && output_has_seen_any(output));
	if (is_answer)
		output_print(output);
	return is_answer ? EXIT_SUCCESS : EXIT_FAILURE;
}

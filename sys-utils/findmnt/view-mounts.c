/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --propagation[=mounts]: the tree of mounts, of each namespace that was read.
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

int job_mounts(const struct command *command, struct output *output)
{
	_cleanup_(matcher_clear) struct matcher matcher = {0};
	_cleanup_(tables_free) struct tables tables = {0};
	struct shape shape;
	int status;
	size_t added;

	tables_read_namespaces(&command->from, &command->want, output_needs(output), &tables);
	status = tables_tell_unread(&command->from, &tables, command->job.verbose);
	matcher = matcher_of_view(&command->from, &command->want, &tables);
	if (command->want.unique)
		unique_drop_repeated(&tables);
	shape = shape_choose(command, &tables);
	output_start(output, shape.is_tree || output_has_headings(output));
	added = shape_add(&shape, &matcher, &tables, output);
	if (added)
		output_print(output);
	return status ?: added ? EXIT_SUCCESS : EXIT_FAILURE;
}

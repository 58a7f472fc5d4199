/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --tucked: which paths have a mount beneath the top mount. --wait: until there are none.
 *
 * A row is a top mount, with the source of the mount beneath it. -S, -t and the like choose by the
 * top mount, which is the old version: so they answer who still has the old version.
 */
#include <stdlib.h>
#include <time.h>

#include "findmnt/jobs.h"
#include "findmnt/match.h"
#include "findmnt/output.h"
#include "findmnt/request.h"
#include "findmnt/row.h"
#include "findmnt/tables.h"
#include "namespaces.h"
#include "snapshot.h"
#include "util.h"

/* Whether @mount covers the mount beneath it, and is covered by none. */
static bool is_top_of_stack(const struct mount *mount)
{
	return mount_is_cover(mount) && !mount_cover(mount);
}

static size_t add_tucked_of(const struct mntns *mntns, bool is_own, const struct matcher *matcher,
	struct output *output)
{
	struct libscols_line *heading = output_add_heading(output, mntns, is_own);
	struct mount *mount;
	size_t added = 0;

	snapshot_for_each (mount, mntns->snapshot) {
		struct output_row row = {
			.fs = mount->fs,
			.mount = mount,
			.tucked = mount->parent,
			.mntns = mntns,
		};

		if (!is_top_of_stack(mount) || !matcher_matches(matcher, mount->fs, mount))
			continue;
		added += output_add(output, heading, &row) != NULL;
		if (matcher->want->first_only && added)
			break;
	}
	output_end_heading(output, heading);
	return added;
}

static size_t add_tucked(
	const struct tables *tables, const struct matcher *matcher, struct output *output)
{
	size_t added = 0;

	for (size_t i = 0; i < tables->count && !(matcher->want->first_only && added); i++)
		added += add_tucked_of(tables->list[i], tables->list[i] == tables->namespaces->list,
			matcher, output);
	return added;
}

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Whether the wait, begun at @start, ends although there are rows. */
static bool is_wait_over(const struct job *job, double start)
{
	return !job->wait || (job->wait_seconds >= 0 && seconds_now() - start >= job->wait_seconds);
}

int job_tucked(const struct command *command, struct output *output)
{
	const struct timespec pause = {.tv_nsec = 200000000};
	const struct job *job = &command->job;
	const struct matcher matcher = matcher_of(&command->from, &command->want);
	struct tables tables;
	double start = seconds_now();
	size_t added;
	int status;

	/* A namespace that can't be read may be gone the next time, so only the unread ones of the
	 * last time are told. */
	for (;;) {
		tables_read_namespaces(
			&command->from, &command->want, output_needs(output), &tables);
		output_start(output, output_has_headings(output));
		added = add_tucked(&tables, &matcher, output);
		if (!added || is_wait_over(job, start))
			break;
		tables_free(&tables);
		nanosleep(&pause, NULL);
	}
	status = tables_tell_unread(&command->from, &tables, job->verbose);
	tables_free(&tables);
	if (added)
		output_print(output);
	if (status)
		return status;
	return (added == 0) == job->wait ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --tucked: which paths have a mount beneath the top mount. --wait: until there are none.
 *
 * A row is a top mount, with the source of the mount beneath it. -S, -t and the like choose by the
 * top mount, which is the old version: so they answer who still has the old version. --namespaces
 * without any of these lists only what may have been tucked, since services have many other stacks.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
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

/* Whether @mount covers the mount beneath it, and is covered by none. An automount is the end of a
 * stack: the filesystem that it mounts over itself has nothing beneath it. */
static bool is_top_of_stack(const struct mount *mount)
{
	return mount_is_cover(mount) && !mount_cover(mount) && !mount->parent->is_automount;
}

/* ---- what tucking did ---- */

static bool is_same_version(struct mount *mount, struct mount *other)
{
	const char *root = mount_root(mount), *other_root = mount_root(other);

	return mount_device(mount) == mount_device(other) && root && other_root &&
	       strcmp(root, other_root) == 0;
}

/* A mount that was tucked is newer than the mount that covers it. Any other cover is newer than
 * what it covers. */
static bool is_tucked_here(const struct mount *top)
{
	return top->parent->id > top->id;
}

/* A top mount that certainly has a tucked one beneath it, for each two versions. */
struct known {
	struct mount **list;
	size_t count;
};

static bool is_known(const struct known *known, struct mount *top)
{
	for (size_t i = 0; i < known->count; i++)
		if (is_same_version(known->list[i], top) &&
			is_same_version(known->list[i]->parent, top->parent))
			return true;
	return false;
}

static void find_known_in(struct known *known, const struct snapshot *snapshot)
{
	struct mount *mount;

	snapshot_for_each (mount, snapshot) {
		if (!is_top_of_stack(mount) || !is_tucked_here(mount) || is_known(known, mount))
			continue;
		known->list = reallocarray(known->list, known->count + 1, sizeof(struct mount *));
		if (!known->list)
			err(EXIT_FAILURE, NULL);
		known->list[known->count++] = mount;
	}
}

static struct known find_known(const struct tables *tables)
{
	struct known known = {0};

	for (size_t i = 0; i < tables->count; i++)
		find_known_in(&known, tables->list[i]->snapshot);
	return known;
}

/* Whether the stack of @top may be what tucking has left there. A service manager and others put
 * mounts over mounts, too: private directories, mounts of a path on itself, and so on. A namespace
 * that was made as a copy has all its mounts in the order of the copy, which tells nothing: there a
 * stack counts if another namespace has a tucked one of the same two versions. */
static bool may_be_tucked(const struct known *known, struct mount *top)
{
	/* Before Linux 6.12 it is not known which mount is newer. */
	if (!top->id || !top->parent->id)
		return !is_same_version(top, top->parent);
	return is_tucked_here(top) || is_known(known, top);
}

/* @known: leave out stacks that may not be tucked; NULL: take all. */
static size_t add_tucked_of(const struct mntns *mntns, bool is_own, const struct matcher *matcher,
	const struct known *known, struct output *output)
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

		if (!is_top_of_stack(mount) || !matcher_matches(matcher, mount->fs, mount) ||
			(known && !may_be_tucked(known, mount)))
			continue;
		added += output_add(output, heading, &row) != NULL;
		if (matcher->want->first_only && added)
			break;
	}
	output_end_heading(output, heading);
	return added;
}

static size_t add_tucked(const struct tables *tables, const struct matcher *matcher,
	bool only_tucked, struct output *output)
{
	struct known known = only_tucked ? find_known(tables) : (struct known){0};
	size_t added = 0;

	for (size_t i = 0; i < tables->count && !(matcher->want->first_only && added); i++)
		added += add_tucked_of(tables->list[i], tables->list[i] == tables->namespaces->list,
			matcher, only_tucked ? &known : NULL, output);
	free(known.list);
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
	/* Who asks for something has to get it, whatever has put it there. */
	bool only_tucked = command->from.all_namespaces && !want_has_criteria(&command->want);
	unsigned int needs = output_needs(output) | (only_tucked ? NEEDS_UNIQUE_IDS : 0);
	struct tables tables;
	double start = seconds_now();
	size_t added;
	int status;

	/* A namespace that can't be read may be gone the next time, so only the unread ones of the
	 * last time are told. */
	for (;;) {
		tables_read_namespaces(&command->from, &command->want, needs, &tables);
		output_start(output, output_has_headings(output));
		added = add_tucked(&tables, &matcher, only_tucked, output);
		if (!added || is_wait_over(job, start))
			break;
		tables_free(&tables);
		nanosleep(&pause, NULL);
	}
	status = tables_tell_unread(&command->from, &tables, job->verbose);
	if (only_tucked) {
		int ageless = tables_tell_ageless(&tables);

		status = status ?: ageless;
	}
	tables_free(&tables);
	if (added)
		output_print(output);
	if (status)
		return status;
	return (added == 0) == job->wait ? EXIT_SUCCESS : EXIT_FAILURE;
}

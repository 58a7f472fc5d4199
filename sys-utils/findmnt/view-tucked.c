/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --tucked: which paths have a mount beneath the top mount. --wait: until there are none.
 *
 * A row is a top mount, with the source of the mount beneath it. -S, -t and the like choose by the
 * top mount, which is the old version: so they answer who still has the old version. --namespaces
 * without any of these lists only what may have been tucked, since services have many other stacks.
 * --everywhere also lists what matches and has nothing beneath it: who shows the old version
 * although no update reaches it.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "findmnt/jobs.h"
#include "findmnt/match.h"
#include "findmnt/output.h"
#include "findmnt/request.h"
#include "findmnt/row.h"
#include "findmnt/tables.h"
#include "findmnt/wait.h"
#include "findmnt/watch.h"
#include "i18n.h"
#include "namespaces.h"
#include "plan.h"
#include "snapshot.h"
#include "util.h"

/* --everywhere: whether a lookup of its path ends in @mount. */
static bool is_visible(struct mount *mount)
{
	return mount_target(mount) && plan_in_sight(mount);
}

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

/* @known: leave out stacks that may not be tucked; NULL: take all. @everywhere: also take mounts
 * that have nothing beneath them. */
static size_t add_tucked_of(const struct mntns *mntns, bool is_own, const struct matcher *matcher,
	const struct known *known, bool everywhere, struct output *output)
{
	struct libscols_line *heading = output_add_heading(output, mntns, is_own);
	struct mount *mount;
	size_t added = 0;

	snapshot_for_each (mount, mntns->snapshot) {
		struct output_row row = {
			.fs = mount->fs,
			.mount = mount,
			.tucked = is_top_of_stack(mount) ? mount->parent : NULL,
			.mntns = mntns,
		};

		if (!(row.tucked || (everywhere && is_visible(mount))) ||
			!matcher_matches(matcher, mount->fs, mount) ||
			(known && !may_be_tucked(known, mount)))
			continue;
		added += output_add(output, heading, &row) != NULL;
		if (matcher->want->first_only && added)
			break;
	}
	output_end_heading(output, heading);
	return added;
}

/* With a condition (-S, -t ...) every stack that matches is listed, whatever has made it. */
static bool only_tucked(const struct command *command)
{
	return command->from.all_namespaces && !want_has_criteria(&command->want);
}

static unsigned int needs_of_tucked(const struct command *command, const struct output *output)
{
	return output_needs(output) | (only_tucked(command) ? NEEDS_UNIQUE_IDS : 0);
}

/* @only: leave out stacks that may not be tucked. */
static size_t add_tucked(const struct tables *tables, const struct matcher *matcher, bool only,
	bool everywhere, struct output *output)
{
	struct known known = only ? find_known(tables) : (struct known){0};
	size_t added = 0;

	for (size_t i = 0; i < tables->count && !(matcher->want->first_only && added); i++)
		added += add_tucked_of(tables->list[i], tables->list[i] == tables->namespaces->list,
			matcher, only ? &known : NULL, everywhere, output);
	free(known.list);
	return added;
}

/* Tell which namespaces are missing in the answer, and where it is not known what was tucked. */
static int tell_unseen(const struct command *command, const struct tables *tables)
{
	int status = tables_tell_unread(&command->from, tables, command->job.verbose);
	int ageless = only_tucked(command) ? tables_tell_ageless(tables) : 0;

	return status ?: ageless;
}

/* ---- --wait ---- */

/* A source that no mount has may be a mistake: nobody would have to be waited for. */
static void warn_of_unknown_source(const struct tables *tables, const struct matcher *matcher)
{
	const struct want *want = matcher->want;
	struct want only_source = {.source = want->source, .by_image = want->by_image};
	struct matcher of_source = {.want = &only_source, .source = want->source};
	struct mount *mount;

	only_source.cache = want->cache;
	for (size_t i = 0; i < tables->count; i++)
		snapshot_for_each (mount, tables->list[i]->snapshot)
			if (matcher_matches(&of_source, mount->fs, mount))
				return;
	warnx(_("no mount has the source %s"), want->source);
}

/* Without any condition, some of the mounts may stay for ever. */
static void tell_what_for(size_t count)
{
	warnx(many_("waiting for %zu mount that has another one beneath it; -S waits for one "
		    "source alone",
		      "waiting for %zu mounts that have another one beneath them; -S waits for one "
		      "source alone",
		      count),
		count);
}

static int wait_until_empty(const struct command *command, struct output *output)
{
	const struct job *job = &command->job;
	double end = job->wait_seconds < 0 ? WATCH_FOREVER : watch_now() + job->wait_seconds;
	/* Static, because its tables are never freed (wait_end()). */
	static struct wait wait;
	_cleanup_(matcher_clear) struct matcher matcher = {0};
	size_t added;
	int status;

	wait_begin(&wait, command, needs_of_tucked(command, output));
	matcher = matcher_of_view(&command->from, &command->want, &wait.tables);
	for (bool is_first = true;; is_first = false) {
		output_start(output, output_has_headings(output));
		added = add_tucked(
			&wait.tables, &matcher, only_tucked(command), job->everywhere, output);
		if (is_first && !added && command->want.source)
			warn_of_unknown_source(&wait.tables, &matcher);
		if (!added || watch_now() >= end)
			break;
		if (is_first && !want_has_criteria(&command->want) && !output_has_filter(output))
			tell_what_for(added);
		wait_for_change(&wait, end);
	}
	wait_read_unread(&wait);
	status = tell_unseen(command, &wait.tables);
	wait_end(&wait);
	if (added)
		output_print(output);
	return status ?: added ? EXIT_FAILURE : EXIT_SUCCESS;
}

int job_tucked(const struct command *command, struct output *output)
{
	_cleanup_(matcher_clear) struct matcher matcher = {0};
	/* Static, because it is never freed, either: the program ends next. */
	static struct tables tables;
	size_t added;
	int status;

	if (command->job.wait)
		return wait_until_empty(command, output);
	tables_read_namespaces(
		&command->from, &command->want, needs_of_tucked(command, output), &tables);
	status = tell_unseen(command, &tables);
	matcher = matcher_of_view(&command->from, &command->want, &tables);
	output_start(output, output_has_headings(output));
	added = add_tucked(
		&tables, &matcher, only_tucked(command), command->job.everywhere, output);
	if (added)
		output_print(output);
	return status ?: added ? EXIT_SUCCESS : EXIT_FAILURE;
}

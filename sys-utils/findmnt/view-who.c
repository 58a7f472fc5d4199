/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --namespaces with a mount point or a source, and without a view: in which mount namespaces it is
 * mounted, and which way each mount came.
 *
 *	receives  its parent receives from the parent of another mount of the list, which shows the
 *	          same at the same place: what happens there happens here, too
 *	own       nothing takes this mount away but its own namespace
 *
 * Mounts whose parents are in one peer group all receive from each other; the first is told as own.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "findmnt/groups.h"
#include "findmnt/jobs.h"
#include "findmnt/match.h"
#include "findmnt/output.h"
#include "findmnt/request.h"
#include "findmnt/row.h"
#include "findmnt/tables.h"
#include "kernel.h"
#include "mount-point.h"
#include "namespaces.h"
#include "plan.h"
#include "snapshot.h"
#include "util.h"

/* A mount that is asked for. */
struct holder {
	struct mount *mount;
	const struct mntns *mntns;
	char *place; /* where it is mounted, as a path on the filesystem of its parent; NULL: not
			known */
};

struct holders {
	struct holder *list;
	size_t count;
};

static void holders_clear(struct holders *holders)
{
	for (size_t i = 0; i < holders->count; i++)
		free(holders->list[i].place);
	free(holders->list);
}

static void holders_add(struct holders *holders, struct mount *mount, const struct mntns *mntns)
{
	struct holder holder = {.mount = mount, .mntns = mntns};
	int r = 0;

	if ((holders->count & (holders->count + 1)) == 0) {
		holders->list = reallocarray(
			holders->list, (holders->count + 1) * 2, sizeof(*holders->list));
		if (!holders->list)
			err(EXIT_FAILURE, NULL);
	}
	if (mount->parent && mount_target(mount))
		r = mount_point_to_filesystem(
			mount->parent, mount_target(mount), /* own_root= */ NULL, &holder.place);
	if (r == -ENOMEM)
		errx(EXIT_FAILURE, "%s", strerror(ENOMEM));
	holders->list[holders->count++] = holder;
}

/* The mount of the caller's namespace at the path that is asked for; NULL: nothing is mounted
 * there. */
static struct mount *mount_at_path(const struct tables *tables, const struct want *want)
{
	const char *path = want->operand ?: want->mountpoint ?: want->target;
	struct snapshot *own = tables->namespaces->list[0].snapshot;
	struct mount_identity identity;

	if (!path || !own || kernel_identify(AT_FDCWD, path, AT_STATX_DONT_SYNC, &identity) < 0 ||
		(!identity.is_root && !want->target))
		return NULL;
	return snapshot_find(own, identity.short_id);
}

/* Mounts that show the same as @same, or NULL: all that match. */
static void find_holders(const struct tables *tables, const struct matcher *matcher,
	struct mount *same, struct holders *holders)
{
	for (size_t i = 0; i < tables->count; i++) {
		struct mount *mount;

		snapshot_for_each (mount, tables->list[i]->snapshot)
			if ((!same || plan_is_same_version(mount, same)) &&
				matcher_matches(matcher, mount->fs, mount))
				holders_add(holders, mount, tables->list[i]);
	}
}

/* Whether @group is @master, or a slave of it, or of a slave of it, and so on. */
static bool is_slave_of(const struct groups *groups, int group, int master)
{
	for (size_t steps = groups->count; group && master && steps > 0; steps--) {
		if (group == master)
			return true;
		group = groups_master(groups, group);
	}
	return false;
}

static bool receives_from(
	const struct groups *groups, const struct holder *one, const struct holder *other)
{
	const struct mount *parent = one->mount->parent, *source = other->mount->parent;

	if (!parent || !source || !source->group || !one->place || !other->place ||
		strcmp(one->place, other->place) != 0 ||
		!plan_is_same_version(one->mount, other->mount))
		return false;
	if (parent->group == source->group)
		return other < one;
	return parent->master && is_slave_of(groups, parent->master, source->group);
}

static const char *way_of(
	const struct groups *groups, const struct holders *holders, const struct holder *holder)
{
	for (size_t i = 0; i < holders->count; i++)
		if (&holders->list[i] != holder && receives_from(groups, holder, &holders->list[i]))
			return "receives";
	return "own";
}

static size_t add_holders(const struct tables *tables, const struct holders *holders,
	const struct want *want, struct output *output)
{
	struct groups groups = groups_find(tables);
	struct libscols_line *heading = NULL;
	size_t added = 0;

	for (size_t i = 0; i < holders->count && !(want->first_only && added); i++) {
		const struct holder *holder = &holders->list[i];
		struct output_row row = {
			.fs = holder->mount->fs,
			.mount = holder->mount,
			.mntns = holder->mntns,
			.way = way_of(&groups, holders, holder),
		};

		if (!i || holder->mntns != holders->list[i - 1].mntns) {
			output_end_heading(output, heading);
			heading = output_add_heading(
				output, holder->mntns, holder->mntns == tables->namespaces->list);
		}
		added += output_add(output, heading, &row) != NULL;
	}
	output_end_heading(output, heading);
	groups_clear(&groups);
	return added;
}

int job_who(const struct command *command, struct output *output)
{
	struct want want = command->want;
	_cleanup_(holders_clear) struct holders holders = {0};
	_cleanup_(tables_free) struct tables tables = {0};
	struct matcher matcher;
	struct mount *same;
	int status;

	tables_read_namespaces(&command->from, &want, output_needs(output), &tables);
	status = tables_tell_unread(&command->from, &tables, command->job.verbose);
	output_start(output, output_has_headings(output));
	/* An operand is a mount point if something is mounted there, and otherwise a source. */
	same = mount_at_path(&tables, &want);
	if (same)
		want.operand = want.mountpoint = want.target = NULL;
	matcher = matcher_of(&command->from, &want);
	find_holders(&tables, &matcher, same, &holders);
	if (add_holders(&tables, &holders, &want, output) == 0)
		return status ?: EXIT_FAILURE;
	output_print(output);
	return status;
}

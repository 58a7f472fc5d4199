/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sight: what everybody sees before and after a reveal.
 *
 * What is seen at a path is a directory of a filesystem: that of the mount that a lookup of the
 * path comes to last, and the rest of the path in it. It is found from the rows of a table alone,
 * by ids of parents and by paths, not by the library.
 */
#include <string.h>

#include "play.h"
#include "table.h"
#include "util.h"

/* A directory of a filesystem. */
struct sight {
	dev_t device;
	char path[2 * WORLD_PATH];
};

/* The rest of @path if it is @above or lies below that; else NULL. */
static const char *rest_below(const char *path, const char *above)
{
	size_t length = strcmp(above, "/") == 0 ? 0 : strlen(above);

	if (strncmp(path, above, length) != 0 || (path[length] && path[length] != '/'))
		return NULL;
	return path[length + (strcmp(path + length, "/") == 0)] ? path + length : "";
}

/* Whether a lookup of the path of the row ends in its mount. */
static bool is_in_sight(const struct table *table, size_t row)
{
	const char *target = table->rows[row].target;

	for (size_t i = 0; i < table->count; i++)
		if (table->rows[i].parent == row && strcmp(table->rows[i].target, target) == 0)
			return false;
	for (; table->rows[row].parent != NO_ROW; row = table->rows[row].parent)
		for (size_t i = 0; i < table->count; i++)
			if (i != row && table->rows[i].parent == table->rows[row].parent &&
				rest_below(table->rows[row].target, table->rows[i].target))
				return false;
	return true;
}

/* What @row has at @path, which is its target or lies below that. */
static struct sight sight_on(const struct row *row, const char *path)
{
	struct sight sight = {.device = row->device};
	const char *rest = rest_below(path, row->target) ?: "";

	snprintf(sight.path, sizeof(sight.path), "%s%s",
		strcmp(row->root, "/") == 0 && *rest ? "" : row->root, rest);
	return sight;
}

/* What is seen at @path of a namespace. @in: the row of the mount that it is in. */
static struct sight look_in(
	const struct table *table, size_t space, const char *path, const struct row **in)
{
	struct sight sight = {0};
	size_t longest = 0;

	*in = NULL;
	for (size_t i = 0; i < table->count; i++) {
		const struct row *row = &table->rows[i];

		if (row->space != space || !rest_below(path, row->target) ||
			strlen(row->target) < longest || !is_in_sight(table, i))
			continue;
		longest = strlen(row->target);
		*in = row;
		sight = sight_on(row, path);
	}
	return sight;
}

static struct sight look(const struct table *table, size_t space, const char *path)
{
	const struct row *in;

	return look_in(table, space, path, &in);
}

/* The row of the mount @id; NULL: there is none. */
static const struct row *find_id(const struct table *table, uint64_t id)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->rows[i].id == id)
			return &table->rows[i];
	return NULL;
}

static bool is_same(const struct sight *one, const struct sight *other)
{
	return one->device == other->device && strcmp(one->path, other->path) == 0;
}

/* A moved mount, and all that is on it, leaves its old place. */
static bool is_moved(struct world *world, const struct job *job, const struct row *row)
{
	return job->is_tuck && !job->is_new && job->how == MNTTUCK_MOVE &&
	       row->space == world->current && rest_below(row->target, job->source);
}

/* The directory that the top mount at the target of the job covers. */
static struct sight mount_point(
	struct world *world, const struct job *job, const struct table *table)
{
	struct sight point = {0};

	for (size_t i = 0; i < table->count; i++) {
		const struct row *row = &table->rows[i];

		if (row->space != world->current || row->parent == NO_ROW ||
			strcmp(row->target, job->target) != 0 || !is_in_sight(table, i))
			continue;
		point = sight_on(&table->rows[row->parent], row->target);
	}
	return point;
}

/* Whether the tuck, by the kernel's rules, put a copy beneath a mount and another one on top of it:
 * what that mount showed was hidden by the tuck, and not by the unmount. It receives on its root,
 * which is the mount point. */
static bool has_landed_on_top(const struct table *before, const struct table *is,
	const struct row *was, const struct row *now, const struct sight *point)
{
	const struct row *parent = now->parent == NO_ROW ? NULL : &is->rows[now->parent];

	return parent && !find_id(before, parent->id) && strcmp(parent->target, now->target) == 0 &&
	       was->device == point->device && strcmp(was->root, point->path) == 0;
}

/* A row at whose path neither the same shows as before, nor the new version in place of the old
 * one; NULL: there is none. */
static const struct row *find_wrong(struct world *world, const struct job *job,
	const struct table *before, const struct table *is)
{
	struct sight old = look(before, world->current, job->target);
	struct sight new = look(is, world->current, job->target);
	struct sight point = mount_point(world, job, before);

	for (size_t i = 0; i < before->count; i++) {
		const struct row *row = &before->rows[i];
		const struct row *in;
		struct sight was, now;

		/* A less privileged user's mounts are no reason to refuse. */
		if (!is_in_sight(before, i) || is_moved(world, job, row) ||
			world->spaces[row->space].is_less_privileged)
			continue;
		was = look(before, row->space, row->target);
		now = look_in(is, row->space, row->target, &in);
		/* The tuck is an ordinary mount where nothing was mounted, and hides what is below.
		 */
		if (job->is_tuck && in && !find_id(before, in->id) &&
			(find_id(is, row->id) || strcmp(in->target, row->target) != 0 ||
				has_landed_on_top(before, is, row, in, &point)))
			continue;
		if (!is_same(&was, &now) && !(is_same(&was, &old) && is_same(&now, &new)))
			return row;
	}
	return NULL;
}

/* The group that the old version received from. */
static int master_of(struct world *world, const struct job *job, const struct table *before)
{
	for (size_t i = 0; i < before->count; i++)
		if (before->rows[i].space == world->current &&
			strcmp(before->rows[i].target, job->target) == 0 && is_in_sight(before, i))
			return before->rows[i].master;
	return 0;
}

/* Whether @group is @master, or a group from which @master receives, directly or through others. */
static bool is_upstream(const struct table *table, int master, int group)
{
	for (size_t steps = 0; master && steps <= table->count; steps++) {
		size_t i = 0;

		if (group == master)
			return true;
		while (i < table->count && table->rows[i].group != master)
			i++;
		master = i < table->count ? table->rows[i].master : 0;
	}
	return false;
}

/* Whether the current namespace shows at the path of @row what @row shows: the mount that the old
 * version was bound from, of which @row is a copy. */
static bool is_copy_of_own(struct world *world, const struct table *is, const struct row *row)
{
	for (size_t i = 0; i < is->count; i++)
		if (is->rows[i].space == world->current && is->rows[i].device == row->device &&
			strcmp(is->rows[i].root, row->root) == 0 &&
			strcmp(is->rows[i].target, row->target) == 0 && is_in_sight(is, i))
			return true;
	return false;
}

/* Whether the mount at @row lies on one that shows @old, which is named in its place: what is
 * mounted on what stays. */
static bool is_on_old(const struct table *is, const struct row *row, const struct sight *old)
{
	for (; row->parent != NO_ROW; row = &is->rows[row->parent]) {
		const struct row *parent = &is->rows[row->parent];

		if (parent->device == old->device && strcmp(parent->root, old->path) == 0 &&
			is_in_sight(is, (size_t)row->parent))
			return true;
	}
	return false;
}

/* How many places of other namespaces show the old version and are not where it came from. */
static int count_left(struct world *world, const struct job *job, const struct table *before,
	const struct table *is, bool is_privileged_only)
{
	struct sight old = look(before, world->current, job->target);
	int master = master_of(world, job, before), left = 0;

	for (size_t i = 0; i < is->count; i++) {
		struct sight now = look(is, is->rows[i].space, is->rows[i].target);

		if ((is_privileged_only && world->spaces[is->rows[i].space].is_less_privileged) ||
			is_upstream(before, master, is->rows[i].group) ||
			(job->is_forced && is_on_old(is, &is->rows[i], &old)) ||
			is_copy_of_own(world, is, &is->rows[i]))
			continue;
		left += is->rows[i].space != world->current && is_same(&now, &old) &&
			is_in_sight(is, i);
	}
	return left;
}

/* The row of the mount that shows at the target; NULL: none is mounted there. */
static const struct row *find_shown(
	struct world *world, const struct job *job, const struct table *is)
{
	for (size_t i = 0; i < is->count; i++)
		if (is->rows[i].space == world->current &&
			strcmp(is->rows[i].target, job->target) == 0 && is_in_sight(is, i))
			return &is->rows[i];
	return NULL;
}

/* Whether the stack of @row lies on a mount that receives from others, as in a service. */
static bool is_in_receiver(const struct table *is, const struct row *row)
{
	const char *target = row->target;

	while (row->parent != NO_ROW && strcmp(row->target, target) == 0)
		row = &is->rows[row->parent];
	return strcmp(row->target, target) != 0 && row->master;
}

/* Whether @row receives from @from, or is a member of the same group. */
static bool receives(const struct table *is, const struct row *row, const struct row *from)
{
	return from->group &&
	       (row->group == from->group || is_upstream(is, row->master, from->group));
}

/* Whether a mount of another namespace receives from @row. */
static bool passes_on(const struct table *is, const struct row *row)
{
	for (size_t i = 0; i < is->count; i++)
		if (is->rows[i].space != row->space && receives(is, &is->rows[i], row))
			return true;
	return false;
}

void sight_compare(struct world *world, const struct job *job, const struct table *before,
	const struct table *is, int left)
{
	const struct row *wrong = job->is_forced ? NULL : find_wrong(world, job, before, is);
	struct sight old = look(before, world->current, job->target);
	struct sight new = look(is, world->current, job->target);
	const struct row *shown = find_shown(world, job, is);
	int is_left = count_left(world, job, before, is, /* is_privileged_only= */ false);

	if (wrong)
		complain(world, "something else than the new version shows at %s in namespace %zu",
			wrong->target, wrong->space);
	/* A mount that is not shared passes nothing on; nor is anybody else meant where a service
	 * reveals for itself. */
	if (!shown || !shown->group || is_same(&old, &new) ||
		(is_in_receiver(is, shown) && !passes_on(is, shown)))
		is_left = 0;
	if (job->is_forced ? left < is_left : left != is_left)
		complain(world, "%d places are left, and the library says %d", is_left, left);
	count(world, SIGHTS);
	world->tally->counts[SIGHTS_LEFT] += (unsigned long)is_left;
}

/* Whether the old version still shows where the unmount has arrived: over a mount that shows the
 * new version and receives from the mount at the target. A mount on the old version, or a cover of
 * its own, keeps the old version there. */
static bool is_kept(struct world *world, const struct job *job, const struct table *before,
	const struct table *is)
{
	const struct row *shown = find_shown(world, job, is);
	struct sight old = look(before, world->current, job->target);
	struct sight new = look(is, world->current, job->target);

	for (size_t i = 0; shown && i < is->count; i++) {
		const struct row *row = &is->rows[i], *beneath = row;
		struct sight sight = look(is, row->space, row->target);

		if (world->spaces[row->space].is_less_privileged || !is_in_sight(is, i) ||
			!is_same(&sight, &old))
			continue;
		while (beneath->parent != NO_ROW && strcmp(beneath->target, row->target) == 0) {
			beneath = &is->rows[beneath->parent];
			sight = sight_on(beneath, row->target);
			if (is_same(&sight, &new) && receives(is, beneath, shown))
				return true;
		}
	}
	return false;
}

bool sight_has_changed(struct world *world, const struct job *job, const struct table *before,
	const struct table *is)
{
	return find_wrong(world, job, before, is) ||
	       count_left(world, job, before, is, /* is_privileged_only= */ true) > 0 ||
	       is_kept(world, job, before, is);
}

bool sight_differs(const struct table *before, const struct table *is)
{
	for (size_t i = 0; i < before->count; i++) {
		const struct row *row = &before->rows[i];
		struct sight was, now;

		if (!is_in_sight(before, i))
			continue;
		was = look(before, row->space, row->target);
		now = look(is, row->space, row->target);
		if (!is_same(&was, &now))
			return true;
	}
	return false;
}

bool sight_has_lost(const struct table *before, const struct table *is)
{
	for (size_t i = 0; i < before->count; i++)
		if (is_in_sight(before, i) && !find_id(is, before->rows[i].id))
			return true;
	return false;
}

bool sight_has_lost_base(
	const struct table *before, const struct table *is, size_t space, const char *path)
{
	const struct row *row;

	look_in(before, space, path, &row);
	for (int up = 0; row && up < 2; up++)
		row = row->parent == NO_ROW ? NULL : &before->rows[row->parent];
	return row && !find_id(is, row->id);
}

static bool shows_in_sight(const struct table *table, uint64_t id)
{
	const struct row *row = find_id(table, id);

	return row && is_in_sight(table, (size_t)(row - table->rows));
}

void sight_compare_earlier(struct world *world, const struct job *job, const struct table *before,
	const struct table *is, const struct outcome *outcome)
{
	struct sight old = look(before, world->current, job->target);
	struct sight new = look(is, world->current, job->target);

	for (size_t i = 0; i < outcome->earlier_count; i++) {
		uint64_t id = outcome->earlier[i];
		const struct row *row = find_id(is, id);
		struct sight sight = row ? look(is, row->space, row->target) : old;

		if (!shows_in_sight(before, id) || !shows_in_sight(is, id) ||
			row->space == world->current || is_same(&sight, &old) ||
			is_same(&sight, &new))
			complain(world, "mount %llu is told to show an earlier version",
				(unsigned long long)id);
	}
}

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

/* What is seen at @path of a namespace. @in: the row of the mount that it is in. */
static struct sight look_in(
	const struct table *table, size_t space, const char *path, const struct row **in)
{
	struct sight sight = {0};
	size_t longest = 0;

	*in = NULL;
	for (size_t i = 0; i < table->count; i++) {
		const struct row *row = &table->rows[i];
		const char *rest = row->space == space ? rest_below(path, row->target) : NULL;

		if (!rest || strlen(row->target) < longest || !is_in_sight(table, i))
			continue;
		longest = strlen(row->target);
		*in = row;
		sight.device = row->device;
		snprintf(sight.path, sizeof(sight.path), "%s%s",
			strcmp(row->root, "/") == 0 && *rest ? "" : row->root, rest);
	}
	return sight;
}

static struct sight look(const struct table *table, size_t space, const char *path)
{
	const struct row *in;

	return look_in(table, space, path, &in);
}

static bool has_id(const struct table *table, uint64_t id)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->rows[i].id == id)
			return true;
	return false;
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

/* Whether the tuck, by the kernel's rules, put a copy beneath a mount and another one on top of it:
 * what that mount showed was hidden by the tuck, and not by the unmount. */
static bool has_landed_on_top(
	const struct table *before, const struct table *is, const struct row *row)
{
	const struct row *parent = row->parent == NO_ROW ? NULL : &is->rows[row->parent];

	return parent && !has_id(before, parent->id) && strcmp(parent->target, row->target) == 0;
}

/* The path of a row where what is seen is neither the same as before nor the new version instead of
 * the old one; NULL: there is none. */
static const struct row *find_wrong(struct world *world, const struct job *job,
	const struct table *before, const struct table *is)
{
	struct sight old = look(before, world->current, job->target);
	struct sight new = look(is, world->current, job->target);

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
		/* The tuck is an ordinary mount where nothing was mounted. */
		if (job->is_tuck && in && !has_id(before, in->id) &&
			(has_id(is, row->id) || has_landed_on_top(before, is, in)))
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

/* Whether a member of @group passes on to a slave of @master, or that is the same. */
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
			is_copy_of_own(world, is, &is->rows[i]))
			continue;
		left += is->rows[i].space != world->current && is_same(&now, &old) &&
			is_in_sight(is, i);
	}
	return left;
}

/* Whether the mount that shows at the target passes unmounts on. */
static bool is_shared(struct world *world, const struct job *job, const struct table *is)
{
	for (size_t i = 0; i < is->count; i++)
		if (is->rows[i].space == world->current &&
			strcmp(is->rows[i].target, job->target) == 0 && is_in_sight(is, i))
			return is->rows[i].group;
	return false;
}

/* Whether the stack at the target lies on a mount that receives from others, as in a service. */
static bool is_in_receiver(struct world *world, const struct job *job, const struct table *is)
{
	for (size_t i = 0; i < is->count; i++) {
		const struct row *row = &is->rows[i];

		if (row->space == world->current && row->parent != NO_ROW &&
			strcmp(row->target, job->target) == 0 &&
			strcmp(is->rows[row->parent].target, job->target) != 0 &&
			is->rows[row->parent].master)
			return true;
	}
	return false;
}

/* Whether a mount of another namespace came or went. */
static bool has_changed_others(
	struct world *world, const struct table *before, const struct table *is)
{
	for (size_t i = 0; i < before->count; i++)
		if (before->rows[i].space != world->current && !has_id(is, before->rows[i].id))
			return true;
	for (size_t i = 0; i < is->count; i++)
		if (is->rows[i].space != world->current && !has_id(before, is->rows[i].id))
			return true;
	return false;
}

void sight_compare(struct world *world, const struct job *job, const struct table *before,
	const struct table *is, int left)
{
	const struct row *wrong = job->is_forced ? NULL : find_wrong(world, job, before, is);
	struct sight old = look(before, world->current, job->target);
	struct sight new = look(is, world->current, job->target);
	int is_left = count_left(world, job, before, is, /* is_privileged_only= */ false);

	if (wrong)
		complain(world, "something else than the new version shows at %s in namespace %zu",
			wrong->target, wrong->space);
	if (!is_shared(world, job, is) || is_same(&old, &new) ||
		(is_in_receiver(world, job, is) && !has_changed_others(world, before, is)))
		is_left = 0;
	if (job->is_forced ? left < is_left : left != is_left)
		complain(world, "%d places are left, and the library says %d", is_left, left);
	count(world, SIGHTS);
	world->tally->counts[SIGHTS_LEFT] += (unsigned long)is_left;
}

/* Whether a mount goes on showing the old version, with the new one right beneath it: it has
 * received that, and a mount on it keeps it. */
static bool is_kept(struct world *world, const struct job *job, const struct table *before,
	const struct table *is)
{
	struct sight old = look(before, world->current, job->target);
	struct sight new = look(is, world->current, job->target);

	for (size_t i = 0; i < is->count; i++) {
		const struct row *row = &is->rows[i], *beneath;
		struct sight shown;

		if (world->spaces[row->space].is_less_privileged || row->parent == NO_ROW ||
			!is_in_sight(is, i))
			continue;
		beneath = &is->rows[row->parent];
		shown = look(is, row->space, row->target);
		if (is_same(&shown, &old) && strcmp(beneath->target, row->target) == 0 &&
			beneath->device == new.device && strcmp(beneath->root, new.path) == 0)
			return true;
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

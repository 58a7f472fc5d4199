/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "findmnt/groups.h"

#include <err.h>
#include <stdlib.h>

#include "findmnt/match.h"
#include "findmnt/request.h"
#include "findmnt/tables.h"
#include "namespaces.h"
#include "snapshot.h"

static int compare_groups(const void *a, const void *b)
{
	const struct group *one = a, *other = b;

	if (one->id != other->id)
		return one->id < other->id ? -1 : 1;
	return other->has_members - one->has_members;
}

static int compare_masters(const void *a, const void *b)
{
	const struct group *one = *(struct group *const *)a, *other = *(struct group *const *)b;

	if (one->master != other->master)
		return one->master < other->master ? -1 : 1;
	return one->id < other->id ? -1 : one->id > other->id;
}

static void note_group(struct groups *groups, size_t *room, struct group group)
{
	if (groups->count == *room) {
		*room = *room ? *room * 2 : 256;
		groups->list = reallocarray(groups->list, *room, sizeof(*groups->list));
		if (!groups->list)
			err(EXIT_FAILURE, NULL);
	}
	groups->list[groups->count++] = group;
}

static void note_groups_of(struct groups *groups, size_t *room, const struct mount *mount)
{
	if (mount->group)
		note_group(groups, room,
			(struct group){
				.id = mount->group, .master = mount->master, .has_members = true});
	if (mount->master)
		note_group(groups, room, (struct group){.id = mount->master});
}

/* Of the entries for one group, the first is that of a member, if there is any: it is kept. */
static void drop_repeated_groups(struct groups *groups)
{
	size_t kept = 0;

	if (groups->count)
		qsort(groups->list, groups->count, sizeof(*groups->list), compare_groups);
	for (size_t i = 0; i < groups->count; i++)
		if (!kept || groups->list[kept - 1].id != groups->list[i].id)
			groups->list[kept++] = groups->list[i];
	groups->count = kept;
}

struct groups groups_find(const struct tables *tables)
{
	struct groups groups = {.tables = tables};
	struct mount *mount;
	size_t room = 0;

	for (size_t i = 0; i < tables->count; i++)
		snapshot_for_each (mount, tables->list[i]->snapshot)
			note_groups_of(&groups, &room, mount);
	drop_repeated_groups(&groups);
	groups.by_master = calloc(groups.count + 1, sizeof(*groups.by_master));
	if (!groups.by_master)
		err(EXIT_FAILURE, NULL);
	for (size_t i = 0; i < groups.count; i++)
		groups.by_master[i] = &groups.list[i];
	qsort(groups.by_master, groups.count, sizeof(*groups.by_master), compare_masters);
	return groups;
}

void groups_clear(struct groups *groups)
{
	free(groups->list);
	free(groups->by_master);
}

static const struct group *find_group_id(const struct groups *groups, int id)
{
	size_t low = 0, high = groups->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (groups->list[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < groups->count && groups->list[low].id == id ? &groups->list[low] : NULL;
}

int groups_master(const struct groups *groups, int id)
{
	const struct group *group = find_group_id(groups, id);

	return group ? group->master : 0;
}

bool groups_is_wanted(const struct groups *groups, int id)
{
	const struct group *group = find_group_id(groups, id);

	return group && group->is_wanted;
}

size_t groups_first_slave(const struct groups *groups, const struct group *group)
{
	size_t low = 0, high = groups->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (groups->by_master[middle]->master < group->id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* @next: the mount after another one in its table; @first: the first one of a table. */
static bool next_of_group(const struct groups *groups, int group,
	struct mount *(*first)(const struct snapshot *snapshot, int group),
	struct mount *(*next)(const struct mount *mount), struct group_mount *place)
{
	const struct tables *tables = groups->tables;

	place->mount = place->mount ? next(place->mount) : NULL;
	while (!place->mount && place->next_table < tables->count) {
		place->mntns = tables->list[place->next_table++];
		place->mount = first(place->mntns->snapshot, group);
	}
	return place->mount;
}

bool group_next_member(
	const struct groups *groups, const struct group *group, struct group_mount *member)
{
	return next_of_group(groups, group->id, snapshot_first_peer, mount_next_peer, member);
}

bool group_next_slave(
	const struct groups *groups, const struct group *group, struct group_mount *slave)
{
	return next_of_group(groups, group->id, snapshot_first_slave, mount_next_slave, slave);
}

static bool group_matches(
	const struct groups *groups, const struct group *group, const struct matcher *matcher)
{
	struct group_mount member = {0}, slave = {0};

	while (group_next_member(groups, group, &member))
		if (matcher_matches(matcher, member.mount->fs, member.mount))
			return true;
	while (group_next_slave(groups, group, &slave))
		if (matcher_matches(matcher, slave.mount->fs, slave.mount))
			return true;
	return false;
}

/* The groups that are slaves of a chosen group, and so on: where mounts propagate to. */
static void choose_slaves(struct groups *groups)
{
	struct group **waiting = calloc(groups->count + 1, sizeof(*waiting)), *group;
	size_t count = 0;

	if (!waiting)
		err(EXIT_FAILURE, NULL);
	for (size_t i = 0; i < groups->count; i++)
		if (groups->list[i].is_wanted)
			waiting[count++] = &groups->list[i];
	while (count > 0) {
		group = waiting[--count];
		for (size_t i = groups_first_slave(groups, group);
			i < groups->count && groups->by_master[i]->master == group->id; i++)
			if (!groups->by_master[i]->is_wanted) {
				groups->by_master[i]->is_wanted = true;
				waiting[count++] = groups->by_master[i];
			}
	}
	free(waiting);
}

void groups_choose(struct groups *groups, const struct matcher *matcher)
{
	for (size_t i = 0; i < groups->count; i++)
		groups->list[i].is_wanted = group_matches(groups, &groups->list[i], matcher);
	if (want_is_of_place(matcher->want))
		choose_slaves(groups);
}

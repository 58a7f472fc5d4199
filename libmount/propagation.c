/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "propagation.h"

#include <errno.h>
#include <stdlib.h>

#include "namespaces.h"
#include "snapshot.h"
#include "util.h"

/* All members of a group have the same master. */
int propagation_master(const struct namespaces *namespaces, int group)
{
	for (size_t i = 0; i < namespaces->count; i++) {
		struct snapshot *snapshot = namespaces->list[i].snapshot;
		struct mount *member = snapshot ? snapshot_first_peer(snapshot, group) : NULL;

		if (member)
			return member->master;
	}
	return 0;
}

bool propagation_reaches(const struct namespaces *namespaces, int group, const struct mount *mount)
{
	if (mount->group == group)
		return true;
	for (int master = mount->master, steps = 0; master && steps < MASTERS_MAX; steps++) {
		if (master == group)
			return true;
		master = propagation_master(namespaces, master);
	}
	return false;
}

/* A list of mounts, in the order of finding. */
struct mount_list {
	struct mount **mounts;
	size_t count, room;
};

/* A list of groups, in the order of finding, each once. A hash table of open addressing says which
 * are in it. */
struct group_list {
	int *groups;
	size_t count, room;
	int *table; /* 0: free; its size is twice the room, a power of two */
};

static int *group_slot(const struct group_list *list, int group)
{
	size_t mask = list->room * 2 - 1;
	size_t slot = (size_t)((unsigned int)group * 2654435761U) & mask;

	while (list->table[slot] && list->table[slot] != group)
		slot = (slot + 1) & mask;
	return &list->table[slot];
}

static int group_list_grow(struct group_list *list)
{
	size_t room = list->room ? list->room * 2 : 64;
	int *larger = reallocarray(list->groups, room, sizeof(*larger));

	if (!larger)
		return -ENOMEM;
	list->groups = larger;
	free(list->table);
	list->table = calloc(room * 2, sizeof(*list->table));
	if (!list->table)
		return -ENOMEM;
	list->room = room;
	for (size_t i = 0; i < list->count; i++)
		*group_slot(list, list->groups[i]) = list->groups[i];
	return 0;
}

static int group_list_add_once(struct group_list *list, int group)
{
	if (list->count == list->room && group_list_grow(list) < 0)
		return -ENOMEM;
	if (*group_slot(list, group) == group)
		return 0;
	*group_slot(list, group) = group;
	list->groups[list->count++] = group;
	return 0;
}

static int mount_list_add(struct mount_list *list, struct mount *mount)
{
	if (list->count == list->room) {
		size_t room = list->room ? list->room * 2 : 64;
		struct mount **larger = reallocarray(list->mounts, room, sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		list->mounts = larger;
		list->room = room;
	}
	list->mounts[list->count++] = mount;
	return 0;
}

/* Add the members of @group and its slaves to @receivers, and the slaves' own groups to @groups. */
static int add_receivers_of_group(const struct snapshot *snapshot, int group,
	const struct mount *from, struct mount_list *receivers, struct group_list *groups)
{
	int r = 0;

	for (struct mount *peer = snapshot_first_peer(snapshot, group); peer && r == 0;
		peer = mount_next_peer(peer)) {
		/* @from may be of another snapshot. Mounts that a plan has added have no ids. */
		bool is_from = peer == from ||
			       (from->id ? peer->id == from->id
					 : from->short_id && peer->short_id == from->short_id);

		if (!is_from)
			r = mount_list_add(receivers, peer);
	}
	for (struct mount *slave = snapshot_first_slave(snapshot, group); slave && r == 0;
		slave = mount_next_slave(slave))
		/* A slave that is also shared is added as a member of its group. */
		r = slave->group ? group_list_add_once(groups, slave->group)
				 : mount_list_add(receivers, slave);
	return r;
}

int propagation_receivers(const struct namespaces *namespaces, const struct mount *from,
	struct mount ***receivers, size_t *count)
{
	struct mount_list list = {0};
	struct group_list groups = {0};
	int r;

	r = from->group ? group_list_add_once(&groups, from->group) : 0;
	for (size_t g = 0; g < groups.count && r == 0; g++)
		for (size_t i = 0; i < namespaces->count && r == 0; i++)
			if (namespaces->list[i].snapshot)
				r = add_receivers_of_group(namespaces->list[i].snapshot,
					groups.groups[g], from, &list, &groups);
	free(groups.groups);
	free(groups.table);
	if (r < 0) {
		free(list.mounts);
		return r;
	}
	*receivers = list.mounts;
	*count = list.count;
	return 0;
}

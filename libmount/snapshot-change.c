/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "snapshot-change.h"

#include <errno.h>
#include <libmount.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "snapshot-index.h"
#include "util.h"

/* Take @mount out of the chain of @id's bucket. The chain's link is the member at @offset. */
static void unchain(struct buckets *buckets, int id, struct mount *mount, size_t offset)
{
	struct mount **link = &buckets->first[bucket_of(buckets, id)];

	while (*link && *link != mount)
		link = (struct mount **)((char *)*link + offset);
	if (*link)
		*link = *(struct mount **)((char *)mount + offset);
	*(struct mount **)((char *)mount + offset) = NULL;
}

static void enchain(struct buckets *buckets, int id, struct mount *mount, size_t offset)
{
	struct mount **link = &buckets->first[bucket_of(buckets, id)];

	*(struct mount **)((char *)mount + offset) = *link;
	*link = mount;
}

struct mount *snapshot_add(
	struct snapshot *snapshot, dev_t device, const char *root, const char *target)
{
	struct mount **larger =
		reallocarray(snapshot->added, snapshot->added_count + 1, sizeof(*larger));
	struct mount *mount = calloc(1, sizeof(*mount));

	if (larger)
		snapshot->added = larger;
	if (!larger || !mount) {
		free(mount);
		return NULL;
	}
	*mount = (struct mount){
		.snapshot = snapshot,
		.has_details = true,
		.device = device,
		.root = root ? strdup(root) : NULL,
		.target = target ? strdup(target) : NULL,
	};
	snapshot->added[snapshot->added_count++] = mount;
	return (root && !mount->root) || (target && !mount->target) ? NULL : mount;
}

void mount_reparent(struct mount *mount, struct mount *parent)
{
	struct mount *old = mount->parent;

	if (old) {
		struct mount **link = &old->first_child, *before = NULL;

		while (*link != mount) {
			before = *link;
			link = &(*link)->next_sibling;
		}
		*link = mount->next_sibling;
		if (old->last_child == mount)
			old->last_child = before;
	}
	mount->next_sibling = NULL;
	mount->parent = parent;
	mount->short_parent_id = parent ? parent->short_id : 0;
	if (!parent)
		return;
	if (parent->last_child)
		parent->last_child->next_sibling = mount;
	else
		parent->first_child = mount;
	parent->last_child = mount;
}

void mount_set_ids(struct mount *mount, uint64_t id, int short_id)
{
	mount->id = id;
	mount->short_id = short_id;
	enchain(&mount->snapshot->by_id, short_id, mount, offsetof(struct mount, id_chain));
}

void mount_set_groups(struct mount *mount, int group, int master)
{
	struct snapshot *snapshot = mount->snapshot;

	if (mount->group)
		unchain(&snapshot->by_group, mount->group, mount,
			offsetof(struct mount, group_chain));
	if (mount->master)
		unchain(&snapshot->by_master, mount->master, mount,
			offsetof(struct mount, master_chain));
	mount->group = group;
	mount->master = master;
	if (group)
		enchain(&snapshot->by_group, group, mount, offsetof(struct mount, group_chain));
	if (master)
		enchain(&snapshot->by_master, master, mount, offsetof(struct mount, master_chain));
}

void mount_remove(struct mount *mount)
{
	mount_reparent(mount, NULL);
	mount_set_groups(mount, 0, 0);
	unchain(&mount->snapshot->by_id, mount->short_id, mount, offsetof(struct mount, id_chain));
	mount->is_gone = true;
}

int mount_set_target(struct mount *mount, const char *target)
{
	char *copy;

	if (mount->fs && mount->snapshot->table) {
		if (mnt_fs_set_target(mount->fs, target) != 0)
			return -ENOMEM;
		mount->target = (char *)mnt_fs_get_target(mount->fs);
		return 0;
	}
	copy = strdup(target);
	if (!copy)
		return -ENOMEM;
	free(mount->target);
	mount->target = copy;
	return 0;
}

void mount_put_before(struct mount *mount, struct mount *sibling)
{
	struct mount *parent = mount->parent, *previous = sibling, **link = &parent->first_child;

	while (previous->next_sibling != mount)
		previous = previous->next_sibling;
	previous->next_sibling = mount->next_sibling;
	if (parent->last_child == mount)
		parent->last_child = previous;
	while (*link != sibling)
		link = &(*link)->next_sibling;
	*link = mount;
	mount->next_sibling = sibling;
}

static void swap_buckets(struct buckets *one, struct buckets *other)
{
	struct buckets buckets = *one;

	*one = *other;
	*other = buckets;
}

int snapshot_reorder(struct snapshot *snapshot, struct mount *const *order)
{
	_cleanup_(cleanup_snapshot) struct snapshot *ordered = NULL;
	struct mount *old_mounts = snapshot->mounts;
	int r = snapshot_new(snapshot->size, &ordered);

	if (r < 0)
		return r;
	for (size_t i = 0; i < snapshot->size; i++) {
		struct mount *mount = &ordered->mounts[i];

		*mount = *order[i];
		mount->parent = mount->first_child = mount->last_child = mount->next_sibling = NULL;
		mount->id_chain = mount->group_chain = mount->master_chain = NULL;
	}
	r = snapshot_index(ordered);
	if (r == 0) {
		for (size_t i = 0; i < snapshot->size; i++)
			ordered->mounts[i].snapshot = snapshot;
		snapshot->mounts = ordered->mounts;
		ordered->mounts = old_mounts;
		swap_buckets(&snapshot->by_id, &ordered->by_id);
		swap_buckets(&snapshot->by_group, &ordered->by_group);
		swap_buckets(&snapshot->by_master, &ordered->by_master);
		snapshot->root = ordered->root;
	}
	ordered->size = 0; /* the texts of the mounts stay with the snapshot */
	return r;
}

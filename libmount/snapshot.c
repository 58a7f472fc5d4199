/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "snapshot.h"

#include <errno.h>
#include <libmount.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "snapshot-index.h"
#include "util.h"

static int allocate_buckets(struct buckets *buckets, size_t count)
{
	size_t size = 16;

	while (size < count)
		size *= 2;
	buckets->first = calloc(size, sizeof(*buckets->first));
	buckets->mask = size - 1;
	return buckets->first ? 0 : -ENOMEM;
}

int snapshot_new(size_t size, struct snapshot **ret)
{
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = calloc(1, sizeof(*snapshot));

	if (!snapshot)
		return -ENOMEM;
	snapshot->mounts = calloc(size ? size : 1, sizeof(*snapshot->mounts));
	if (!snapshot->mounts)
		return -ENOMEM;
	snapshot->size = size;
	*ret = steal_pointer(&snapshot);
	return 0;
}

/* In a table that changed while it was read, or that somebody wrote by hand, a mount can be its own
 * ancestor. To make every walk to the root end, the first mount of such a cycle, in the order of
 * reading, loses its parent. */
static int break_cycles(struct snapshot *snapshot)
{
	_cleanup_free_ size_t *seen_from = calloc(snapshot->size + 1, sizeof(*seen_from));

	if (!seen_from)
		return -ENOMEM;
	for (size_t i = 0; i < snapshot->size; i++) {
		struct mount *mount = &snapshot->mounts[i];

		while (mount && !seen_from[mount - snapshot->mounts]) {
			seen_from[mount - snapshot->mounts] = i + 1;
			mount = mount->parent;
		}
		if (mount && seen_from[mount - snapshot->mounts] == i + 1)
			mount->parent = NULL;
	}
	return 0;
}

static void append_to_parent(struct mount *mount)
{
	struct mount *parent = mount->parent;

	if (!parent) {
		if (!mount->snapshot->root)
			mount->snapshot->root = mount;
	} else if (parent->last_child) {
		parent->last_child->next_sibling = mount;
		parent->last_child = mount;
	} else {
		parent->first_child = parent->last_child = mount;
	}
}

/* Build every index. Each mount goes to the front of its chains, so the loop runs backwards and the
 * chains are in the order of reading. */
int snapshot_index(struct snapshot *snapshot)
{
	if (allocate_buckets(&snapshot->by_id, snapshot->size) < 0 ||
		allocate_buckets(&snapshot->by_group, snapshot->size) < 0 ||
		allocate_buckets(&snapshot->by_master, snapshot->size) < 0)
		return -ENOMEM;

	for (size_t i = snapshot->size; i-- > 0;) {
		struct mount *mount = &snapshot->mounts[i];
		struct mount **bucket =
			&snapshot->by_id.first[bucket_of(&snapshot->by_id, mount->short_id)];

		mount->snapshot = snapshot;
		mount->id_chain = *bucket;
		*bucket = mount;
		if (mount->group) {
			bucket = &snapshot->by_group
					  .first[bucket_of(&snapshot->by_group, mount->group)];
			mount->group_chain = *bucket;
			*bucket = mount;
		}
		if (mount->master) {
			bucket = &snapshot->by_master
					  .first[bucket_of(&snapshot->by_master, mount->master)];
			mount->master_chain = *bucket;
			*bucket = mount;
		}
	}
	for (size_t i = 0; i < snapshot->size; i++) {
		struct mount *mount = &snapshot->mounts[i];

		if (mount->short_parent_id != mount->short_id)
			mount->parent = snapshot_find(snapshot, mount->short_parent_id);
	}
	if (break_cycles(snapshot) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < snapshot->size; i++)
		append_to_parent(&snapshot->mounts[i]);
	return 0;
}

void snapshot_free(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	for (size_t i = 0; i < snapshot->size && !snapshot->table; i++) {
		free(snapshot->mounts[i].root);
		free(snapshot->mounts[i].target);
	}
	for (size_t i = 0; i < snapshot->added_count; i++) {
		free(snapshot->added[i]->root);
		free(snapshot->added[i]->target);
		free(snapshot->added[i]);
	}
	free(snapshot->added);
	free(snapshot->mounts);
	free(snapshot->by_id.first);
	free(snapshot->by_group.first);
	free(snapshot->by_master.first);
	free(snapshot->buffer.data);
	mnt_unref_table(snapshot->table);
	mnt_unref_table(snapshot->names);
	free(snapshot);
}

void snapshot_take_names(struct snapshot *snapshot, const struct snapshot *parsed)
{
	struct mount *mount;

	snapshot->names = parsed->table;
	mnt_ref_table(snapshot->names);
	snapshot_for_each (mount, snapshot) {
		const struct mount *same = snapshot_find(parsed, mount->short_id);

		mount->fs = same ? same->fs : NULL;
	}
}

size_t snapshot_size(const struct snapshot *snapshot)
{
	return snapshot->size + snapshot->added_count;
}

struct mount *snapshot_mount(const struct snapshot *snapshot, size_t index)
{
	if (index < snapshot->size)
		return &snapshot->mounts[index];
	index -= snapshot->size;
	return index < snapshot->added_count ? snapshot->added[index] : NULL;
}

struct mount *snapshot_root(const struct snapshot *snapshot)
{
	return snapshot->root;
}

struct mount *snapshot_find(const struct snapshot *snapshot, int short_id)
{
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a failed fopen() sets errno, which
	 * the analyzer does not know */
	struct mount *mount = snapshot->by_id.first[bucket_of(&snapshot->by_id, short_id)];

	while (mount && mount->short_id != short_id)
		mount = mount->id_chain;
	return mount;
}

static int compare_ids(const void *a, const void *b)
{
	const struct mount *one = *(struct mount *const *)a, *other = *(struct mount *const *)b;

	if (one->short_id != other->short_id)
		return one->short_id < other->short_id ? -1 : 1;
	return one < other ? -1 : one > other;
}

int snapshot_sort_children(struct snapshot *snapshot)
{
	_cleanup_free_ struct mount **sorted = calloc(snapshot->size + 1, sizeof(*sorted));

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < snapshot->size; i++) {
		sorted[i] = &snapshot->mounts[i];
		sorted[i]->first_child = sorted[i]->last_child = sorted[i]->next_sibling = NULL;
	}
	qsort(sorted, snapshot->size, sizeof(*sorted), compare_ids);
	for (size_t i = 0; i < snapshot->size; i++)
		append_to_parent(sorted[i]);
	return 0;
}

static struct mount *skip_other_groups(struct mount *mount, int group)
{
	while (mount && mount->group != group)
		mount = mount->group_chain;
	return mount;
}

static struct mount *skip_other_masters(struct mount *mount, int group)
{
	while (mount && mount->master != group)
		mount = mount->master_chain;
	return mount;
}

struct mount *snapshot_first_peer(const struct snapshot *snapshot, int group)
{
	return skip_other_groups(
		snapshot->by_group.first[bucket_of(&snapshot->by_group, group)], group);
}

struct mount *mount_next_peer(const struct mount *mount)
{
	return skip_other_groups(mount->group_chain, mount->group);
}

struct mount *snapshot_first_slave(const struct snapshot *snapshot, int group)
{
	return skip_other_masters(
		snapshot->by_master.first[bucket_of(&snapshot->by_master, group)], group);
}

struct mount *mount_next_slave(const struct mount *mount)
{
	return skip_other_masters(mount->master_chain, mount->master);
}

/* ---- details ---- */

/* A copy of a string of statmount's answer; NULL: the answer lacks it, or it is empty. */
static char *copy_string(struct snapshot *snapshot, uint64_t bit, uint32_t offset)
{
	const char *string = kernel_statmount_string(snapshot->buffer.data, bit, offset);
	char *copy = string && *string ? strdup(string) : NULL;

	if (string && *string && !copy)
		snapshot->error = -ENOMEM;
	return copy;
}

void mount_take_details(struct mount *mount, struct snapshot *snapshot)
{
	const struct kernel_statmount *answer = snapshot->buffer.data;

	mount->has_details = true;
	mount->device = makedev(answer->sb_dev_major, answer->sb_dev_minor);
	mount->root = copy_string(snapshot, KERNEL_STATMOUNT_MNT_ROOT, answer->mnt_root);
	mount->target = copy_string(snapshot, KERNEL_STATMOUNT_MNT_POINT, answer->mnt_point);
}

/* Read what a light snapshot left out. A mount that has been unmounted since keeps NULL for its
 * root and target, as does one that can't be read. */
static void fetch_details(struct mount *mount)
{
	struct snapshot *snapshot = mount->snapshot;
	int r;

	if (mount->has_details)
		return;
	mount->has_details = true;
	r = kernel_statmount(
		mount->id, snapshot->namespace_id, SNAPSHOT_DETAILS, &snapshot->buffer);
	if (r == -ENOMEM)
		snapshot->error = r;
	if (r < 0 && r != -ENOENT)
		snapshot->details_error = r;
	if (r == 0)
		mount_take_details(mount, snapshot);
}

int snapshot_error(const struct snapshot *snapshot)
{
	return snapshot->error;
}

int snapshot_details_error(const struct snapshot *snapshot)
{
	return snapshot->error ? snapshot->error : snapshot->details_error;
}

const char *mount_root(struct mount *mount)
{
	fetch_details(mount);
	return mount->root;
}

const char *mount_target(struct mount *mount)
{
	fetch_details(mount);
	return mount->target;
}

dev_t mount_device(struct mount *mount)
{
	if (!mount->device)
		fetch_details(mount);
	return mount->device;
}

struct mount_identity mount_get_identity(const struct mount *mount)
{
	return (struct mount_identity){.unique_id = mount->id, .short_id = mount->short_id};
}

bool mount_shows(struct mount *mount, dev_t device, const char *root)
{
	return mount_device(mount) == device && mount_root(mount) &&
	       strcmp(mount_root(mount), root) == 0;
}

/* ---- the tree ---- */

struct mount *mount_next_below(const struct mount *top, const struct mount *mount)
{
	if (mount->first_child)
		return mount->first_child;
	while (mount != top && !mount->next_sibling)
		mount = mount->parent;
	return mount == top ? NULL : mount->next_sibling;
}

struct mount *mount_cover(const struct mount *mount)
{
	const char *target = mount_target((struct mount *)mount);

	for (struct mount *child = mount->first_child; child; child = child->next_sibling) {
		const char *at = mount_target(child);

		/* Where a target is not known, a child is taken to cover its parent. */
		if (!target || !at || strcmp(at, target) == 0)
			return child;
	}
	return NULL;
}

bool mount_is_cover(const struct mount *mount)
{
	const char *at, *parent_at;

	if (!mount->parent)
		return false;
	at = mount_target((struct mount *)mount);
	parent_at = mount_target(mount->parent);
	if (at && parent_at && strcmp(at, parent_at) != 0)
		return false;
	return mount_cover(mount->parent) == mount;
}

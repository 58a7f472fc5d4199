/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "snapshot.h"

#include <errno.h>
#include <libmount.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>

#include "kernel.h"
#include "snapshot-index.h"
#include "table.h"
#include "util.h"

static int buckets_allocate(struct buckets *buckets, size_t count)
{
	size_t size = 16;

	while (size < count)
		size *= 2;
	buckets->first = calloc(size, sizeof(*buckets->first));
	buckets->mask = size - 1;
	return buckets->first ? 0 : -ENOMEM;
}

static int snapshot_new(size_t size, struct snapshot **ret)
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

/* A table that was read while mounts came and went, or that somebody made up, may say that a mount
 * is below itself. Whoever walks to the root must get there: the first mount of such a ring, in the
 * order of reading, loses its parent. */
static int snapshot_break_cycles(struct snapshot *snapshot)
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

static void mount_append_to_parent(struct mount *mount)
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

/* Build every index over the filled mounts. Chains keep the order of reading, so it goes backwards.
 */
static int snapshot_index(struct snapshot *snapshot)
{
	if (buckets_allocate(&snapshot->by_id, snapshot->size) < 0 ||
		buckets_allocate(&snapshot->by_group, snapshot->size) < 0 ||
		buckets_allocate(&snapshot->by_master, snapshot->size) < 0)
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
	if (snapshot_break_cycles(snapshot) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < snapshot->size; i++)
		mount_append_to_parent(&snapshot->mounts[i]);
	return 0;
}

/* ---- from statmount ---- */

#define LIGHT_MASK KERNEL_STATMOUNT_MNT_BASIC
#define DETAIL_MASK                                                                                \
	(KERNEL_STATMOUNT_SB_BASIC | KERNEL_STATMOUNT_MNT_ROOT | KERNEL_STATMOUNT_MNT_POINT)

static void mount_fill(struct mount *mount, const struct kernel_statmount *answer)
{
	mount->id = answer->mnt_id;
	mount->short_id = (int)answer->mnt_id_old;
	mount->short_parent_id = (int)answer->mnt_parent_id_old;
	mount->group = (int)answer->mnt_peer_group;
	mount->master = (int)answer->mnt_master;
	mount->unbindable = answer->mnt_propagation & MS_UNBINDABLE;
}

static int snapshot_of_ids(
	uint64_t namespace_id, const uint64_t *ids, size_t count, struct snapshot **ret)
{
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	size_t filled = 0;
	int r;

	r = snapshot_new(count, &snapshot);
	if (r < 0)
		return r;
	snapshot->namespace_id = namespace_id;
	for (size_t i = 0; i < count; i++) {
		r = kernel_statmount(ids[i], namespace_id, LIGHT_MASK, &snapshot->buffer);
		if (r == -ENOENT)
			continue; /* unmounted since it was listed */
		if (r < 0)
			return r;
		mount_fill(&snapshot->mounts[filled++], snapshot->buffer.data);
	}
	snapshot->size = filled;
	r = snapshot_index(snapshot);
	if (r < 0)
		return r;
	*ret = steal_pointer(&snapshot);
	return 0;
}

int snapshot_read_namespace(uint64_t namespace_id, struct snapshot **ret)
{
	_cleanup_free_ uint64_t *ids = NULL;
	size_t count;
	int r;

	r = kernel_listmount(namespace_id, &ids, &count);
	if (r < 0)
		return r;
	return snapshot_of_ids(namespace_id, ids, count, ret);
}

/* Fetch what a light snapshot left out. A mount that is gone since then keeps NULL for its names.
 */
static void mount_fetch_details(struct mount *mount)
{
	struct snapshot *snapshot = mount->snapshot;
	const struct kernel_statmount *answer;
	const char *string;

	if (mount->has_details)
		return;
	mount->has_details = true;
	if (kernel_statmount(mount->id, snapshot->namespace_id, DETAIL_MASK, &snapshot->buffer) < 0)
		return;
	answer = snapshot->buffer.data;
	mount->device = makedev(answer->sb_dev_major, answer->sb_dev_minor);
	string = kernel_statmount_string(answer, KERNEL_STATMOUNT_MNT_ROOT, answer->mnt_root);
	mount->root = string ? strdup(string) : NULL;
	string = kernel_statmount_string(answer, KERNEL_STATMOUNT_MNT_POINT, answer->mnt_point);
	mount->target = string && *string ? strdup(string) : NULL;
}

/* ---- from mountinfo ---- */

/* What follows @name in the optional fields "shared:N master:N propagate_from:N unbindable", among
 * which newer kernels may have others; NULL: it is not there. */
static const char *optional_field(const char *fields, const char *name)
{
	size_t length = strlen(name);

	for (; fields && *fields; fields += strspn(fields, " ")) {
		if (strncmp(fields, name, length) == 0)
			return fields + length;
		fields += strcspn(fields, " ");
	}
	return NULL;
}

static int optional_number(const char *fields, const char *name)
{
	const char *value = optional_field(fields, name);

	return value ? (int)strtol(value, NULL, 10) : 0;
}

static void mount_fill_from_fs(struct mount *mount, struct libmnt_fs *fs)
{
	const char *fields = mnt_fs_get_optional_fields(fs);

	mount->fs = fs;
	mount->short_id = mnt_fs_get_id(fs);
	mount->short_parent_id = mnt_fs_get_parent_id(fs);
	mount->group = optional_number(fields, "shared:");
	mount->master = optional_number(fields, "master:");
	mount->unbindable = optional_field(fields, "unbindable");
	mount->has_details = true;
	mount->device = mnt_fs_get_devno(fs);
	mount->root = (char *)(mnt_fs_get_root(fs) ?: "");
	mount->target = (char *)(mnt_fs_get_target(fs) ?: "");
}

int snapshot_of_table(struct libmnt_table *table, struct snapshot **ret)
{
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	struct libmnt_iter *iterator;
	struct libmnt_fs *fs;
	size_t filled = 0;
	int r;

	r = snapshot_new((size_t)mnt_table_get_nents(table), &snapshot);
	if (r < 0)
		return r;
	snapshot->table = table;
	mnt_ref_table(table);
	iterator = mnt_new_iter(MNT_ITER_FORWARD);
	if (!iterator)
		return -ENOMEM;
	while (filled < snapshot->size && mnt_table_next_fs(table, iterator, &fs) == 0)
		mount_fill_from_fs(&snapshot->mounts[filled++], fs);
	mnt_free_iter(iterator);
	r = snapshot_index(snapshot);
	if (r < 0)
		return r;
	*ret = steal_pointer(&snapshot);
	return 0;
}

int snapshot_parse(FILE *text, const char *name, struct snapshot **ret)
{
	struct libmnt_table *table = mnt_new_table();
	int r;

	if (!table)
		return -ENOMEM;
	r = table_parse_stream(table, text, name);
	if (r == 0)
		r = snapshot_of_table(table, ret);
	mnt_unref_table(table);
	return r;
}

int snapshot_parse_text(char *text, size_t size, struct snapshot **ret)
{
	_cleanup_fclose_ FILE *stream = fmemopen(size ? text : "\n", size ?: 1, "r");

	/* An absolute name, or libmount asks for the working directory to make it one. */
	return stream ? snapshot_parse(stream, "/mountinfo", ret) : -errno;
}

static int snapshot_read_mountinfo(struct snapshot **ret)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/self/mountinfo", "re");

	if (!file)
		return -errno;
	return snapshot_parse(file, "/proc/self/mountinfo", ret);
}

/* ---- either way ---- */

int snapshot_read(enum snapshot_detail detail, struct snapshot **ret)
{
	int r = -ENOSYS;

	if (detail == SNAPSHOT_LIGHT)
		r = snapshot_read_namespace(0, ret);
	return r == -ENOSYS ? snapshot_read_mountinfo(ret) : r;
}

static int snapshot_read_found(int short_id, struct snapshot **ret, struct mount **mount)
{
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	int r;

	r = snapshot_read(SNAPSHOT_LIGHT, &snapshot);
	if (r < 0)
		return r;
	*mount = snapshot_find(snapshot, short_id);
	if (!*mount)
		return -ENOENT;
	*ret = steal_pointer(&snapshot);
	return 0;
}

int snapshot_read_one(uint64_t unique_id, int short_id, struct snapshot **ret, struct mount **mount)
{
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	int r;

	if (!unique_id)
		return snapshot_read_found(short_id, ret, mount);
	r = snapshot_of_ids(0, &unique_id, 1, &snapshot);
	if (r < 0)
		return r;
	*mount = snapshot_mount(snapshot, 0);
	if (!*mount)
		return -ENOENT;
	*ret = steal_pointer(&snapshot);
	return 0;
}

int snapshot_read_parent(const struct mount *mount, struct snapshot **ret, struct mount **parent)
{
	struct statmount_buffer buffer = {0};
	uint64_t parent_id;
	int r;

	if (!mount->id)
		return snapshot_read_found(mount->short_parent_id, ret, parent);
	r = kernel_statmount(mount->id, mount->snapshot->namespace_id, LIGHT_MASK, &buffer);
	parent_id = r < 0 ? 0 : buffer.data->mnt_parent_id;
	free(buffer.data);
	return r < 0 ? r : snapshot_read_one(parent_id, 0, ret, parent);
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
	free(snapshot);
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

struct libmnt_table *snapshot_table(const struct snapshot *snapshot)
{
	return snapshot->table;
}

struct mount *snapshot_find(const struct snapshot *snapshot, int short_id)
{
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): fopen() has set errno */
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
		mount_append_to_parent(sorted[i]);
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

const char *mount_root(struct mount *mount)
{
	mount_fetch_details(mount);
	return mount->root;
}

const char *mount_target(struct mount *mount)
{
	mount_fetch_details(mount);
	return mount->target;
}

dev_t mount_device(struct mount *mount)
{
	mount_fetch_details(mount);
	return mount->device;
}

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

		/* Out of the caller's sight nothing says where a child is; one that is there is
		 * taken to cover its parent. */
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

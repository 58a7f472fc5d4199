/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stack.h"

#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel.h"
#include "path.h"
#include "snapshot-change.h"
#include "snapshot-read.h"
#include "snapshot.h"
#include "table.h"
#include "util.h"

int stack_find(struct libmnt_table *table, const char *path, struct libmnt_fs **fs)
{
	struct mount_identity identity;
	int r = kernel_identify(AT_FDCWD, path, AT_STATX_DONT_SYNC, &identity);

	*fs = r < 0 ? NULL : table_find_id(table, identity.short_id);
	return r < 0 ? r : *fs ? 0 : -ENOENT;
}

struct libmnt_fs *stack_beneath(struct libmnt_table *table, struct libmnt_fs *fs)
{
	struct libmnt_fs *parent = table_find_id(table, mnt_fs_get_parent_id(fs));

	return parent && parent != fs &&
			       strcmp(mnt_fs_get_target(parent), mnt_fs_get_target(fs)) == 0
		       ? parent
		       : NULL;
}

int stack_shows(struct libmnt_table *table, struct libmnt_fs *fs, struct libmnt_fs **cover)
{
	int r = stack_find(table, mnt_fs_get_target(fs), cover);

	if (r < 0 && r != -ENOENT && r != -ENOTDIR)
		return r;
	if (*cover != fs)
		return 0;
	*cover = NULL;
	return 1;
}

/* "/.." ends in the mount that covers the root, if there is one. */
static bool is_plain_root(uint64_t id)
{
	struct mount_identity root, cover;

	return kernel_identify(AT_FDCWD, "/", AT_STATX_DONT_SYNC, &root) == 0 &&
	       kernel_identify(AT_FDCWD, "/..", AT_STATX_DONT_SYNC, &cover) == 0 &&
	       root.unique_id == id && cover.unique_id == id;
}

bool stack_is_alone(const char *path)
{
	const uint64_t asked = KERNEL_STATMOUNT_MNT_BASIC | KERNEL_STATMOUNT_MNT_POINT;
	_cleanup_free_ struct kernel_statmount *answer = NULL;
	struct statmount_buffer buffer = {0};
	struct mount_identity identity;
	const char *target;

	if (kernel_identify(AT_FDCWD, path, AT_STATX_DONT_SYNC, &identity) < 0 ||
		!identity.is_root || !identity.unique_id)
		return false;
	if (kernel_statmount(identity.unique_id, 0, asked, &buffer) < 0) {
		free(buffer.data);
		return false;
	}
	answer = buffer.data;
	target = kernel_statmount_string(answer, KERNEL_STATMOUNT_MNT_POINT, answer->mnt_point);
	return target && strcmp(target, path) == 0 && answer->mnt_parent_id != identity.unique_id &&
	       is_plain_root(answer->mnt_parent_id);
}

/* ---- the order of the mounts of a path ---- */

/* A mount of the snapshot. Mounts of one path are a list, in the order of the snapshot. */
struct line {
	struct mount *mount;
	size_t index, rank;
	struct line *next_of_path, *last_of_path; /* the last: known to the first of a path */
};

struct lines {
	struct line *list;   /* in the order of the snapshot */
	struct line **first; /* of a path, by hash */
	size_t count, mask;
	struct line **sorted; /* room for all lines */
	struct mount **order; /* of all lines, as it shall be */
};

static void lines_clear(struct lines *lines)
{
	free(lines->list);
	free(lines->first);
	free(lines->sorted);
	free(lines->order);
}

static uint64_t hash_of(const char *text)
{
	const uint64_t factor = 0x9e3779b97f4a7c15U;
	uint64_t hash = 0, word;
	size_t length = strlen(text);

	for (size_t i = 0; i < length; i += sizeof(word)) {
		word = 0;
		memcpy(&word, text + i, length - i < sizeof(word) ? length - i : sizeof(word));
		hash = ((hash << 5 | hash >> 59) ^ word) * factor;
	}
	hash = (hash ^ hash >> 32) * factor;
	return hash ^ hash >> 32;
}

/* A power of two that is twice as large as @count or more. */
static size_t buckets_for(size_t count)
{
	size_t size = 16;

	while (size < 2 * count)
		size *= 2;
	return size;
}

/* Whether any path has several mounts. Most tables have no such path, and large ones are to cost
 * little: the other functions need more memory. -ENOMEM. */
static int has_stack(const struct snapshot *snapshot)
{
	/* Of a mount: a part of the hash of its path, and its index plus one. */
	struct slot {
		uint32_t hash, number;
	};
	size_t count = snapshot_size(snapshot), size = buckets_for(count);
	_cleanup_free_ struct slot *slots = calloc(size, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const char *target = mount_target(snapshot_mount(snapshot, i)) ?: "", *other;
		uint64_t hash = hash_of(target);
		size_t bucket = (size_t)hash & (size - 1);

		for (; slots[bucket].number; bucket = (bucket + 1) & (size - 1)) {
			if (slots[bucket].hash != (uint32_t)(hash >> 32))
				continue;
			other = mount_target(snapshot_mount(snapshot, slots[bucket].number - 1));
			if (strcmp(other ?: "", target) == 0)
				return 1;
		}
		slots[bucket] = (struct slot){(uint32_t)(hash >> 32), (uint32_t)i + 1};
	}
	return 0;
}

static const char *target_of(const struct line *line)
{
	return mount_target(line->mount) ?: "";
}

static int lines_new(struct lines *lines, const struct snapshot *snapshot)
{
	size_t size;

	lines->count = snapshot_size(snapshot);
	size = buckets_for(lines->count);
	lines->mask = size - 1;
	lines->list = calloc(lines->count, sizeof(*lines->list));
	lines->first = calloc(size, sizeof(struct line *));
	lines->sorted = calloc(lines->count, sizeof(struct line *));
	lines->order = calloc(lines->count, sizeof(struct mount *));
	return lines->list && lines->first && lines->sorted && lines->order ? 0 : -ENOMEM;
}

/* Find the mounts of one path. */
static void lines_group(struct lines *lines, const struct snapshot *snapshot)
{
	for (size_t i = 0; i < lines->count; i++) {
		struct line *line = &lines->list[i], *first;
		size_t bucket;

		*line = (struct line){.mount = snapshot_mount(snapshot, i), .index = i};
		bucket = (size_t)hash_of(target_of(line)) & lines->mask;
		while ((first = lines->first[bucket]) &&
			strcmp(target_of(first), target_of(line)) != 0)
			bucket = (bucket + 1) & lines->mask;
		if (first)
			first->last_of_path->next_of_path = line;
		else
			first = lines->first[bucket] = line;
		first->last_of_path = line;
	}
}

/* For the order in which children are put on the heap of lines to visit, which is taken from its
 * end. */
static int compare_children(const void *a, const void *b)
{
	const struct line *one = *(struct line *const *)a, *other = *(struct line *const *)b;
	size_t length = strlen(target_of(one)), other_length = strlen(target_of(other));

	if (length != other_length)
		return length < other_length ? -1 : 1;
	return one->index > other->index ? -1 : 1;
}

/*
 * Give each line its rank: mounts that are covered come before those that cover them.
 *
 * The tree is visited from the root. Of a mount's children those with the longest paths come first:
 * a child at /a/b, on the same parent as a child at /a, lies on a directory that the child at /a
 * has covered since. The cover of the mount itself has the shortest path, and so comes last with
 * all that is on it.
 */
static void lines_rank(struct lines *lines)
{
	struct line **to_visit = lines->sorted;
	size_t waiting = 0, rank = 0;

	for (size_t i = 0; i < lines->count; i++)
		lines->list[i].mount->user = &lines->list[i];
	for (size_t i = lines->count; i-- > 0;)
		if (!lines->list[i].mount->parent)
			to_visit[waiting++] = &lines->list[i];
	while (waiting > 0) {
		struct line *line = to_visit[--waiting];
		size_t children = waiting;

		line->rank = rank++;
		for (struct mount *child = line->mount->first_child; child;
			child = child->next_sibling)
			to_visit[waiting++] = child->user;
		qsort(to_visit + children, waiting - children, sizeof(struct line *),
			compare_children);
	}
	for (size_t i = 0; i < lines->count; i++)
		lines->list[i].mount->user = NULL;
}

static int compare_ranks(const void *a, const void *b)
{
	const struct line *one = *(struct line *const *)a, *other = *(struct line *const *)b;

	return one->rank < other->rank ? -1 : 1;
}

/* Sort the lines of one path into the places that they have. Returns whether any has moved. */
static bool sort_path(struct lines *lines, struct line *first)
{
	size_t count = 0;
	bool has_moved = false;

	for (struct line *line = first; line; line = line->next_of_path)
		lines->sorted[count++] = line;
	qsort(lines->sorted, count, sizeof(struct line *), compare_ranks);
	count = 0;
	for (struct line *line = first; line; line = line->next_of_path) {
		const struct line *sorted = lines->sorted[count++];

		lines->order[line->index] = sorted->mount;
		sorted->mount->is_hidden = line->next_of_path;
		has_moved = has_moved || sorted != line;
	}
	return has_moved;
}

/* Find the order of all mounts; lines->order is NULL if they have it already. */
static int lines_sort(struct lines *lines, const struct snapshot *snapshot)
{
	bool has_moved = false;
	int r = has_stack(snapshot);

	if (r <= 0)
		return r;
	if (lines_new(lines, snapshot) < 0)
		return -ENOMEM;
	lines_group(lines, snapshot);
	lines_rank(lines);
	for (size_t i = 0; i < lines->count; i++)
		lines->order[i] = lines->list[i].mount;
	for (size_t bucket = 0; bucket <= lines->mask; bucket++)
		if (lines->first[bucket] && lines->first[bucket]->next_of_path &&
			sort_path(lines, lines->first[bucket]))
			has_moved = true;
	if (!has_moved)
		free(steal_pointer(&lines->order));
	return has_moved;
}

int stack_order_snapshot(struct snapshot *snapshot)
{
	_cleanup_(lines_clear) struct lines lines = {0};
	int r = lines_sort(&lines, snapshot);

	if (r > 0 && snapshot_reorder(snapshot, lines.order) < 0)
		return -ENOMEM;
	return r;
}

/* ---- the order of the tree ---- */

static bool covers_way_to(struct mount *upper, struct mount *lower)
{
	const char *directory = mount_target(upper) ?: "", *path = mount_target(lower) ?: "";

	return path_below(path, directory) && strcmp(path, directory) != 0;
}

/* Where a sibling covers the directory that @mount lies on, @mount comes before the sibling. */
static void put_before_covers(struct mount *mount)
{
	struct mount *sibling = mount->parent->first_child;

	while (sibling != mount && !covers_way_to(sibling, mount))
		sibling = sibling->next_sibling;
	if (sibling != mount)
		mount_put_before(mount, sibling);
}

int stack_sort_children(struct snapshot *snapshot)
{
	int r = snapshot_sort_children(snapshot);
	struct mount *mount;

	if (r < 0)
		return r;
	/* Most hidden mounts have the mount that hides them on them: the order of the tree is
	 * right. */
	snapshot_for_each (mount, snapshot)
		if (mount->is_hidden && !mount_cover(mount))
			for (; mount->parent; mount = mount->parent)
				put_before_covers(mount);
	return 0;
}

int stack_order_table(struct libmnt_table *table)
{
	_cleanup_(lines_clear) struct lines lines = {0};
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	int r = snapshot_of_table(table, &snapshot);

	if (r == 0)
		r = lines_sort(&lines, snapshot);
	/* Without a position, libmount appends. So all entries are appended, in their new order. */
	for (size_t i = 0; i < lines.count && r > 0; i++)
		if (mnt_table_move_fs(table, table, 0, NULL, lines.order[i]->fs) != 0)
			return -ENOMEM;
	return r;
}

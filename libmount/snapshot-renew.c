/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "snapshot-renew.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "snapshot-index.h"
#include "snapshot-read.h"
#include "snapshot.h"
#include "util.h"

bool snapshot_is_plain(const struct snapshot *snapshot)
{
	return !snapshot->table && !snapshot->added_count;
}

static int copy_text(const char *from, char **to)
{
	*to = from ? strdup(from) : NULL;
	return from && !*to ? -ENOMEM : 0;
}

/* What was read, without the texts: the fields before @snapshot. */
static struct mount copy_numbers(const struct mount *mount)
{
	struct mount copy = {0};

	memcpy(&copy, mount, offsetof(struct mount, snapshot));
	return copy;
}

/* A snapshot with room for @more mounts after those of @snapshot; it has no index yet. */
static int begin_copy(const struct snapshot *snapshot, size_t more, struct snapshot **ret)
{
	_cleanup_(cleanup_snapshot) struct snapshot *copy = NULL;
	int r = snapshot_new(snapshot->size + more, &copy);

	for (size_t i = 0; i < snapshot->size && r == 0; i++) {
		const struct mount *from = &snapshot->mounts[i];

		copy->mounts[i] = copy_numbers(from);
		r = copy_text(from->root, &copy->mounts[i].root);
		r = r < 0 ? r : copy_text(from->target, &copy->mounts[i].target);
	}
	if (r < 0)
		return r;
	copy->namespace_id = snapshot->namespace_id;
	copy->error = snapshot->error;
	*ret = steal_pointer(&copy);
	return 0;
}

int snapshot_copy(const struct snapshot *snapshot, struct snapshot **ret)
{
	_cleanup_(cleanup_snapshot) struct snapshot *copy = NULL;
	int r = begin_copy(snapshot, 0, &copy);

	r = r < 0 ? r : snapshot_index(copy);
	if (r == 0)
		*ret = steal_pointer(&copy);
	return r;
}

static int compare_unique_ids(const void *key, const void *element)
{
	const uint64_t id = *(const uint64_t *)key, other = ((const struct mount *)element)->id;

	return id < other ? -1 : id > other;
}

/* Ask again for those of the first @old mounts that lie on the mount @id. listmount has listed them
 * in the order of their ids. */
static int ask_covers(struct snapshot *snapshot, size_t old, uint64_t id)
{
	_cleanup_free_ uint64_t *ids = NULL;
	size_t count = 0;
	int r = kernel_listmount_below(id, snapshot->namespace_id, &ids, &count);

	for (size_t i = 0; i < count && r == 0; i++) {
		struct mount *mount = bsearch(&ids[i], snapshot->mounts, old,
			sizeof(*snapshot->mounts), compare_unique_ids);

		if (mount)
			r = snapshot_ask(snapshot, mount);
	}
	return r;
}

int snapshot_renew(struct snapshot **snapshot, const uint64_t *ids, size_t count)
{
	_cleanup_(cleanup_snapshot) struct snapshot *renewed = NULL;
	size_t old = (*snapshot)->size;
	int r = begin_copy(*snapshot, count, &renewed);

	for (size_t i = 0; i < count && r == 0; i++) {
		renewed->mounts[old + i].id = ids[i];
		r = snapshot_ask(renewed, &renewed->mounts[old + i]);
		r = r < 0 ? r : ask_covers(renewed, old, ids[i]);
	}
	r = r < 0 ? r : snapshot_index(renewed);
	if (r < 0)
		return r;
	snapshot_free(*snapshot);
	*snapshot = steal_pointer(&renewed);
	return 0;
}

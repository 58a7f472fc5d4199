/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "findmnt/known.h"

#include <err.h>
#include <libmount.h>
#include <stdlib.h>

static size_t bucket_of_id(const struct known *known, uint64_t id)
{
	return (size_t)(id * 0x9e3779b97f4a7c15U >> 32) & known->mask;
}

struct known_mount *known_find(const struct known *known, uint64_t id)
{
	struct known_mount *entry = known->by_id ? known->by_id[bucket_of_id(known, id)] : NULL;

	while (entry && entry->id != id)
		entry = entry->id_chain;
	return entry;
}

struct known_mount *known_find_short(const struct known *known, int short_id)
{
	struct known_mount *entry =
		known->by_id ? known->by_short_id[bucket_of_id(known, (uint64_t)short_id)] : NULL;

	while (entry && entry->mount.short_id != short_id)
		entry = entry->short_id_chain;
	return entry;
}

static void link_id(struct known *known, struct known_mount *entry)
{
	struct known_mount **bucket = &known->by_id[bucket_of_id(known, entry->id)];

	entry->id_chain = *bucket;
	*bucket = entry;
}

static void link_short_id(struct known *known, struct known_mount *entry)
{
	struct known_mount **bucket =
		&known->by_short_id[bucket_of_id(known, (uint64_t)entry->mount.short_id)];

	entry->short_id_chain = *bucket;
	*bucket = entry;
}

static void grow(struct known *known)
{
	size_t size = known->mask ? (known->mask + 1) * 2 : 1024;

	free(known->by_id);
	free(known->by_short_id);
	known->by_id = calloc(size, sizeof(struct known_mount *));
	known->by_short_id = calloc(size, sizeof(struct known_mount *));
	if (!known->by_id || !known->by_short_id)
		err(EXIT_FAILURE, NULL);
	known->mask = size - 1;
	for (struct known_mount *entry = known->first; entry; entry = entry->next) {
		link_id(known, entry);
		link_short_id(known, entry);
	}
}

static void unlink_short_id(struct known *known, const struct known_mount *entry)
{
	struct known_mount **place =
		&known->by_short_id[bucket_of_id(known, (uint64_t)entry->mount.short_id)];

	while (*place != entry)
		place = &(*place)->short_id_chain;
	*place = entry->short_id_chain;
}

static void copy_read(struct known_mount *entry, const struct mount *read)
{
	mnt_unref_fs(entry->mount.fs);
	entry->mount = (struct mount){
		.id = read->id,
		.short_id = read->short_id,
		.short_parent_id = read->short_parent_id,
		.group = read->group,
		.master = read->master,
		.unbindable = read->unbindable,
		.has_details = true,
		.device = read->device,
		.root = read->root, /* the strings of fs */
		.target = read->target,
		.fs = read->fs,
	};
	mnt_ref_fs(entry->mount.fs);
}

struct known_mount *known_add(
	struct known *known, uint64_t id, const struct mount *read, const struct mntns *mntns)
{
	struct known_mount *entry = calloc(1, sizeof(*entry));

	if (!entry)
		err(EXIT_FAILURE, NULL);
	entry->id = id;
	if (read)
		copy_read(entry, read);
	if (mntns)
		entry->mntns = *mntns;
	entry->mntns.snapshot = NULL;
	if (!known->by_id || known->count > known->mask)
		grow(known);
	link_id(known, entry);
	link_short_id(known, entry);
	entry->previous = known->last;
	*(known->last ? &known->last->next : &known->first) = entry;
	known->last = entry;
	known->count++;
	return entry;
}

void known_update(struct known *known, struct known_mount *entry, const struct mount *read)
{
	unlink_short_id(known, entry);
	copy_read(entry, read);
	link_short_id(known, entry);
}

void known_remove(struct known *known, struct known_mount *entry)
{
	struct known_mount **place = &known->by_id[bucket_of_id(known, entry->id)];

	while (*place != entry)
		place = &(*place)->id_chain;
	*place = entry->id_chain;
	unlink_short_id(known, entry);
	*(entry->previous ? &entry->previous->next : &known->first) = entry->next;
	*(entry->next ? &entry->next->previous : &known->last) = entry->previous;
	known->count--;
	mnt_unref_fs(entry->mount.fs);
	free(entry);
}

void known_clear(struct known *known)
{
	while (known->first)
		known_remove(known, known->first);
	free(known->by_id);
	free(known->by_short_id);
	*known = (struct known){0};
}

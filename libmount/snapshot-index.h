/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* snapshot-index: what a snapshot is made of; for the files of that room only. */
#pragma once

#include "kernel.h"
#include "snapshot.h"

/* A hash table whose chains run through the mounts themselves; the size is a power of two. */
struct buckets {
	struct mount **first;
	size_t mask;
};

struct snapshot {
	uint64_t namespace_id; /* for statmount; 0: the caller's */
	struct mount *mounts;
	size_t size;
	struct mount *root;
	struct buckets by_id, by_group, by_master;
	struct statmount_buffer buffer; /* for details that are asked for later */
	struct libmnt_table *table;

	struct mount **added; /* by snapshot_add(), not in the array */
	size_t added_count;
};

static inline size_t bucket_of(const struct buckets *buckets, int id)
{
	return (size_t)((unsigned int)id * 2654435761U) & buckets->mask;
}

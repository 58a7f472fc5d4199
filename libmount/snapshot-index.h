/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* snapshot-index: the inside of a snapshot, for the files whose names begin with snapshot. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "kernel.h"

struct libmnt_table;
struct mount;

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
	struct statmount_buffer buffer; /* for mount_root(), mount_target(), mount_device() */
	int error;			/* of those: -ENOMEM; see snapshot_error() */
	int details_error;		/* see snapshot_details_error() */
	struct libmnt_table *table;
	struct libmnt_table *names; /* of mounts that were not parsed: see snapshot_take_names() */

	struct mount **added; /* by snapshot_add(); not in the array */
	size_t added_count;
};

static inline size_t bucket_of(const struct buckets *buckets, int id)
{
	return (size_t)((unsigned int)id * 2654435761U) & buckets->mask;
}

/* What statmount is asked for mount_root(), mount_target() and mount_device(). */
#define SNAPSHOT_DETAILS                                                                           \
	(KERNEL_STATMOUNT_SB_BASIC | KERNEL_STATMOUNT_MNT_ROOT | KERNEL_STATMOUNT_MNT_POINT)

/* Fill these in from the answer that is in the snapshot's buffer. */
void mount_take_details(struct mount *mount, struct snapshot *snapshot);

/* A snapshot with room for @size mounts, all zero. -ENOMEM. */
int snapshot_new(size_t size, struct snapshot **ret);
/* Build every index, when all mounts are filled in. -ENOMEM. */
int snapshot_index(struct snapshot *snapshot);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * snapshot-read: fills a snapshot, from one of two sources:
 *
 *   statmount  ids, parents and groups of every mount (1 us each); a mount's root and target are
 *              read when somebody asks for them. Rules and propagation need no more:
 *              SNAPSHOT_LIGHT.
 *   mountinfo  the text of /proc/PID/mountinfo through libmount's parser; each mount has its struct
 *              libmnt_fs. SNAPSHOT_FULL, and kernels without statmount.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "snapshot.h"

enum snapshot_detail {
	SNAPSHOT_LIGHT, /* ids, groups, roots and targets */
	SNAPSHOT_FULL,	/* and everything else that mountinfo has */
};

/* Read the mounts of the caller's namespace. -ENOENT: neither statmount nor /proc/self/mountinfo.
 */
int snapshot_read(enum snapshot_detail detail, struct snapshot **ret);

/* Read the mounts of the namespace with this unique id (Linux 6.11), light. Targets are paths from
 * that namespace's root. -ENOENT: no such namespace; -EPERM: no CAP_SYS_ADMIN over it; -ENOSYS. */
int snapshot_read_namespace(uint64_t namespace_id, struct snapshot **ret);

/* Read all mounts of the caller's namespace, light: also those that the caller's root directory
 * hides, of which targets are not known. -EPERM: no CAP_SYS_ADMIN over it; -ENOSYS. */
int snapshot_read_below_root(struct snapshot **ret);

/* Ask statmount for the ids, groups and flags of @mount, which has its unique id and is in the
 * array of @snapshot. -ENOENT: it has gone. */
int snapshot_ask(struct snapshot *snapshot, struct mount *mount);

/* Parse mountinfo's text. @name stands for the text in libmount's messages. -EINVAL: a line that is
 * not mountinfo's. */
int snapshot_parse(FILE *text, const char *name, struct snapshot **ret);

/* The same for text in memory. */
int snapshot_parse_text(char *text, size_t size, struct snapshot **ret);

/* Make a snapshot of a parsed table, and keep a reference to the table. -ENOMEM. */
int snapshot_of_table(struct libmnt_table *table, struct snapshot **ret);

/* Read one mount of the caller's namespace. With statmount the snapshot has that mount alone;
 * without, it has the whole table. @unique_id 0: the mount is found by @short_id. -ENOENT: it is
 * not in this namespace. */
int snapshot_read_one(
	uint64_t unique_id, int short_id, struct snapshot **ret, struct mount **mount);

/* Read one mount and all below it, light. With statmount the snapshot has those alone; without, it
 * has the whole table. Errors as above. */
int snapshot_read_tree(uint64_t unique_id, int short_id, struct snapshot **ret, struct mount **top);

/* snapshot_read_one() for the parent of @mount. The root of the namespace is its own parent. */
int snapshot_read_parent(const struct mount *mount, struct snapshot **ret, struct mount **parent);

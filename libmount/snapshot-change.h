/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * snapshot-change: changes to a snapshot in memory.
 *
 * A plan changes the snapshots themselves, so that every question to a snapshot is answered as it
 * would be answered after the operation.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "snapshot.h"

/* Add a mount without parent and without group. NULL: out of memory. The mount is the snapshot's.
 */
struct mount *snapshot_add(
	struct snapshot *snapshot, dev_t device, const char *root, const char *target);

/* Move @mount, and all that is mounted on it, to @parent; NULL: it has no parent then. */
void mount_reparent(struct mount *mount, struct mount *parent);

/* The ids of a mount that was added. It is then found by the second. */
void mount_set_ids(struct mount *mount, uint64_t id, int short_id);
void mount_set_groups(struct mount *mount, int group, int master);

/* Take @mount out of its parent, its groups and the index of ids. Its children stay its children.
 */
void mount_remove(struct mount *mount);

/* -ENOMEM. */
int mount_set_target(struct mount *mount, const char *target);

/* Put @mount before @sibling among the children of their parent, where it comes after it. */
void mount_put_before(struct mount *mount, struct mount *sibling);

/* Put the mounts into another order: all of them, each once. Pointers to mounts are not valid
 * afterwards. Not for a snapshot that mounts were added to. -ENOMEM: nothing has changed. */
int snapshot_reorder(struct snapshot *snapshot, struct mount *const *order);

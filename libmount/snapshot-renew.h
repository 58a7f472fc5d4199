/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * snapshot-renew: a copy of a light snapshot, and a light snapshot with the mounts that came since.
 *
 * Unique ids only grow, so the new mounts can be listed. A mount that was there before has another
 * parent if a new mount came beneath it, so the mounts on each new one are asked for again. A mount
 * that was moved is not noticed here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct snapshot;

/* Whether the functions below can take @snapshot: it was read by statmount, and nobody has added
 * mounts. */
bool snapshot_is_plain(const struct snapshot *snapshot);

/* A copy for somebody who will change it. -ENOMEM. */
int snapshot_copy(const struct snapshot *snapshot, struct snapshot **ret);

/* Put a snapshot in place of *@snapshot that also has the mounts with these ids, which came since;
 * none has gone. Pointers to mounts are not valid afterwards. -errno: *@snapshot is as it was. */
int snapshot_renew(struct snapshot **snapshot, const uint64_t *ids, size_t count);

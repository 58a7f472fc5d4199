/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * source: makes the descriptor that is attached, from what the caller named.
 *
 * A bind source is cloned, and the clone made private. If it stayed in its origin's peer group, it
 * would receive what is later mounted at the target, and every further tuck would double the mounts
 * there. A moved mount is attached as it is; by propagation, a clone of it is attached instead.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "attach.h"

struct wish;

struct source {
	int fd;			    /* a detached tree, or the mount that is moved; -1: not yet */
	uint64_t attributes_before; /* a moved mount's own, for source_restore() */
	uint64_t changed; /* MOUNT_ATTR_* of a moved mount that have been set or cleared */
	bool is_mapped;	  /* the tree that the caller made has its idmapping */
};

/* Make @source->fd, with the per-mount flags that are asked for now: a clone is made anew each
 * time. @tree: the tree that the caller made, if the source is one; it stays where it is. -errno is
 * that of open_tree(2) or mount_setattr(2). */
int source_make(struct source *source, const struct wish *wish, enum attach_way way, int tree);

/* Whether the mount itself is attached, and not a clone. */
bool source_is_moved(const struct wish *wish, enum attach_way way);

/* The mount could not be moved: give it back the flags that it had. */
void source_restore(struct source *source);

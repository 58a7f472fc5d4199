/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * source: a path to a file descriptor that can be attached.
 *
 * A bind source is cloned and made private: a clone that stays in its origin's peer group would
 * receive what is later mounted at the target, and each further tuck would double the mounts there.
 * A moved mount is attached as it is; by propagation, where all of it is private, a clone of it.
 */
#pragma once

#include <stdbool.h>

struct mnttuck;

/* Open the path that was given, and look at what is there. */
int source_open(struct mnttuck *tuck, int dirfd, const char *path);

/* Make @tuck->tree, with its per-mount flags set. -errno is open_tree(2)'s or mount_setattr(2)'s.
 */
int source_realize(struct mnttuck *tuck);

/* Whether the mount itself is attached, and not a clone. */
bool source_is_moved(struct mnttuck *tuck);

/* A mount that could not be moved gets the flags back that it had. */
void source_restore(struct mnttuck *tuck);

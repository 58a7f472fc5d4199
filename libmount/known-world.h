/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * known-world: what was read of all mount namespaces, kept for the next decision of the same
 * operation, or of another one that shares it.
 *
 * To read everything costs a system call for each mount; to learn what has changed since costs two
 * for each namespace. So what was read is brought up to date by ids before it is used again. Ids
 * tell of each mount that came or went, but not of changed propagation. So the kernel is asked for
 * the propagation of the mounts that a decision is about, and of those that receive from them; if
 * it has changed, everything is read again.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "kernel.h"

struct mount;
struct namespaces;

struct mnttuck_world {
	struct namespaces *namespaces; /* NULL: nothing is kept */
	bool is_whole;		       /* no error was met */
	bool is_watching;
	int watch; /* the caller's mountinfo, opened before all else; -errno: not there */
	/* Where it was read: the caller's mount namespace, and the mount of its root directory. */
	ino_t own;
	struct mount_identity root;
};

/* Every mount namespace that the caller may see, as it is now. @about: the mounts that the decision
 * is about, as they are now; some may be NULL. The answer stays the world's, until it is read again
 * or forgotten, and must not be changed. Returns 0, or a negative errno with what could be read, or
 * NULL, in @ret. @has_read: everything has been read. */
int known_world_read(struct mnttuck_world *world, struct mount *const *about, size_t count,
	struct namespaces **ret, bool *has_read);

/* Have the next known_world_read() read everything. */
void known_world_forget(struct mnttuck_world *world);

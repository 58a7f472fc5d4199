/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mounts that --poll knows of, with what was last read of each.
 *
 * They are found by id and by short id at once, and are a list in the order in which they became
 * known.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "namespaces.h"
#include "snapshot.h"

struct known_mount {
	uint64_t id; /* the one that it is found by: the unique one, or the short one */
	/* A copy, without links to others. If its fs is NULL, the mount was gone before it could be
	 * read. */
	struct mount mount;
	struct mntns mntns; /* a copy, without its snapshot */
	/* The caller's. The numbers are of readings: when it was added, moved, and seen. */
	unsigned int added, moved, seen;
	bool is_tucked;
	struct known_mount *previous, *next;
	struct known_mount *id_chain, *short_id_chain;
};

struct known {
	struct known_mount *first, *last;
	size_t count, mask;
	struct known_mount **by_id, **by_short_id;
};

/* All of these end the program if there is no memory. */

struct known_mount *known_find(const struct known *known, uint64_t id);
struct known_mount *known_find_short(const struct known *known, int short_id);
/* Add a mount; @read: what was read of it, or NULL. @mntns: its namespace, or NULL. */
struct known_mount *known_add(
	struct known *known, uint64_t id, const struct mount *read, const struct mntns *mntns);
/* Replace what was read of it. */
void known_update(struct known *known, struct known_mount *entry, const struct mount *read);
void known_remove(struct known *known, struct known_mount *entry);
void known_clear(struct known *known);

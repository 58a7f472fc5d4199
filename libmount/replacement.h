/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * replacement: puts the new version in place of the old one in one place besides the target: by a
 * tuck and a reveal of its own, in the namespace of the place.
 */
#pragma once

#include <stdbool.h>

struct mnttuck;
struct mntns;
struct mount;
struct namespaces;

/* What is common to all places. */
struct replacement {
	struct mnttuck *tuck; /* of the target */
	struct namespaces *namespaces;
	/* The new mount at the target, and the old one as long as it is there; in @namespaces. */
	struct mount *new, *old;
	int new_fd; /* the root of the new one */
};

/* Whether a clone of the new mount has to contain the mounts on it. Then it can be made only when
 * the old version at the target has gone, which also lies on the new mount and would be cloned. */
bool replacement_needs_submounts(const struct replacement *replacement);

/* Whether the new version lies beneath the old one, or several of it, already: it was passed on, or
 * an earlier run was killed. */
bool replacement_is_beneath(const struct replacement *replacement, struct mount *mount);

/* Whether @mount is a peer of the old version at the target. */
bool replacement_is_peer(const struct replacement *replacement, const struct mount *mount);

/* Replace the old version that @mount shows. @reason: why that could not be done; NULL: it was. The
 * caller frees it. -ENOMEM. */
int replacement_make(const struct replacement *replacement, const struct mntns *mntns,
	struct mount *mount, char **reason);

/* Open the root of @mount, to which @path leads in the namespace @mntns (-1: the caller's own), by
 * a child with a time limit. -ETIMEDOUT; -ESTALE: the path leads to another mount; or the error of
 * open(2) or setns(2). */
int replacement_open(const struct mount *mount, const char *path, int mntns);

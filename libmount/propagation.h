/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * propagation: who receives from whom, over the snapshots of one or many namespaces.
 *
 *      shared:1          shared:1              master:1          shared:2 master:1      master:2
 *        /       <->        /          ->         /         and        /            ->     /
 *      (host)            (peer)                (slave)            (slave and peer)      (its slave)
 *
 * A mount event at a place on one mount of a group reaches every member of that group, every mount
 * whose master that group is, the groups of those, and so on down; each if the place shows there,
 * that is if its own root is the place or above it. Nothing goes up from a slave to its master.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct mount;
struct namespaces;

/* A place on a filesystem, whoever shows it. */
struct place {
	dev_t device;
	char *path; /* from the filesystem's root; NULL: not known */
};

/* Where @mount shows @place: 1, with the place at its very root 2, or not at all 0. */
int place_shows(const struct place *place, struct mount *mount);

/* A chain of groups, each a slave of the next. The kernel has no limit; two snapshots of a changing
 * system can disagree so that it goes in a circle. */
#define MASTERS_MAX 4096

/* The group that @group receives from, found through any of @namespaces; 0: none. */
int propagation_master(const struct namespaces *namespaces, int group);

/* Whether what is mounted on a member of @group also comes to @mount: it, or a master above it, is
 * of that group. Masters are found through any of @namespaces. */
bool propagation_reaches(const struct namespaces *namespaces, int group, const struct mount *mount);

/* Every mount but @from itself that receives what is mounted on @from, in all @namespaces; the
 * caller frees the list. The mounts stay the snapshots'. */
int propagation_receivers(const struct namespaces *namespaces, const struct mount *from,
	struct mount ***receivers, size_t *count);

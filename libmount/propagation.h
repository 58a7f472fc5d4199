/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * propagation: which mounts receive from which, over the snapshots of one or many namespaces.
 *
 *      shared:1          shared:1              master:1          shared:2 master:1      master:2
 *        /       <->        /          ->         /         and        /            ->     /
 *      (host)            (peer)                (slave)            (slave and peer)      (its slave)
 *
 * A mount or unmount at a mount point on one mount of a group reaches every member of that group,
 * every mount whose master that group is, the groups of those mounts, and so on down. It has an
 * effect on those that show the mount point (mount_point_shown()). Nothing goes up from a slave to
 * its master.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct mount;
struct namespaces;

/* The longest chain of masters that is followed. The kernel has no limit; but snapshots that were
 * read at different times can contradict each other, so that a chain is a circle. */
#define MASTERS_MAX 4096

/* The group that @group receives from; 0: none. All @namespaces are searched. */
int propagation_master(const struct namespaces *namespaces, int group);

/* Whether @mount receives from @group: @mount, or one of its masters, is a member of it. */
bool propagation_reaches(const struct namespaces *namespaces, int group, const struct mount *mount);

/* Every mount in @namespaces, except @from itself, that receives from @from. The caller frees the
 * list; the mounts are the snapshots'. -ENOMEM. */
int propagation_receivers(const struct namespaces *namespaces, const struct mount *from,
	struct mount ***receivers, size_t *count);

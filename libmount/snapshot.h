/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * snapshot: one namespace's mounts, read once, indexed by id, by parent, by peer group and by
 * master.
 *
 * Every question is answered from an index, never by a walk over the table, so a tree of n mounts
 * is built and walked in O(n).
 *
 * A mount has two ids: short_id is mountinfo's (32 bits, used again after an unmount), id is the
 * unique one (0 where it is not known). Parents are found by short_id, because statmount and
 * mountinfo both have it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct libmnt_fs;
struct libmnt_table;
struct mount_identity;
struct snapshot;

struct mount {
	/* What was read; a copy of a snapshot has it, too, whatever is added here. */
	uint64_t id;
	uint64_t parent_id; /* the unique id of the parent, as statmount told it; 0: not known */
	int short_id, short_parent_id;
	int group;  /* peer group id, "shared:N"; 0: not shared */
	int master; /* id of the peer group that it receives from, "master:N"; 0: not a slave */
	unsigned int flags; /* MOUNT_ATTR_RDONLY ..., those of KERNEL_PROTECTIONS */
	bool unbindable;
	bool is_automount; /* its filesystem is autofs */
	bool is_overlay;
	bool has_details; /* device, root and target have been read */
	dev_t device;	  /* use mount_device() */

	/* What an index and the functions that use the snapshot fill in. */
	struct snapshot *snapshot;
	bool is_gone;	/* set by mount_remove() */
	bool is_hidden; /* by another mount at the same path; set by stack_order_snapshot() */
	bool is_done, is_dropped, is_inside; /* for the caller, zero at first */

	struct mount *parent; /* NULL: the root of the tree that was read */
	struct mount *first_child, *last_child,
		*next_sibling;				     /* children in the order of reading */
	struct mount *id_chain, *group_chain, *master_chain; /* the next in a bucket of an index */

	/* Use mount_root() and mount_target(). If there is a table, the strings are the table's. */
	char *root;
	char *target;

	struct libmnt_fs *fs; /* the entry of mountinfo; NULL in a light snapshot */

	/* For the caller, zero at first: */
	void *user;
};

void snapshot_free(struct snapshot *snapshot);
static inline void cleanup_snapshot(struct snapshot **snapshot)
{
	snapshot_free(*snapshot);
}

size_t snapshot_size(const struct snapshot *snapshot);
struct mount *snapshot_mount(
	const struct snapshot *snapshot, size_t index);	      /* in the order of reading */
struct mount *snapshot_root(const struct snapshot *snapshot); /* the first without a parent */

#define snapshot_for_each(mount, snapshot)                                                         \
	for (size_t index_ = 0; ((mount) = snapshot_mount((snapshot), index_)); index_++)

struct mount *snapshot_find(const struct snapshot *snapshot, int short_id);
/* Sort the children of every mount by short id. -ENOMEM. */
int snapshot_sort_children(struct snapshot *snapshot);
/* The members of a peer group and the mounts that receive from it, in the order of reading. */
struct mount *snapshot_first_peer(const struct snapshot *snapshot, int group);
struct mount *mount_next_peer(const struct mount *mount);
struct mount *snapshot_first_slave(const struct snapshot *snapshot, int group);
struct mount *mount_next_slave(const struct mount *mount);

/* Give the mounts of a light snapshot that are also in @parsed, one of mountinfo, what that says of
 * them (struct mount.fs). */
void snapshot_take_names(struct snapshot *snapshot, const struct snapshot *parsed);

/* The -errno of details that could not be read for want of memory (-ENOMEM), or 0. Then a NULL from
 * mount_root() or mount_target() does not mean "unknown". */
int snapshot_error(const struct snapshot *snapshot);

/* The -errno of details that could not be read for any reason but that their mount is gone, or 0.
 * For those who must not take an unknown mount for a cover; see mount_cover(). */
int snapshot_details_error(const struct snapshot *snapshot);

/* The path of the mount's root on its filesystem; NULL: unknown. The string is the snapshot's. */
const char *mount_root(struct mount *mount);
/* What tells the mount from others, without its mode and device. */
struct mount_identity mount_get_identity(const struct mount *mount);
/* Whether the mount shows the directory @root of the filesystem on @device. */
bool mount_shows(struct mount *mount, dev_t device, const char *root);
/* The path of the mount point in its namespace; in the caller's own, from the caller's root
 * directory. NULL: not reachable from there. */
const char *mount_target(struct mount *mount);
dev_t mount_device(struct mount *mount);

/* The mount after @mount in the tree below @top, parents before children; NULL: @mount is the last.
 */
struct mount *mount_next_below(const struct mount *top, const struct mount *mount);

/* The child of @mount that is mounted on the root of @mount and so covers it; NULL: none. */
struct mount *mount_cover(const struct mount *mount);
/* Whether @mount is its parent's cover. Asked of every mount this costs O(n), where mount_cover()
 * of every parent would look at all of its children each time. */
bool mount_is_cover(const struct mount *mount);

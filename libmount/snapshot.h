/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * snapshot: one namespace's mounts, read once, indexed by id, by parent and by peer group.
 *
 * The one idea: what answers a question is found by an index, never by a walk over the table, so a
 * tree of n mounts is built and walked in O(n). It is filled from one of two sources, and says
 * which:
 *
 *   statmount  ids, parents and groups of every mount at once (1 us each); a mount's root and place
 * are fetched when they are asked for. This is what rules and propagation need: SNAPSHOT_LIGHT.
 *   mountinfo  the text of /proc/PID/mountinfo through libmount's parser; each mount then has its
 *              struct libmnt_fs with all that the file says: SNAPSHOT_FULL, and the way of kernels
 *              without statmount.
 *
 * Both ids of a mount are kept apart: short_id is mountinfo's (32 bits, used again after an
 * unmount), id is the unique one (0 where the source does not know it). Parents are found by
 * short_id, which both sources have.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct libmnt_fs;
struct libmnt_table;
struct snapshot;

struct mount {
	struct snapshot *snapshot;
	uint64_t id;
	int short_id, short_parent_id;
	int group;  /* peer group id, "shared:N"; 0: not shared */
	int master; /* id of the group it receives from, "master:N"; 0: no slave */
	bool unbindable;

	struct mount *parent; /* NULL: the root of what was read */
	struct mount *first_child, *last_child,
		*next_sibling;				     /* children in the order of reading */
	struct mount *id_chain, *group_chain, *master_chain; /* the next in a bucket of an index */

	/* By mount_root(), mount_target(), mount_device(); the table's strings where there is one:
	 */
	bool has_details;
	dev_t device;
	char *root;
	char *target;

	struct libmnt_fs *fs; /* all that mountinfo says; NULL in a light snapshot */

	bool is_gone; /* by mount_remove() */

	/* The caller's, zero at first: */
	void *user;
	bool is_done, is_dropped;
};

enum snapshot_detail {
	SNAPSHOT_LIGHT, /* ids, groups, roots and places */
	SNAPSHOT_FULL,	/* and everything else that mountinfo says */
};

/* The mounts of the caller's namespace. -ENOENT: no statmount and no /proc/self/mountinfo. */
int snapshot_read(enum snapshot_detail detail, struct snapshot **ret);

/* The mounts of the namespace with this unique id (Linux 6.11). Places are relative to that
 * namespace's root. -ENOENT: no such namespace; -EPERM: no CAP_SYS_ADMIN over it; -ENOSYS. */
int snapshot_read_namespace(uint64_t namespace_id, struct snapshot **ret);

/* Mounts from mountinfo text. @name names the text in libmount's messages. -EINVAL: a line that is
 * none. */
int snapshot_parse(FILE *text, const char *name, struct snapshot **ret);

/* The same of text in memory. */
int snapshot_parse_text(char *text, size_t size, struct snapshot **ret);

/* The same of a table that has been parsed; keeps a reference to it. -ENOMEM. */
int snapshot_of_table(struct libmnt_table *table, struct snapshot **ret);

/* What mountinfo would say, written out of statmount's answers, with each line's unique id. */
struct snapshot_text {
	char *text;
	size_t size;
	uint64_t *ids;
	size_t count;
};
/* The mounts of a namespace (0: the caller's), or @only of them (NULL: all). @propagate_from: find
 * that field too, which is slow. -ENODATA: this kernel's answers lack something that mountinfo has;
 * -ENOSYS; -ENOENT, -EPERM as snapshot_read_namespace(). */
int snapshot_write_mountinfo(uint64_t namespace_id, bool propagate_from, const uint64_t *only,
	size_t only_count, struct snapshot_text *ret);
void snapshot_text_free(struct snapshot_text *text);
/* Note the ids in a snapshot that was parsed from @text. */
void snapshot_set_unique_ids(struct snapshot *snapshot, const struct snapshot_text *text);
/* The ids of a mount of the caller's namespace and of those beneath it at the same path, in the
 * order of mountinfo; the caller frees them. -ENOENT, -ENOSYS. */
int snapshot_find_stack(uint64_t unique_id, uint64_t **ids, size_t *count);
/* Whether reading the caller's mountinfo costs the kernel more than as many statmounts: it has many
 * mounts, and slaves among them. @count: how many there are; 0: not known. */
bool snapshot_mountinfo_is_slow(size_t *count);
/* snapshot_read_namespace(), with all that mountinfo says. */
int snapshot_read_namespace_full(uint64_t namespace_id, struct snapshot **ret);

void snapshot_free(struct snapshot *snapshot);
static inline void cleanup_snapshot(struct snapshot **snapshot)
{
	snapshot_free(*snapshot);
}

size_t snapshot_size(const struct snapshot *snapshot);
struct mount *snapshot_mount(
	const struct snapshot *snapshot, size_t index);	      /* in the order of reading */
struct mount *snapshot_root(const struct snapshot *snapshot); /* the first without a parent */
struct libmnt_table *snapshot_table(const struct snapshot *snapshot); /* NULL: light */

#define snapshot_for_each(mount, snapshot)                                                         \
	for (size_t index_ = 0; ((mount) = snapshot_mount((snapshot), index_)); index_++)

struct mount *snapshot_find(const struct snapshot *snapshot, int short_id);
/* Put every mount's children in the order of their short ids; afterwards they may be moved between
 * parents. -ENOMEM. */
int snapshot_sort_children(struct snapshot *snapshot);
/* The members of a peer group and the mounts that receive from it, in the order of reading. */
struct mount *snapshot_first_peer(const struct snapshot *snapshot, int group);
struct mount *mount_next_peer(const struct mount *mount);
struct mount *snapshot_first_slave(const struct snapshot *snapshot, int group);
struct mount *mount_next_slave(const struct mount *mount);

/* One mount of the caller's namespace, without reading the table where statmount exists; a snapshot
 * of that one mount (of all, before 6.8). @unique_id 0: by @short_id. -ENOENT: not in this
 * namespace. */
int snapshot_read_one(
	uint64_t unique_id, int short_id, struct snapshot **ret, struct mount **mount);
/* The same for the parent of @mount. The mount at the top of the namespace is its own parent. */
int snapshot_read_parent(const struct mount *mount, struct snapshot **ret, struct mount **parent);

/* The path, on its filesystem, that shows at the mount's root; NULL: unknown. The snapshot's. */
const char *mount_root(struct mount *mount);
/* The mount point, from the root of the namespace (of the caller, for its own); NULL: not
 * reachable. */
const char *mount_target(struct mount *mount);
dev_t mount_device(struct mount *mount);

/* The next mount after @mount, in the tree below @top, a parent before its children; NULL: none. */
struct mount *mount_next_below(const struct mount *top, const struct mount *mount);

/* A child of @mount at the mount's own root, that is one mounted over all of it; NULL: none. */
struct mount *mount_cover(const struct mount *mount);
/* Whether @mount is its parent's cover. Asked of every mount this costs O(n), where mount_cover() of
 * every parent would look at all of its children each time. */
bool mount_is_cover(const struct mount *mount);

/* ---- changes to what was read, in memory: what would be so (snapshot-change.c) ---- */

/* A mount more, in no place and no group yet. NULL: no memory. The snapshot's. */
struct mount *snapshot_add(
	struct snapshot *snapshot, dev_t device, const char *root, const char *target);
/* Put @mount and all that is on it on @parent, or, NULL, nowhere. */
void mount_reparent(struct mount *mount, struct mount *parent);
void mount_set_groups(struct mount *mount, int group, int master);
/* It is no longer there: it has no place, no group, and is not found. What is on it stays on it. */
void mount_remove(struct mount *mount);
/* Its path is another one. -ENOMEM. */
int mount_set_target(struct mount *mount, const char *target);

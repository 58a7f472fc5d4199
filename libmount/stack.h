/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stack: which mounts lie over which at one path, and which of them a lookup of the path ends in.
 *
 * The order of a table does not tell it. Since Linux 6.8 mountinfo is in the order of mount ids,
 * and a tucked mount is newer than the mount that covers it:
 *
 *	24 30 ... /opt  v1      the visible mount, but its line comes first
 *	30 21 ... /opt  v2      tucked beneath it
 *
 * Only ids tell: statx(2) names the mount that a path ends in, and a table names each mount's
 * parent. No other file may take "the last line", or compare paths, to find out.
 */
#pragma once

#include <stdbool.h>

struct libmnt_fs;
struct libmnt_table;
struct snapshot;

/* Put the lines of each path that has several into the order of the stack, so that the visible
 * mount is the last of them. All other lines keep their places. Returns 1 if lines have moved, 0 if
 * not; -ENOMEM. */
int stack_order_table(struct libmnt_table *table);

/* The same for a snapshot, before anybody uses it: all its mounts are at other addresses
 * afterwards, unless 0 is returned. mount->is_hidden is set where another mount of the path comes
 * later. */
int stack_order_snapshot(struct snapshot *snapshot);

/* Sort the children of every mount by short id, for a walk over the tree in which the visible mount
 * of each path comes last. The snapshot has been ordered. -ENOMEM. */
int stack_sort_children(struct snapshot *snapshot);

/* Find the entry of the mount that a lookup of @path ends in. The entry stays the table's. No
 * server of a filesystem is asked. 0; -ENOENT: the table does not have that mount, or there is no
 * such file; other errors are those of statx(2). */
int stack_find(struct libmnt_table *table, const char *path, struct libmnt_fs **fs);

/* The entry of the mount that @fs covers at its path; NULL: none. */
struct libmnt_fs *stack_beneath(struct libmnt_table *table, struct libmnt_fs *fs);

/* Whether a lookup of the mount point of @fs, an entry of @table, ends in that mount: 1 or 0. If
 * not, @cover is the entry of the mount that it ends in; NULL: the table does not have that one, or
 * the path leads nowhere. Errors as stack_find(). */
int stack_shows(struct libmnt_table *table, struct libmnt_fs *fs, struct libmnt_fs **cover);

/* Whether it is sure, without a table, that the mount M that a lookup of @path ends in is the only
 * one with that path. @path is a canonical path. It is sure if M lies directly on the mount of "/",
 * and nothing covers that: another mount of this path would lie between the two, or the lookup
 * would end in it. False: it is not sure, or statmount (Linux 6.8) is missing. */
bool stack_is_alone(const char *path);

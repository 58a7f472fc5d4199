/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where mounts come from: the kernel, fstab, files, other tasks, all mount namespaces.
 *
 * All of these are read into one form, a list of snapshots with the namespace that each is of. The
 * later stages work on that list, and need not know where the mounts came from.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "findmnt/request.h"

struct libmnt_table;
struct mntns;
struct namespaces;
struct snapshot;

struct tables {
	struct mntns **list; /* those that were read: each has a snapshot */
	size_t count;
	unsigned int parse_errors;     /* lines that were left out */
	struct namespaces *namespaces; /* of all in the list, and of those that were not read */
	int error; /* of --namespaces: -errno, if reading stopped before all of them; otherwise 0 */
};

/* ---- tables.c ---- */

/* Read the tables that @from names, in that order. @needs: NEEDS_* of row.h. @want: if this asks
 * for nothing but one mount point, only the mounts there may be read; NULL: read all. Ends the
 * program if a table can't be read. */
void tables_read(const struct from *from, const struct want *want, unsigned int needs,
	struct tables *tables);
void tables_free(struct tables *tables);

/* Make the list of those in tables->namespaces that were read, and put the mounts of each path into
 * the order of the stack. */
void tables_list_read(struct tables *tables);
/* Make the list anew, after some of tables->namespaces were read again. */
void tables_list_again(struct tables *tables);
/* Put the mounts of each path into the order of the stack. */
void tables_order_stacks(struct snapshot *snapshot);

/* Whether only one table was read, and it has each mount's parent. (The form of fstab has none.) */
bool tables_have_tree(const struct tables *tables);

/* Parse one file, or with SOURCE_MTAB what belongs to it; warn about lines that can't be parsed and
 * add their number to @parse_errors. NULL: errno says why not. */
struct libmnt_table *table_of_file(
	const struct from *from, enum source source, const char *path, unsigned int *parse_errors);

/* ---- tables-namespaces.c ---- */

/* For a view: read every mount namespace with --namespaces, otherwise the tables. A namespace that
 * can't be read is left out of the list. */
void tables_read_namespaces(const struct from *from, const struct want *want, unsigned int needs,
	struct tables *tables);
/* Where the caller's root directory hides mounts of the caller's own namespace, read that anew,
 * with all of its mounts; see own-view.h. Does nothing if other tables were read. Returns 64 if the
 * hidden mounts can't be read, and says so on standard error, otherwise 0. */
int tables_read_hidden(const struct from *from, struct tables *tables);
/* The same as tables_read_namespaces(), and have the queue @watch report these namespaces from
 * before they are read. -errno: the queue can't report the caller's own, and nothing was read. */
int tables_read_watched(
	const struct from *from, int watch, unsigned int needs, struct tables *tables);
/* Say on standard error which namespaces could not be read or found. Returns 64 if there are any,
 * otherwise 0. @verbose: also say if this kernel has no list of namespaces. */
int tables_tell_unread(const struct from *from, const struct tables *tables, bool verbose);
/* Say of which namespaces the ages of mounts are not known, although this kernel tells them.
 * Returns the exit status, 0 or 64. */
int tables_tell_ageless(const struct tables *tables);

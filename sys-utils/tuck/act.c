/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tuck/act.h"

#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <stdlib.h>
#include <unistd.h>

#include "kernel.h"
#include "libmnttuck.h"
#include "table.h"
#include "utab/utab.h"
#include "util.h"

/* Whether mount programs keep notes here at all; else no mount table has to be read for them. */
static bool has_notes(void)
{
	return access("/run/mount/utab", F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

static void cleanup_table(struct libmnt_table **table)
{
	mnt_unref_table(*table);
}

static struct libmnt_table *read_mounts(void)
{
	struct libmnt_table *table = mnt_new_table();

	if (table && table_parse_file(table, "/proc/self/mountinfo") == 0)
		return table;
	mnt_unref_table(table);
	return NULL;
}

/* The top mount at @place; the table's order tells nothing about a stack. */
static struct libmnt_fs *find_top(struct libmnt_table *table, const char *place)
{
	struct mount_identity top;

	return kernel_identify(AT_FDCWD, place, 0, &top) == 0 ? table_find_id(table, top.short_id)
							      : NULL;
}

/* Where the library did not find what it should: another mount that came on top meanwhile may have
 * gone instead. */
static bool is_gone(struct libmnt_fs *mount)
{
	struct libmnt_table *after = read_mounts();
	bool is_there = after && table_find_id(after, mnt_fs_get_id(mount));

	mnt_unref_table(after);
	return !is_there;
}

/* The mounts that go: the top one at @place, and those on it, children before their parents. */
static int drop_lines(struct libmnt_table *before, struct libmnt_fs *top)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_BACKWARD);
	struct libmnt_fs *child;
	int r = iter ? 0 : -1;

	while (r == 0 && mnt_table_next_child_fs(before, iter, top, &child) == 0)
		r = drop_lines(before, child);
	mnt_free_iter(iter);
	return r ?: utab_drop(top);
}

int reveal(struct mnttuck *tuck, const char *place, bool is_noted, int *utab_error)
{
	_cleanup_(cleanup_table) struct libmnt_table *before = NULL;
	struct libmnt_fs *top = NULL;
	int r;

	*utab_error = 0;
	if (is_noted && has_notes()) {
		before = read_mounts();
		top = before ? find_top(before, place) : NULL;
		*utab_error = top ? 0 : -EIO;
	}
	r = mnttuck_reveal(tuck);
	if (!mnttuck_is_revealed(tuck))
		*utab_error = 0;
	else if (top && (r >= 0 || is_gone(top)))
		*utab_error = drop_lines(before, top);
	return r;
}

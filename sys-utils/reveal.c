/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reveal.h"

#include <libmount.h>
#include <stdlib.h>
#include <unistd.h>

#include "libmnttuck.h"
#include "utab.h"
#include "util.h"

/* Whether mount programs keep notes here at all; else no mount table has to be read for them. */
static bool has_notes(void)
{
	return access("/run/mount/utab", F_OK) == 0;
}

static void cleanup_table(struct libmnt_table **table)
{
	mnt_unref_table(*table);
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
		before = mnt_new_table();
		if (before && mnt_table_parse_file(before, "/proc/self/mountinfo") == 0)
			top = mnt_table_find_target(before, place, MNT_ITER_BACKWARD);
	}
	r = mnttuck_reveal(tuck);
	if (top && mnttuck_is_revealed(tuck))
		*utab_error = drop_lines(before, top);
	return r;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * utab: a tucked mount's line in libmount's /run/mount/utab, and its place there.
 *
 * libmount appends a line for a new mount, and umount(8) drops the last line of a path, whichever
 * of its mounts it was. So a path's lines have to stand in the order of its mounts, from the
 * bottom: a tucked mount's before the top's. Where a mount above it has none, it is given one
 * without options.
 *
 * What is new is what stands after as many lines as were counted before. Whether there is a line at
 * all, libmount decides, or a helper does.
 */
#pragma once

#include <stddef.h>

struct libmnt_fs;

/* What a new line tells. */
struct utab_entry {
	const char *source, *target;
	const char *options; /* the mount program's own, or NULL; not all of them are noted */
	unsigned long flags; /* MS_BIND or 0 */
};

/* How many lines @target, a canonical path, has. */
size_t utab_count(const char *target);

/* Let libmount write a line, where there is something to note. 0 or -errno. */
int utab_note(const struct utab_entry *entry);

/* Put the lines of @target in order. Those after the first @count are of the new mount @mount_id. 0
 * or -errno. */
int utab_settle(const char *target, size_t count, int mount_id);

/* Drop the lines after the first @count: the mount did not come about. */
int utab_withdraw(const char *target, size_t count);

/* The mount @gone, as mountinfo told of it, has been unmounted: drop its line. 0 or -errno. */
int utab_drop(struct libmnt_fs *gone);

/* The top mount of @source was moved beneath that of @target: so its line, and those of the mounts
 * on it. 0 or -errno. */
int utab_move(const char *source, const char *target);

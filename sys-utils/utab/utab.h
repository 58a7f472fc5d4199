/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * utab: a tucked mount's line in libmount's /run/mount/utab, and the place of that line.
 *
 * libmount appends a line for a new mount. umount(8) removes the last line of a path, whichever of
 * the path's mounts it unmounts. So the lines of a path have to stand in the order of its mounts,
 * from the bottom: the tucked mount's line before the top mount's. If a mount above the tucked one
 * has no line, it gets one without options.
 *
 * libmount or a helper decides whether a new mount gets a line. To find new lines, the lines of the
 * path are counted before: lines after the first `count` are new.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct libmnt_context;
struct libmnt_fs;

/* What a tuck tells utab. */
struct utab_entry {
	const char *source, *target; /* @target is a canonical path */
	const char *options;	     /* tuck-options.h: noted; NULL: there is nothing to write */
	unsigned long flags;	     /* MS_BIND or 0 */
	const char *moved_from;	     /* the old path of a moved mount, or NULL */
	int mount_id;		     /* of the new mount */
	/* If libmount has prepared the mount, it knows what to write; else NULL. */
	struct libmnt_context *prepared;
	/* If a helper made the mount, it may have written the line. */
	bool has_helper;
	size_t lines_before; /* how many lines the target had before the helper ran */
};

/* How many lines @target, a canonical path, has. */
size_t utab_count(const char *target);

/* The new mount has been attached: let libmount write its line, if there is something to write, and
 * put the lines of its target in order. Returns 0 or -errno. */
int utab_record(const struct utab_entry *entry);

/* Put the lines of @target in order. Those after the first @count are of the new mount @mount_id.
 * Returns 0 or -errno. */
int utab_settle(const char *target, size_t count, int mount_id);

/* Remove the lines of @target after the first @count: their mount has not been attached. Returns 0
 * or -errno. */
int utab_withdraw(const char *target, size_t count);

/* The mount @gone, an entry of mountinfo, has been unmounted: remove its line. It was the top mount
 * of its path, or lay beneath it; then all mounts between the two are gone, too. Returns 0 or
 * -errno. */
int utab_drop(struct libmnt_fs *gone);
int utab_drop_beneath(struct libmnt_fs *gone);

/* The top mount of @source was moved to @target, on top or beneath: change the path in its line,
 * and in the lines of paths below @source. Returns 0 or -errno. */
int utab_move(const char *source, const char *target);

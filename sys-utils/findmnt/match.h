/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which mounts are asked for.
 *
 * A lone operand may mean a source or a mount point, and --target may mean a directory above. The
 * matcher knows which meaning is tried at the moment; what was asked for stays const.
 *
 * In the table of the caller or of a task, --target is first looked up by the id of the mount that
 * the path is on. In other tables the path is compared, and of the mounts at it the last one
 * matches, because the tables are in the order of stacks.
 *
 * A view asks the same of several tables, or of one table again after a change, when another mount
 * may be at the path, or the file may be gone. So a view finds out once at which mount point
 * --target is, and then asks what is mounted there.
 */
#pragma once

#include <stdbool.h>

struct from;
struct libmnt_fs;
struct mount;
struct tables;
struct want;

struct matcher {
	const struct want *want;
	int shown_id;	    /* of the mount that --target is on; 0: look for @path */
	const char *source; /* NULL: any */
	const char *path;   /* of the mount point; NULL: any */
	char *mount_point;  /* as tables have it; NULL: look for @path */
	bool may_be_path;   /* @source is the operand, and may also be a mount point */
	bool may_step_up;   /* @path may also be below the mount point */
	char *above;	    /* the path that was stepped up to, which is @path then; or NULL */
};

struct matcher matcher_of(const struct from *from, const struct want *want);
/* For a view of @tables, which were read; there is no other meaning to try. */
struct matcher matcher_of_view(
	const struct from *from, const struct want *want, const struct tables *tables);
/* Needed after matcher_of_view() and matcher_try_other_meaning(). */
void matcher_clear(struct matcher *matcher);

/* Whether the mount is asked for. @fs: NULL: nothing is known of it, so it is not. @mount: NULL if
 * the table was read without its indexes. */
bool matcher_matches(
	const struct matcher *matcher, struct libmnt_fs *fs, const struct mount *mount);

/* After nothing matched: go on to the next thing that the name may mean. False: there is none. */
bool matcher_try_other_meaning(struct matcher *matcher);

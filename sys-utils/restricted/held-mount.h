/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A mount that is held by a descriptor, and unmounted without its path. */
#pragma once

#include <stdbool.h>

struct held_mount {
	int root;	    /* O_PATH, of the mount's root; -1: nothing is held */
	int id;		    /* as in mountinfo; no other mount gets it while the mount is held */
	int path_directory; /* O_PATH, of the path without its last component; or -1 */
	const char *name;   /* of the mount point, without the directory */
};

#define HELD_NOTHING                                                                               \
	{                                                                                          \
		.root = -1, .path_directory = -1                                                   \
	}

/* Hold the mount whose root the absolute @path leads to, with the caller's own rights. The last
 * component is not followed. @held holds nothing if there is no such mount; else it uses @path. */
void held_mount_open(struct held_mount *held, const char *path);

/* Whether the directory that the mount is mounted in belongs to the caller. */
bool held_mount_is_in_own_directory(const struct held_mount *held);

/* Unmount the mount, and hold it no longer. @is_lazy: as umount --lazy. Returns 0 or -errno of
 * umount2(2). -EXDEV: the mount is no longer at that place. -EOPNOTSUPP: the filesystem below the
 * mount has no file handles, or the caller may not use them, or the mount point is a file; then
 * only a lazy unmount is possible. */
int held_mount_unmount(struct held_mount *held, bool is_lazy);

/* Hold it no longer. */
void held_mount_close(struct held_mount *held);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* path: of mounts and of files, as words. Nothing is looked up but a descriptor's own link. */
#pragma once

struct mount;

/* @top with @rest behind it, which is "" or begins with a slash. NULL: no memory. The caller frees
 * it, as what all of these but path_below() return. */
char *path_join(const char *top, const char *rest);

/* What of @path is below @top: "" for @top itself, else it begins with a slash; NULL: it is not
 * below. A part of @path. */
const char *path_below(const char *path, const char *top);

/* @path, that shows on @mount where mount_target() is meant, as a path of the filesystem. NULL: out
 * of sight, or no memory. */
char *path_on_filesystem(struct mount *mount, const char *path);

/* Where @fd is, in the mount namespace that its mount is in (/proc/self/fd). NULL: no /proc, or no
 * memory. */
char *path_of_fd(int fd);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* path: paths as strings. No filesystem is asked about a path's last component. */
#pragma once

/* @top followed by @rest, which is "" or begins with a slash. NULL: out of memory. The caller frees
 * it. */
char *path_join(const char *top, const char *rest);

/* The part of @path after @top: "" if the two are equal, else it begins with a slash; NULL: @path
 * is not below @top. Points into @path. */
const char *path_below(const char *path, const char *top);

/* The path of @fd, in the mount namespace of its mount (/proc/self/fd). The caller frees it.
 * -ENOMEM; -ENODATA: it can't be read, for example without /proc. */
int path_of_fd(int fd, char **path);

/* @path without the slashes and the "/." that may follow its last component, which realpath(3)
 * would ask the filesystem about. @path is changed. */
void path_cut_slashes(char *path);

/* The absolute path of @path without symbolic links, as mountinfo has it. The caller frees it.
 * NULL: errno is open(2)'s or realpath(3)'s. */
char *path_canonical(const char *path);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * probe: questions that only a child process (child.h) can answer.
 *
 * Most children make a copy of the mount namespace, make everything in it private, and try there
 * what must not be tried in the real namespace. The copy goes with the child.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Whether the mount whose root is @path, absolute, is locked, so that the caller could never
 * unmount it: 1 or 0. -EPERM: no CAP_SYS_ADMIN over the namespace. */
int probe_locked(const char *path);

/* Whether a mount namespace can be made: 0; -ENOSPC: no more than user.max_mnt_namespaces. */
int probe_namespace(void);

/* The path of the caller's root directory on its filesystem. Inside a chroot no system call tells
 * it, because the mount that "/" is on can't be reached there. The caller frees it. */
int probe_root_path(char **path);

/* The path of the caller's root directory in its mount namespace, from the root of that. The caller
 * frees it. -EPERM: the caller may not go there; -ENODATA: no path leads to it. */
int probe_root_in_namespace(char **path);

/* Write the paths of the mount points of @count mounts of the caller's namespace to the file @to,
 * each with a final null byte; "" for one that is not known. The kernel tells a mount's path from
 * another namespace even if a mount over the root hides it (Linux 6.11).
 * @namespace_id: the caller's own namespace. */
int probe_mount_points(uint64_t namespace_id, const uint64_t *ids, size_t count, int to);

/* Whether the filesystem that @fd is on answers statfs(2) within two seconds. @answer: 0, -errno of
 * statfs(2), or -ETIMEDOUT. Returns 0; -errno: it could not be asked. */
int probe_answers(int fd, int *answer);

/* The same for the filesystem that would show if the top mount at @path, absolute, were unmounted.
 */
int probe_answers_beneath(const char *path, int *answer);

/* A clone of what would show if the top mount at @path, absolute, were unmounted, as a detached
 * tree: a descriptor, or -errno. */
int probe_clone_beneath(const char *path);

/* The line of the mount @short_id in mountinfo, as it is read at the namespace's own root, for a
 * mount that can't be reached inside a chroot. The caller frees it. -ENOENT: no such mount. */
int probe_mountinfo_line(int short_id, char **line);

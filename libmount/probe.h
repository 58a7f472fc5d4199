/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * probe: questions that only a child can answer, most of them in a copy of the mount namespace.
 *
 * A child (child.h) gets a copy, makes everything in it private, tries there what must not be tried
 * in the real namespace, and goes; the copy goes with it.
 */
#pragma once

/* Whether the mount whose root is @path, absolute, is locked together with those around it, so that
 * the caller could never unmount it: 1 or 0. -EPERM: no CAP_SYS_ADMIN over the namespace. */
int probe_locked(const char *path);

/* The path of the caller's root directory on its filesystem, which no interface tells where the
 * mount that it lies in can't be reached from inside a chroot. The caller frees it. */
int probe_root_path(char **path);

/* The line of the mount @short_id in mountinfo as it is at the namespace's own root, for one that
 * can't be reached from inside a chroot. The caller frees it. -ENOENT: no such mount. */
int probe_mountinfo_line(int short_id, char **line);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --namespace of mount and umount: a mount namespace, named by a path or by a process. */
#pragma once

/* The file of the namespace that @argument names, a path or a process's id. The caller frees it. */
char *namespace_path(const char *argument);

/* Open the mount namespace at @path, and check its files (namespace-files.h). Returns its
 * descriptor, or -1 after an error message. */
int namespace_open(const char *path);

/* Enter the mount namespace @fd, which was opened from @path. Returns 0, or -1 after an error
 * message. */
int namespace_enter(int fd, const char *path);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --namespace of mount and umount: a mount namespace, named by a process, by
 * its number, or by a path. */
#pragma once

/* The file of the namespace that @argument names: a process's id, the namespace's number
 * (namespace-number.h), or a path. A namespace that is named by its number stays open. The caller
 * frees the path. */
char *namespace_path(const char *argument);

/* Open the mount namespace at @path, and check its files (namespace-files.h). The program goes on
 * in a child (namespace-guard.h). Returns the namespace's descriptor, or -1 after an error message.
 */
int namespace_open(const char *path);

/* Enter the mount namespace @fd, which was opened from @path. Returns 0, or -1 after an error
 * message. */
int namespace_enter(int fd, const char *path);

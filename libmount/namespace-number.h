/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * namespace-number: a mount namespace by the number that tables print for it: the inode number of
 * /proc/PID/ns/mnt. It is larger than the id of any process.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* Whether @text is a number that can't be a process's id; @number: where it goes. */
bool namespace_is_number(const char *text, ino_t *number);

/* Open the mount namespace @number: by a process in it, or from the kernel's list (Linux 6.12),
 * which also has those without a process. @pid: where the lowest process in it goes, 0: none was
 * found. Returns a descriptor; -ENOENT: there is no such namespace, or the caller may not see it;
 * -ENOMEM; or the error of reading /proc. */
int namespace_open_number(ino_t number, pid_t *pid);

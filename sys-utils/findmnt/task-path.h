/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A path as a task sees it: in the task's mount namespace, below the task's root directory.
 *
 * "/proc/TASK/root" followed by the path would not do: there an absolute symbolic link leads to the
 * caller's root directory.
 */
#pragma once

/* Open @path, which begins at the task's root directory, with O_PATH. -errno. */
int task_path_open(const char *task, const char *path);

/* The path of @fd as the task's mountinfo has it, without symbolic links. The caller frees it.
 * -ENOMEM; -ENODATA: it can't be read, or is not below the task's root directory; other errors are
 * those of opening that. */
int task_path_of_fd(const char *task, int fd, char **path);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "findmnt/task-path.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "path.h"
#include "util.h"

static int open_root(const char *task)
{
	char name[64];

	snprintf(name, sizeof(name), "/proc/%s/root", task);
	return kernel_open_path(AT_FDCWD, name);
}

int task_path_open(const char *task, const char *path)
{
	const struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};
	_cleanup_close_ int root = open_root(task);

	return root < 0 ? root : kernel_open_how(root, path, &how);
}

int task_path_of_fd(const char *task, int fd, char **path)
{
	_cleanup_close_ int root = open_root(task);
	_cleanup_free_ char *top = NULL, *whole = NULL;
	const char *below;
	int r = root < 0 ? root : path_of_fd(root, &top);

	/* The kernel tells both from the root of the task's namespace. */
	r = r < 0 ? r : path_of_fd(fd, &whole);
	if (r < 0)
		return r;
	below = path_below(whole, top);
	if (!below)
		return -ENODATA;
	*path = strdup(*below ? below : "/");
	return *path ? 0 : -ENOMEM;
}

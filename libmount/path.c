/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "path.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "snapshot.h"

char *path_join(const char *top, const char *rest)
{
	char *path;

	if (!*rest)
		return strdup(top);
	return asprintf(&path, "%s%s", strcmp(top, "/") == 0 ? "" : top, rest) < 0 ? NULL : path;
}

const char *path_below(const char *path, const char *top)
{
	size_t length = strcmp(top, "/") == 0 ? 0 : strlen(top);

	if (strcmp(path, top) == 0)
		return "";
	return strncmp(path, top, length) == 0 && path[length] == '/' ? path + length : NULL;
}

char *path_on_filesystem(struct mount *mount, const char *path)
{
	const char *target = mount_target(mount), *root = mount_root(mount);
	const char *rest = target && root ? path_below(path, target) : NULL;

	return rest ? path_join(root, rest) : NULL;
}

char *path_of_fd(int fd)
{
	char link[64], path[PATH_MAX];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	if (length <= 0)
		return NULL;
	path[length] = '\0';
	return strdup(path);
}

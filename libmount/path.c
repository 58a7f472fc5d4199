/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel.h"
#include "util.h"

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

int path_of_fd(int fd, char **path)
{
	_cleanup_close_ int opened = -1;
	char link[64], text[PATH_MAX];
	ssize_t length;

	snprintf(link, sizeof(link), "thread-self/fd/%d", fd);
	opened = kernel_open_proc(link, O_PATH | O_NOFOLLOW);
	length = opened < 0 ? opened : readlinkat(opened, "", text, sizeof(text) - 1);
	if (length <= 0)
		return opened == -ENOMEM || (opened >= 0 && errno == ENOMEM) ? -ENOMEM : -ENODATA;
	text[length] = '\0';
	*path = strdup(text);
	return *path ? 0 : -ENOMEM;
}

void path_cut_slashes(char *path)
{
	size_t length = strlen(path);

	for (;;) {
		if (length > 1 && path[length - 1] == '/')
			length--;
		else if (length > 2 && strcmp(path + length - 2, "/.") == 0)
			length -= 2;
		else
			break;
		path[length] = '\0';
	}
}

char *path_canonical(const char *path)
{
	_cleanup_close_ int fd = kernel_open_path(AT_FDCWD, path);
	_cleanup_free_ char *cut = NULL;
	char *canonical;

	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	if (path_of_fd(fd, &canonical) == 0) {
		if (*canonical == '/')
			return canonical;
		free(canonical);
	}
	/* Without /proc. */
	cut = strdup(path);
	if (!cut)
		return NULL;
	path_cut_slashes(cut);
	return realpath(cut, NULL);
}

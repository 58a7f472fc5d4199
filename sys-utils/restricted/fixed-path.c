/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fixed paths: only root can change which file they lead to.
 *
 * A path is followed as the kernel does it, with each symbolic link: "/cdrom" may be a link into a
 * user's home. The path is fixed if only root can change each directory entry on the way. That is
 * so if the directory belongs to root and nobody else can write to it, or if it is sticky, as /tmp,
 * and the entry belongs to root.
 *
 * openat2(RESOLVE_NO_SYMLINKS) can't do this: it would refuse links of root's, which are allowed,
 * and it does not look at owners.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "restricted/fixed-path.h"
#include "util.h"

enum { MOST_LINKS = 40 }; /* the kernel's */

static bool may_change(const struct stat *directory, const struct stat *entry)
{
	/* With an access control list, the group bits are its mask: all that the list grants is
	 * within them. */
	bool is_shared = directory->st_mode & (S_IWGRP | S_IWOTH);

	if (directory->st_uid != 0)
		return true;
	return is_shared && !(directory->st_mode & S_ISVTX && entry->st_uid == 0);
}

/* The text of @link, with the rest of the path after it. */
static char *follow(int link, const char *rest)
{
	char text[PATH_MAX], *path;
	ssize_t length = readlinkat(link, "", text, sizeof(text));

	if (length < 0 || (size_t)length == sizeof(text) ||
		asprintf(&path, "%.*s/%s", (int)length, text, rest) < 0)
		return NULL;
	return path;
}

static int open_root(void)
{
	return open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

bool path_is_fixed(const char *path)
{
	_cleanup_free_ char *held = strdup(path);
	_cleanup_close_ int directory = open_root();
	char *rest = held;
	int links = 0;

	if (!held || directory < 0 || *path != '/')
		return false;
	while (rest[strspn(rest, "/")]) {
		char *name = rest + strspn(rest, "/"), *end = name + strcspn(name, "/");
		_cleanup_close_ int entry = -1;
		struct stat above, st;

		rest = *end ? end + 1 : end;
		*end = '\0';
		entry = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (entry < 0 || fstat(directory, &above) < 0 || fstat(entry, &st) < 0 ||
			may_change(&above, &st))
			return false;
		if (S_ISLNK(st.st_mode)) {
			char *path_of_link = ++links > MOST_LINKS ? NULL : follow(entry, rest);

			free(held);
			held = rest = path_of_link;
			if (!held)
				return false;
			if (*held != '/')
				continue;
			close(entry);
			entry = open_root();
			if (entry < 0)
				return false;
		}
		close(directory);
		directory = steal_fd(&entry);
	}
	return true;
}

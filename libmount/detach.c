/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "detach.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

#include "child.h"
#include "kernel.h"

/* A mount, and the name of its descriptor in /proc/self/fd. */
struct detached {
	int fd;
	char name[16];
};

/* The mount is named by its link in /proc. Only without /proc the child changes to the mount's
 * root: that asks its filesystem, which may be dead. */
static int work_detach(void *argument, void *answer)
{
	const struct detached *detached = argument;
	int links = kernel_open_proc("self/fd", O_PATH | O_DIRECTORY);
	const char *name = links < 0 ? "." : detached->name;

	(void)answer;
	if (fchdir(links < 0 ? detached->fd : links) < 0 || umount2(name, MNT_DETACH) < 0)
		return -errno;
	return 0;
}

int detach_in_child(int fd)
{
	struct detached detached = {.fd = fd};

	snprintf(detached.name, sizeof(detached.name), "%d", fd);
	return child_run(work_detach, &detached, NULL, 0);
}

int detach_mount(int fd)
{
	char path[48];

	/* In a namespace that was entered, /proc can be anything. */
	if (kernel_has_kept_proc())
		return detach_in_child(fd);
	snprintf(path, sizeof(path), "/proc/thread-self/fd/%d", fd);
	if (umount2(path, MNT_DETACH) == 0)
		return 0;
	/* ENOENT: /proc is missing. A child changes its working directory, so that the caller's
	 * stays. */
	return errno == ENOENT ? detach_in_child(fd) : -errno;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "detach.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

#include "child.h"
#include "kernel.h"

static int work_detach(void *argument, void *answer)
{
	(void)answer;
	if (fchdir(*(int *)argument) < 0 || umount2(".", MNT_DETACH) < 0)
		return -errno;
	return 0;
}

int detach_in_child(int fd)
{
	return child_run(work_detach, &fd, NULL, 0);
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

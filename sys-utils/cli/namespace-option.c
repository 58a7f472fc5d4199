/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/namespace-option.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/namespace-files.h"
#include "cli/namespace-guard.h"
#include "cli/start.h"
#include "i18n.h"
#include "namespace-number.h"
#include "util.h"

/* The path of a descriptor that stays open: below /proc/PID, so that the helpers that libmount
 * starts can use it, too. PID is of this process, so namespace_guard() has to fork before. */
static char *path_of_number(ino_t number)
{
	char *path = NULL;
	pid_t pid;
	int fd;

	namespace_guard();
	fd = namespace_open_number(number, &pid);
	if (fd == -ENOMEM || (fd >= 0 && asprintf(&path, "/proc/%d/fd/%d", (int)getpid(), fd) < 0))
		out_of_memory();
	return path;
}

char *namespace_path(const char *argument)
{
	char *end, *path = NULL;
	long pid = strtol(argument, &end, 10);
	ino_t number;

	if (namespace_is_number(argument, &number)) {
		path = path_of_number(number);
	} else if (*argument && !*end && pid > 0 && pid <= INT32_MAX) {
		if (asprintf(&path, "/proc/%ld/ns/mnt", pid) < 0)
			out_of_memory();
	}
	path = path ?: strdup(argument);
	if (!path)
		out_of_memory();
	return path;
}

static int namespace_fail(const char *path)
{
	warn(_("failed to set target namespace to %s"), path);
	return -1;
}

int namespace_open(const char *path)
{
	/* Not to wait for a FIFO. */
	_cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return namespace_fail(path);
	if (ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNS) {
		errno = EINVAL;
		return namespace_fail(path);
	}
	if (namespace_check_files(fd, path) < 0)
		return -1;
	namespace_guard();
	return steal_fd(&fd);
}

int namespace_enter(int fd, const char *path)
{
	return setns(fd, CLONE_NEWNS) < 0 ? namespace_fail(path) : 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * namespaces, the part that reads one from within: a child enters it by setns(2), which makes the
 * namespace's own root the child's, and passes the text of its mountinfo back. For kernels whose
 * statmount does not say enough, and namespaces whose processes are all in a chroot.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "namespaces.h"
#include "snapshot.h"
#include "util.h"

/* In the child; returns an errno as exit status, 0 when all is written. */
static int send_mountinfo(int namespace_fd, int to)
{
	/* Opened before /proc may be out of sight; what it shows is the child's, wherever it is. */
	int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char buffer[65536];
	int from;

	if (self < 0 || setns(namespace_fd, CLONE_NEWNS) < 0)
		return errno;
	from = openat(self, "mountinfo", O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return errno;
	for (;;) {
		ssize_t length = read(from, buffer, sizeof(buffer));

		if (length <= 0)
			return length < 0 ? errno : 0;
		for (ssize_t done = 0; done < length;) {
			ssize_t written = write(to, buffer + done, (size_t)(length - done));

			if (written < 0)
				return errno;
			done += written;
		}
	}
}

int namespace_read_in_child(int namespace_fd, struct snapshot **ret)
{
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	_cleanup_fclose_ FILE *text = NULL;
	int ends[2], status, r;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	child = fork();
	if (child == 0)
		_exit(send_mountinfo(namespace_fd, ends[1]));
	close(ends[1]);
	text = fdopen(ends[0], "r");
	if (child < 0)
		return -errno;
	r = text ? snapshot_parse(text, "mountinfo", &snapshot) : -ENOMEM;
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (!WIFEXITED(status))
		return -EINTR;
	if (WEXITSTATUS(status) != 0)
		return -WEXITSTATUS(status);
	if (r == 0)
		*ret = steal_pointer(&snapshot);
	return r;
}

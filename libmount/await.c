/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "await.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "kernel.h"
#include "namespaces.h"
#include "util.h"

void await_clear(struct await *watch)
{
	for (size_t i = 0; i < watch->count; i++)
		close(watch->fds[i]);
	free(watch->fds);
	if (watch->poll >= 0)
		close(watch->poll);
	*watch = (struct await){.poll = -1};
}

/* Watch @fd, which it takes over, for @events. */
static int add_descriptor(struct await *watch, int fd, uint32_t events)
{
	struct epoll_event event = {.events = events};
	_cleanup_close_ int owned = fd;
	int *larger;

	/* The process has ended, or may not be looked at. EINVAL: it has left its namespace, and is
	 * about to end. */
	if (fd == -ENOENT || fd == -ESRCH || fd == -EINVAL || fd == -EACCES || fd == -EPERM)
		return 0;
	if (fd < 0)
		return fd;
	larger = reallocarray(watch->fds, watch->count + 1, sizeof(*larger));
	if (!larger)
		return -ENOMEM;
	watch->fds = larger;
	if (epoll_ctl(watch->poll, EPOLL_CTL_ADD, owned, &event) < 0)
		return -errno;
	watch->fds[watch->count++] = steal_fd(&owned);
	return 0;
}

/* An open mountinfo keeps its namespace, in which nothing happens once its processes have ended. So
 * the process is watched, too. */
static int add_process(struct await *watch, pid_t pid)
{
	char path[64];
	int r;

	snprintf(path, sizeof(path), "%d/mountinfo", pid);
	r = add_descriptor(watch, kernel_open_proc(path, O_RDONLY), EPOLLPRI);
	return r < 0 ? r : add_descriptor(watch, kernel_open_process(pid), EPOLLIN);
}

static int add_everything(struct await *watch)
{
	_cleanup_(cleanup_namespaces) struct namespaces *namespaces = NULL;
	int r = add_descriptor(
		watch, kernel_open_proc("thread-self/mountinfo", O_RDONLY), EPOLLPRI);

	r = r < 0 ? r : namespaces_find(&namespaces);
	for (size_t i = 0; r == 0 && i < namespaces->count; i++)
		r = add_process(watch, namespaces->list[i].pid);
	return r;
}

int await_start(struct await *watch)
{
	int r;

	await_clear(watch);
	watch->poll = epoll_create1(EPOLL_CLOEXEC);
	if (watch->poll < 0)
		return -errno;
	r = add_everything(watch);
	if (r < 0)
		await_clear(watch);
	return r < 0 ? r : watch->poll;
}

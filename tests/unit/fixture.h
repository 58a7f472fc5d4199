/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fixture: what several of the library's unit tests stand on. */
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libmnttuck.h"
#include "tap.h"
#include "util.h"

/* What really tucks. */
#define NEEDS_CLONES                                                                               \
	if (under_valgrind() || under_qemu()) {                                                    \
		skip("valgrind 3.19 and qemu-user 7.2 have no open_tree(2) and move_mount(2)");    \
		return;                                                                            \
	}

static inline void cleanup_tuck(struct mnttuck **tuck)
{
	mnttuck_free(*tuck);
}

#define NEW_TUCK                                                                                   \
	_cleanup_(cleanup_tuck) struct mnttuck *tuck = NULL;                                       \
	check_or_return(mnttuck_new(&tuck) == 0 && tuck)

/* A service: a process with a copy of the mount namespace, whose mounts have @propagation
 * (MS_SLAVE ...), and with @root as its root directory. Returns its pid; -1: it could not be
 * started. */
static inline pid_t start_service_in(const char *root, unsigned long propagation)
{
	int ends[2];
	char byte;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	child = fork();
	if (child == 0)
		_exit(unshare(CLONE_NEWNS) < 0 ||
			mount(NULL, "/", NULL, MS_REC | propagation, NULL) < 0 ||
			chroot(root) < 0 || write(ends[1], "", 1) != 1 || pause());
	close(ends[1]);
	if (read(ends[0], &byte, 1) != 1)
		child = -1;
	close(ends[0]);
	return child;
}

static inline pid_t start_service(unsigned long propagation)
{
	return start_service_in("/", propagation);
}

static inline void end_service(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static inline int count_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	int count = 0;

	while (directory && readdir(directory))
		count++;
	if (directory)
		closedir(directory);
	return count;
}

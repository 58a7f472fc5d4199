/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fixture: what several of the library's unit tests stand on. */
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
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

/* mountinfo without ids, which differ each time. @has_groups: with the numbers of peer groups;
 * otherwise only whether a mount is in one, since a group that was left and joined again has
 * another number. The caller frees it. */
static inline char *read_mounts(bool has_groups)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/self/mountinfo", "re");
	char line[4096], *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	while (file && to && fgets(line, sizeof(line), file)) {
		char *tags = strstr(line, " shared:") ?: strstr(line, " master:");
		const char *end = strstr(line, " - ");

		if (has_groups)
			tags = NULL;
		if (tags)
			*tags = '\0';
		fprintf(to, "%s%s%s", strchr(strchr(line, ' ') + 1, ' '), tags ? " in a group" : "",
			tags ? end : "");
	}
	if (to)
		fclose(to);
	return text;
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

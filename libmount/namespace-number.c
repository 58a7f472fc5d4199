/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "namespace-number.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel.h"
#include "namespace-processes.h"
#include "util.h"

bool namespace_is_number(const char *text, ino_t *number)
{
	unsigned long long value;
	char *end;

	if (!*text || text[strspn(text, "0123456789")])
		return false;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || value <= INT32_MAX || value > UINT32_MAX)
		return false;
	*number = (ino_t)value;
	return true;
}

static bool is_namespace(int fd, ino_t number)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_ino == number && kernel_is_mount_namespace(fd) == 1;
}

/* The process may have ended, and another one have its id. */
static int open_by_process(const struct processes *processes, ino_t number, pid_t *pid)
{
	for (size_t i = 0; i < processes->count; i++) {
		const struct process *process = &processes->list[i];
		char path[64];
		int fd;

		if (process->namespace != number)
			continue;
		snprintf(path, sizeof(path), "%d/ns/mnt", process->pid);
		fd = kernel_open_proc(path, O_RDONLY);
		if (fd >= 0 && is_namespace(fd, number)) {
			*pid = process->pid;
			return fd;
		}
		if (fd >= 0)
			close(fd);
	}
	return -ENOENT;
}

/* Walk over the kernel's list, from the caller's own namespace to one of its ends. */
static int open_by_list(ino_t number, bool forward)
{
	int fd = kernel_open_own_namespace();

	while (fd >= 0 && !is_namespace(fd, number)) {
		struct kernel_namespace info;
		int next = kernel_namespace_step(fd, forward, &info);

		close(fd);
		fd = next;
	}
	return fd >= 0 || fd == -ENOMEM ? fd : -ENOENT;
}

int namespace_open_number(ino_t number, pid_t *pid)
{
	struct processes processes = {0};
	int fd, r = processes_look(&processes);

	*pid = 0;
	fd = r < 0 ? r : open_by_process(&processes, number, pid);
	free(processes.list);
	if (fd == -ENOENT)
		fd = open_by_list(number, /* forward= */ false);
	return fd == -ENOENT ? open_by_list(number, /* forward= */ true) : fd;
}

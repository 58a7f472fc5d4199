/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "namespace-processes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel.h"
#include "namespace-read.h"
#include "util.h"

static struct process *process_of_namespace(const struct processes *processes, ino_t inode)
{
	for (size_t i = 0; i < processes->count; i++)
		if (processes->list[i].namespace == inode)
			return &processes->list[i];
	return NULL;
}

/* The name stays empty if the process has ended. */
static int read_command(int proc, struct process *process)
{
	char path[64];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "%d/comm", process->pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && (errno == ENOMEM || errno == EMFILE))
		return -errno;
	do
		length = fd < 0 ? 0 : read(fd, process->command, sizeof(process->command) - 1);
	while (length < 0 && errno == EINTR);
	if (fd >= 0)
		close(fd);
	process->command[length > 0 ? length : 0] = '\0';
	process->command[strcspn(process->command, "\n")] = '\0';
	return 0;
}

/* Of a process that has just ended the kernel says EACCES, too. */
static bool is_alive(int proc, pid_t pid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "%d/stat", pid);
	return fstatat(proc, path, &st, 0) == 0;
}

static int note_process(struct processes *processes, int proc, pid_t pid)
{
	struct process *process;
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "%d/ns/mnt", pid);
	if (fstatat(proc, path, &st, 0) < 0) {
		int error = errno;

		if (error == EACCES || error == EPERM)
			processes->hidden += is_alive(proc, pid);
		return error == ENOMEM ? -ENOMEM : 0;
	}
	process = process_of_namespace(processes, st.st_ino);
	if (process && process->pid < pid)
		return 0;
	if (!process) {
		process = reallocarray(processes->list, processes->count + 1, sizeof(*process));
		if (!process)
			return -ENOMEM;
		processes->list = process;
		process += processes->count++;
	}
	*process = (struct process){.namespace = st.st_ino, .pid = pid};
	return read_command(proc, process);
}

int processes_look(struct processes *processes)
{
	_cleanup_close_ int fd = kernel_open_proc(".", O_RDONLY | O_DIRECTORY);
	DIR *proc = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (!proc)
		return fd < 0 ? fd : -errno;
	steal_fd(&fd);
	processes->are_known = true;
	processes->count = processes->hidden = 0;
	while (r == 0 && (errno = 0, entry = readdir(proc)))
		if (*entry->d_name >= '1' && *entry->d_name <= '9')
			r = note_process(
				processes, dirfd(proc), (pid_t)strtol(entry->d_name, NULL, 10));
	r = r < 0 ? r : -errno;
	closedir(proc);
	return r;
}

void processes_fill_in(const struct processes *processes, struct mntns *mntns)
{
	const struct process *process = process_of_namespace(processes, mntns->inode);

	if (!process)
		return;
	mntns->pid = process->pid;
	memcpy(mntns->command, process->command, sizeof(mntns->command));
}

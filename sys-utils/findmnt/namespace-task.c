/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "findmnt/namespace-task.h"

#include <err.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "i18n.h"
#include "namespace-number.h"
#include "util.h"

/* Enter the namespace, write 0 or the error to @ready, and sleep. */
__attribute__((noreturn)) static void stay_in(int namespace_fd, int ready, pid_t parent)
{
	int error;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	error = setns(namespace_fd, CLONE_NEWNS) < 0 ? errno : 0;
	if (write(ready, &error, sizeof(error)) < 0 || getppid() != parent)
		_exit(EXIT_FAILURE);
	close(ready);
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	for (;;)
		pause();
}

static void end_task(int status, void *child)
{
	(void)status;
	kill((pid_t)(intptr_t)child, SIGKILL);
	waitpid((pid_t)(intptr_t)child, NULL, 0);
}

static pid_t start_task(int namespace_fd)
{
	pid_t child, parent = getpid();
	int ends[2], error = EIO;

	if (pipe(ends) < 0)
		err(EXIT_FAILURE, NULL);
	child = fork();
	if (child < 0)
		err(EXIT_FAILURE, NULL);
	if (child == 0)
		stay_in(namespace_fd, ends[1], parent);
	on_exit(end_task, (void *)(intptr_t)child);
	close(ends[1]);
	if (read(ends[0], &error, sizeof(error)) < (ssize_t)sizeof(error))
		error = EIO;
	close(ends[0]);
	if (error)
		errx(EXIT_FAILURE, _("can't enter the mount namespace: %s"), strerror(error));
	return child;
}

static void free_text(int status, void *text)
{
	(void)status;
	free(text);
}

const char *namespace_task(ino_t number)
{
	char *text;
	pid_t pid;
	_cleanup_close_ int fd = namespace_open_number(number, &pid);

	if (fd < 0)
		errx(EXIT_FAILURE, _("mount namespace %llu can't be opened: %s"),
			(unsigned long long)number, strerror(-fd));
	pid = pid ?: start_task(fd);
	if (asprintf(&text, "%d", (int)pid) < 0)
		err(EXIT_FAILURE, NULL);
	on_exit(free_text, text);
	return text;
}

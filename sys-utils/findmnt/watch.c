/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "findmnt/watch.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "findmnt/request.h"
#include "i18n.h"
#include "kernel.h"

static char *table_path(const struct from *from)
{
	char *path;

	if (from->files.count)
		path = strdup(from->files.list[0]);
	else if (!from->tasks.count)
		path = strdup("/proc/self/mountinfo");
	else if (asprintf(&path, "/proc/%s/mountinfo", from->tasks.list[0]) < 0)
		path = NULL;
	if (!path)
		err(EXIT_FAILURE, NULL);
	return path;
}

char *watch_open_table(struct watch *watch, const struct from *from)
{
	char *path = table_path(from);

	watch->table = open(path, O_RDONLY | O_CLOEXEC);
	if (watch->table < 0)
		err(EXIT_FAILURE, _("cannot open %s"), path);
	return path;
}

void watch_open_events(struct watch *watch, const struct from *from)
{
	if (!from->source_given && !from->files.count && !from->tasks.count)
		watch->events = kernel_watch_new();
}

void watch_close_events(struct watch *watch)
{
	if (watch->events >= 0)
		close(watch->events);
	watch->events = -1;
}

void watch_close(struct watch *watch)
{
	watch_close_events(watch);
	if (watch->table >= 0)
		close(watch->table);
	watch->table = -1;
}

/* In a child: hold the queue until the other end of the pipe is closed. No other file stays open.
 */
static void hold_until_end(int queue, int end)
{
	if (dup2(queue, STDIN_FILENO) < 0 || dup2(end, STDOUT_FILENO) < 0 ||
		close_range(STDERR_FILENO, ~0U, 0) < 0)
		return;
	while (read(STDOUT_FILENO, &(char){0}, 1) < 0 && errno == EINTR)
		;
}

void watch_close_after_end(struct watch *watch)
{
	int ends[2];
	pid_t child;

	if (watch->events < 0 || watch->events <= STDERR_FILENO || pipe2(ends, O_CLOEXEC) < 0)
		return;
	child = fork();
	if (child == 0) {
		hold_until_end(watch->events, ends[0]);
		_exit(EXIT_SUCCESS);
	}
	/* The end of the program closes the other end. */
	close(ends[0]);
}

/* For poll(2). */
static int milliseconds_until(double until)
{
	double left = (until - watch_now()) * 1000;

	if (left <= 0)
		return 0;
	return left < INT_MAX - 1 ? (int)left + 1 : INT_MAX;
}

unsigned int watch_wait(const struct watch *watch, double until)
{
	for (;;) {
		struct pollfd ready[] = {
			{.fd = watch->events, .events = POLLIN},
			{.fd = watch->table, .events = POLLPRI},
		};
		int wait = milliseconds_until(until);
		int r = poll(ready, 2, wait);

		if (r < 0 && errno != EINTR)
			err(EXIT_FAILURE, _("poll() failed"));
		if (r > 0)
			return (ready[0].revents ? WATCH_EVENTS : 0) |
			       (ready[1].revents ? WATCH_TABLE : 0);
		if (!wait)
			return 0;
	}
}

bool watch_has_events(const struct watch *watch)
{
	struct pollfd ready = {.fd = watch->events, .events = POLLIN};

	return poll(&ready, 1, 0) > 0;
}

static double seconds_of(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double watch_now(void)
{
	return seconds_of(CLOCK_MONOTONIC);
}

double watch_work(void)
{
	return seconds_of(CLOCK_PROCESS_CPUTIME_ID);
}

double watch_next(double work, double least)
{
	double pause = (watch_work() - work) * 100;

	return watch_now() + (pause > least ? pause : least);
}

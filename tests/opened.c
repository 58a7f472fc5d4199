/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * opened: run COMMAND, and then print each FILE that was opened meanwhile, by whomever.
 *
 *	opened FILE... -- COMMAND...
 *
 * Prints a line "opened: FILE" for each, and ends with COMMAND's exit status. A FILE is named by a
 * path without links. open(2) with O_PATH opens nothing, and so is not printed.
 *
 * inotify tells of an open only if it succeeds. So a FILE has to be one that opens: a FIFO, or a
 * node of a device that every kernel has.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_FILES = 64 };

static void print_opened(int events, char *const *files, const int *watches)
{
	static _Alignas(struct inotify_event) char room[65536];
	ssize_t length = read(events, room, sizeof(room));
	const struct inotify_event *event;

	for (const char *at = room; length > 0 && at < room + length;
		at += sizeof(*event) + event->len) {
		event = (const struct inotify_event *)(const void *)at;
		for (int i = 0; files[i]; i++)
			if (event->wd == watches[i] && event->mask & IN_OPEN)
				printf("opened: %s\n", files[i]);
	}
}

static int run(char **command)
{
	int status = 0;
	pid_t process = fork();

	if (process == 0) {
		execvp(command[0], command);
		err(127, "%s", command[0]);
	}
	if (process < 0 || waitpid(process, &status, 0) < 0)
		err(EXIT_FAILURE, "%s", command[0]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	int watches[MOST_FILES], count = 0, status;
	int events = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char **files = argv + 1;

	if (events < 0)
		err(EXIT_FAILURE, "inotify");
	for (; count + 1 < argc && strcmp(files[count], "--") != 0 && count < MOST_FILES; count++) {
		watches[count] = inotify_add_watch(events, files[count], IN_OPEN | IN_DONT_FOLLOW);
		if (watches[count] < 0)
			err(EXIT_FAILURE, "%s", files[count]);
	}
	if (count == 0 || count + 2 >= argc || strcmp(files[count], "--") != 0)
		errx(EXIT_FAILURE, "usage: opened FILE... -- COMMAND...");
	files[count] = NULL;
	status = run(files + count + 1);
	print_opened(events, files, watches);
	return status;
}

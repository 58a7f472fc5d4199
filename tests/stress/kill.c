/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stress-kill MICROSECONDS COMMAND...: run COMMAND, and kill it (SIGKILL) after that time.
 *
 * The time runs from just before COMMAND is started, and ends with a spin, since a sleep ends late
 * by as much as a whole tuck takes. Prints "killed MICROSECONDS" or "ended STATUS MICROSECONDS":
 * how it ended and when; 0: let it run to its end. Only the process itself is killed, as the
 * out-of-memory killer or an impatient person would; what it leaves is the test's question.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static void sleep_until(long end)
{
	const long spin = 150;
	long left = end - now() - spin;

	if (left > 0)
		nanosleep(&(struct timespec){left / 1000000, left % 1000000 * 1000}, NULL);
	while (now() < end)
		;
}

int main(int argc, char **argv)
{
	long start, delay;
	int status;
	pid_t pid;

	if (argc < 3)
		return 1;
	delay = strtol(argv[1], NULL, 10);
	start = now();
	pid = fork();
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (pid < 0)
		return 1;
	if (delay) {
		sleep_until(start + delay);
		kill(pid, SIGKILL);
	}
	if (waitpid(pid, &status, 0) != pid)
		return 1;
	if (WIFSIGNALED(status))
		printf("killed %ld\n", now() - start);
	else
		printf("ended %d %ld\n", WEXITSTATUS(status), now() - start);
	return 0;
}

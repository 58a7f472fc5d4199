/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench-answer RUNS NAMESPACE TARGET SOURCE COMMAND...: how soon does a program that waits answer?
 *
 * For each run a tmpfs SOURCE is mounted at TARGET in the mount namespace that the file NAMESPACE
 * is of. When COMMAND has begun to wait, the tmpfs is unmounted. The answer is the end of COMMAND.
 * Prints what 99 of 100 runs keep to, in microseconds: the time from the unmount to the end, and
 * the processor time that COMMAND takes in it, which does not depend on what else the machine does.
 */
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_RUNS 1000

struct bench {
	int own, other; /* namespaces */
	const char *target, *source;
	char **command;
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static void enter(int mntns)
{
	if (setns(mntns, CLONE_NEWNS) < 0)
		err(EXIT_FAILURE, "setns");
}

static pid_t start(char **command)
{
	pid_t child = fork();

	if (child < 0)
		err(EXIT_FAILURE, "fork");
	if (child > 0)
		return child;
	dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
	dup2(STDOUT_FILENO, STDERR_FILENO);
	execv(command[0], command);
	_exit(127);
}

/* The first word of /proc/PROCESS/NAME in @text. */
static void read_word(pid_t process, const char *name, char text[64])
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/%s", process, name);
	file = fopen(path, "re");
	if (!file || fscanf(file, "%63s", text) != 1)
		errx(EXIT_FAILURE, "%s can't be read: has the command ended?", path);
	fclose(file);
}

static void wait_until_waiting(pid_t process)
{
	char text[64] = "";

	while (!strstr(text, "poll")) {
		usleep(20000);
		read_word(process, "wchan", text);
	}
}

static void run(const struct bench *bench, double *elapsed, double *work)
{
	struct rusage usage;
	char text[64];
	double before, begin;
	pid_t child;

	enter(bench->other);
	if (mount(bench->source, bench->target, "tmpfs", 0, NULL) < 0)
		err(EXIT_FAILURE, "mount");
	enter(bench->own);
	child = start(bench->command);
	wait_until_waiting(child);
	read_word(child, "schedstat", text);
	before = strtod(text, NULL) / 1e3;
	enter(bench->other);
	begin = now();
	if (umount(bench->target) < 0 || wait4(child, NULL, 0, &usage) < 0)
		err(EXIT_FAILURE, "%s", bench->target);
	*elapsed = now() - begin;
	*work = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
		(double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) - before;
	enter(bench->own);
}

static int compare(const void *a, const void *b)
{
	double one = *(const double *)a, other = *(const double *)b;

	return one < other ? -1 : one > other;
}

static double most_keep_to(double *values, int count)
{
	qsort(values, (size_t)count, sizeof(*values), compare);
	return values[count - 1 - count / 100];
}

int main(int argc, char **argv)
{
	static double elapsed[MAX_RUNS], work[MAX_RUNS];
	int runs = argc > 5 ? atoi(argv[1]) : 0;
	struct bench bench;

	if (runs < 1 || runs > MAX_RUNS)
		errx(EXIT_FAILURE, "usage: bench-answer RUNS NAMESPACE TARGET SOURCE COMMAND...");
	bench = (struct bench){
		.own = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC),
		.other = open(argv[2], O_RDONLY | O_CLOEXEC),
		.target = argv[3],
		.source = argv[4],
		.command = argv + 5,
	};
	if (bench.own < 0 || bench.other < 0)
		err(EXIT_FAILURE, "%s", argv[2]);
	for (int i = 0; i < runs; i++)
		run(&bench, &elapsed[i], &work[i]);
	printf("%.0f %.0f\n", most_keep_to(elapsed, runs), most_keep_to(work, runs));
	return EXIT_SUCCESS;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench-time RUNS NAMESPACE TARGET COMMAND... [-- NAMESPACE TARGET COMMAND...]: time one command,
 * or two in turn.
 *
 * Each command is run in the mount namespace that the file NAMESPACE is of; after each run, and
 * outside of its time, the top mount at TARGET is unmounted there, so that what was tucked is the
 * top of the next round. With "+TARGET" a tmpfs is mounted there before each run instead, for a
 * command that unmounts it; with "-" nothing is done before or after. "@" in a word of the command
 * stands for the number of the run. The two sides take turns (A B, B A, A B ...), so that what else
 * the machine does meets both. What is timed is the whole process, from before posix_spawn(3) to
 * after wait4(2).
 *
 * Prints the median of each side, in microseconds. A run that fails ends it all.
 */
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WARM_UPS 3
#define MAX_RUNS 1000

extern char **environ;

struct side {
	int mntns;
	const char *target;
	char **command;
	double times[MAX_RUNS];
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

/* @word with the number of the run in place of "@". */
static char *numbered(const char *word, int number)
{
	const char *at = strchr(word, '@');
	char *copy = NULL;
	int r = at ? asprintf(&copy, "%.*s%d%s", (int)(at - word), word, number, at + 1)
		   : asprintf(&copy, "%s", word);

	if (r < 0)
		err(EXIT_FAILURE, "%s", word);
	return copy;
}

static char **numbered_command(char **command, int number)
{
	size_t words = 0;
	char **copy;

	while (command[words])
		words++;
	copy = calloc(words + 1, sizeof(*copy));
	if (!copy)
		err(EXIT_FAILURE, "%s", *command);
	for (size_t i = 0; i < words; i++)
		copy[i] = numbered(command[i], number);
	return copy;
}

static double run_once(const struct side *side, int number)
{
	char **command = numbered_command(side->command, number);
	bool is_unmount = *side->target == '+', is_tuck = *side->target == '/';
	struct rusage usage;
	double start, end;
	int status, error;
	pid_t child;

	if (setns(side->mntns, CLONE_NEWNS) < 0)
		err(EXIT_FAILURE, "setns");
	if (is_unmount && mount("bench", side->target + 1, "tmpfs", 0, NULL) < 0)
		err(EXIT_FAILURE, "mounting on %s", side->target + 1);
	start = now();
	error = posix_spawn(&child, *command, NULL, NULL, command, environ);
	if (error)
		errx(EXIT_FAILURE, "%s: %s", *command, strerror(error));
	if (wait4(child, &status, 0, &usage) < 0)
		err(EXIT_FAILURE, "wait4");
	end = now();
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		errx(EXIT_FAILURE, "%s: wait status %#x", *command, (unsigned int)status);
	if (is_tuck && umount2(side->target, MNT_DETACH) < 0)
		err(EXIT_FAILURE, "unmounting the top of %s", side->target);
	for (char **word = command; *word; word++)
		free(*word);
	free(command);
	return end - start;
}

static int compare(const void *a, const void *b)
{
	const double one = *(const double *)a, other = *(const double *)b;

	return (one > other) - (one < other);
}

static double median(double *times, int count)
{
	qsort(times, (size_t)count, sizeof(*times), compare);
	return count % 2 ? times[count / 2] : (times[count / 2 - 1] + times[count / 2]) / 2;
}

/* Take one side's words from @argv; returns where the next one's begin, or NULL. */
static char **parse_side(struct side *side, char **argv)
{
	char **word;

	if (!argv[0] || !argv[1] || !argv[2])
		errx(EXIT_FAILURE, "a side is a NAMESPACE, a TARGET and a COMMAND");
	side->mntns = open(argv[0], O_RDONLY | O_CLOEXEC);
	if (side->mntns < 0)
		err(EXIT_FAILURE, "%s", argv[0]);
	side->target = argv[1];
	side->command = argv + 2;
	for (word = side->command; *word; word++)
		if (strcmp(*word, "--") == 0) {
			*word = NULL;
			return word + 1;
		}
	return NULL;
}

int main(int argc, char **argv)
{
	static struct side sides[2];
	int runs = argc > 1 ? atoi(argv[1]) : 0, count = 1;
	char **next;

	if (runs < 1 || runs > MAX_RUNS)
		errx(EXIT_FAILURE, "from 1 to %d runs", MAX_RUNS);
	next = parse_side(&sides[0], argv + 2);
	if (next) {
		parse_side(&sides[1], next);
		count = 2;
	}
	for (int run = -WARM_UPS; run < runs; run++)
		for (int turn = 0; turn < count; turn++) {
			/* Who goes first changes, too. */
			struct side *side = &sides[(turn + (run & 1)) % count];
			double time =
				run_once(side, (run + WARM_UPS) * count + (int)(side - sides));

			if (run >= 0)
				side->times[run] = time;
		}
	for (int i = 0; i < count; i++)
		printf("%.0f%c", median(sides[i].times, runs), i + 1 < count ? ' ' : '\n');
	return EXIT_SUCCESS;
}

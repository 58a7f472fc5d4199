/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reader FILE: open and read FILE over and over, and count what its first line says.
 *
 * At SIGTERM it prints one line with a count for each, as "v1=1200 v2=340 base=2". What fails
 * counts as "failed-NUMBER", the number being errno's. It sleeps between two reads: an emulated
 * processor has other work, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { KINDS = 16, LENGTH = 32, PAUSE = 1000 /* microseconds */ };

static volatile sig_atomic_t ended;
static struct {
	char what[LENGTH];
	unsigned long count;
} seen[KINDS];

static void end(int signal)
{
	(void)signal;
	ended = 1;
}

static void note(const char *what)
{
	int i = 0;

	while (i < KINDS - 1 && seen[i].count > 0 && strcmp(seen[i].what, what) != 0)
		i++;
	snprintf(seen[i].what, sizeof(seen[i].what), "%s", what);
	seen[i].count++;
}

static void look(const char *path)
{
	char line[LENGTH] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, line, sizeof(line) - 1) < 0)
		snprintf(line, sizeof(line), "failed-%d", errno);
	if (fd >= 0)
		close(fd);
	line[strcspn(line, "\n")] = '\0';
	note(line[0] ? line : "empty");
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = end};

	if (argc != 2 || sigaction(SIGTERM, &action, NULL) < 0)
		return 1;
	while (!ended) {
		look(argv[1]);
		usleep(PAUSE);
	}
	for (int i = 0; i < KINDS && seen[i].count > 0; i++)
		printf("%s%s=%lu", i ? " " : "", seen[i].what, seen[i].count);
	putchar('\n');
	return 0;
}

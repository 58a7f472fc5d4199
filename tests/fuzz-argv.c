/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-argv: whole command lines of mount, umount and findmnt. For libFuzzer; tests/fuzz builds and
 * runs it. An input is a word a line, the first of them the program's name.
 *
 * The programs are linked in, their main() under other names. Each runs in a child, which may exit
 * wherever it likes, and hands what libFuzzer counted in it to the parent.
 *
 * Nothing is ever mounted: mount and umount get --fake before all else; and besides, LLVMFuzzer-
 * Initialize() refuses to begin unless it is in a user namespace of its own, as a user that owns
 * nothing outside, in a mount namespace of that. After each run the mounts there must be what they
 * were, and the status one that the manual page has.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sanitizer/common_interface_defs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"
#include "util.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int mount_main(int argc, char **argv);
int umount_main(int argc, char **argv);
int findmnt_main(int argc, char **argv);

#define MOST_WORDS 24

/* What libFuzzer counts with; the linker knows where. */
extern uint8_t counters_begin[] __asm__("__start___sancov_cntrs");
extern uint8_t counters_end[] __asm__("__stop___sancov_cntrs");

static uint8_t *counted; /* shared with the child */
static char mounts[1 << 16];

static const struct program {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *first; /* what it is given before all else */
	unsigned int statuses;
} programs[] = {
	{"mount", mount_main, "--fake", 1 | 2 | 4 | 8 | 16 | 32 | 64},
	{"umount", umount_main, "--fake", 1 | 2 | 4 | 8 | 16 | 32 | 64},
	{"findmnt", findmnt_main, NULL, 1 | 64},
};

/* A program that would wait has come to its end. */
int poll(struct pollfd *fds, nfds_t count, int timeout)
{
	(void)fds, (void)count, (void)timeout;
	exit(0);
}

int nanosleep(const struct timespec *time, struct timespec *rest)
{
	(void)time, (void)rest;
	exit(0);
}

static void read_mounts(char *to, size_t room)
{
	_cleanup_close_ int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	size_t size = 0;
	ssize_t n;

	while ((n = read(fd, to + size, room - 1 - size)) > 0)
		size += (size_t)n;
	to[size] = '\0';
}

static void refuse(const char *why)
{
	fprintf(stderr, "fuzz-argv: %s; tests/fuzz knows how to run it\n", why);
	exit(1);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char map[64] = "";
	_cleanup_close_ int fd = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
	unsigned int inside, outside, count;
	struct stat st;

	(void)argc, (void)argv;
	if (read(fd, map, sizeof(map) - 1) < 0 ||
		sscanf(map, "%u %u %u", &inside, &outside, &count) != 3 || count != 1 || !outside)
		refuse("not in a user namespace of its own");
	if (stat("/dev/loop-control", &st) == 0 && access("/dev/loop-control", W_OK) == 0)
		refuse("loop devices are within reach");
	counted = mmap(NULL, (size_t)(counters_end - counters_begin), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (counted == MAP_FAILED)
		refuse("no memory");
	read_mounts(mounts, sizeof(mounts));
	return 0;
}

/* The last thing that exit(3) does in the child; without a look for leaks. */
static void hand_over(int status, void *unused)
{
	(void)unused;
	memcpy(counted, counters_begin, (size_t)(counters_end - counters_begin));
	_exit(status);
}

static void run(const struct program *program, int argc, char **argv)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* What the programs say is nothing to read, what the sanitizers say is. */
	__sanitizer_set_report_fd((void *)(intptr_t)dup(STDERR_FILENO));
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	program_invocation_short_name = argv[0];
	optind = 0;
	on_exit(hand_over, NULL);
	exit(program->run(argc, argv));
}

/* The words of @text, as argv of @program. */
static int split(const struct program *program, char *text, char **argv)
{
	int argc = 0;

	argv[argc++] = (char *)program->name;
	if (program->first)
		argv[argc++] = (char *)program->first;
	for (char *end; text && argc < MOST_WORDS; text = end) {
		end = strchr(text, '\n');
		if (end)
			*end++ = '\0';
		argv[argc++] = text;
	}
	argv[argc] = NULL;
	return argc;
}

static const struct program *find_program(const char *text, size_t length)
{
	for (size_t i = 0; i < ELEMENTS(programs); i++)
		if (strlen(programs[i].name) == length &&
			memcmp(programs[i].name, text, length) == 0)
			return &programs[i];
	return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char now[sizeof(mounts)];
	_cleanup_free_ char *text = strndup((const char *)data, size);
	size_t length = strcspn(text, "\n");
	const struct program *program = find_program(text, length);
	char *argv[MOST_WORDS + 1];
	int argc, status;
	pid_t child;

	if (!program || !text[length])
		return -1; /* not to be kept */
	argc = split(program, text + length + 1, argv);
	memset(counted, 0, (size_t)(counters_end - counters_begin));
	child = fork();
	if (child == 0)
		run(program, argc, argv);
	must(child > 0 && waitpid(child, &status, 0) == child);
	must(WIFEXITED(status) && (WEXITSTATUS(status) & ~program->statuses) == 0);
	for (size_t i = 0; i < (size_t)(counters_end - counters_begin); i++)
		counters_begin[i] |= counted[i];
	read_mounts(now, sizeof(now));
	must(strcmp(mounts, now) == 0);
	return 0;
}

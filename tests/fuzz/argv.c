/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-argv: whole command lines of mount, umount and findmnt. For libFuzzer; tests/fuzz/run builds
 * and runs it. An input is a word a line, the first of them the program's name.
 *
 * The programs are linked in, their main() under other names. Each runs in a child, which may exit
 * wherever it likes, and hands what libFuzzer counted in it to the parent.
 *
 * Whatever they mount is in a mount namespace that ends with the child. LLVMFuzzerInitialize()
 * refuses to begin unless it is in a user namespace of its own, as a user that owns nothing
 * outside, in a mount namespace of that. Helpers are not run.
 *
 * The status is one that the manual page has; what was refused with --tuck or --reveal left every
 * mount as it was; and nothing came to the mounts of the parent.
 */
#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <poll.h>
#include <sanitizer/common_interface_defs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
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

/* What libFuzzer counts with; the linker knows where. A file that names it can't be counted itself.
 */
#pragma clang attribute push(__attribute__((no_sanitize("coverage"))), apply_to = function)
extern uint8_t counters_begin[] __asm__("__start___sancov_cntrs");
extern uint8_t counters_end[] __asm__("__stop___sancov_cntrs");

/* Shared with the child. A sanitizer's exit is none that hands over. */
static struct shared {
	bool has_ended;
	uint8_t counters[];
} * shared;
static char mounts[1 << 16];
static int own_mounts;

static char before[sizeof(mounts)];
static int childs_mounts; /* of the namespace that it had at first */
static bool is_told_to_tuck;

static const struct program {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *first; /* what it is given before all else: no helpers */
	unsigned int statuses;
} programs[] = {
	{"mount", mount_main, "-i", 1 | 2 | 4 | 8 | 16 | 32 | 64},
	{"umount", umount_main, "-i", 255}, /* several are added up */
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
	if (time->tv_sec || time->tv_nsec >= 100L * 1000 * 1000)
		exit(0);
	return clock_nanosleep(CLOCK_REALTIME, 0, time, rest);
}

static size_t counters_size(void)
{
	return (size_t)(counters_end - counters_begin);
}

static int open_mounts(void)
{
	return open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
}

static void read_mounts(int fd, char *to)
{
	size_t size = 0;
	ssize_t n;

	while ((n = pread(fd, to + size, sizeof(mounts) - 1 - size, (off_t)size)) > 0)
		size += (size_t)n;
	must(n == 0);
	to[size] = '\0';
}

static void refuse(const char *why)
{
	fprintf(stderr, "fuzz-argv: %s; tests/fuzz/run knows how to run it\n", why);
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
	shared = mmap(NULL, sizeof(*shared) + counters_size(), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		refuse("no memory");
	own_mounts = open_mounts();
	read_mounts(own_mounts, mounts);
	return 0;
}

static void write_file(const char *path, const char *text)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

	must(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
}

/* A stack at /opt, and a shared mount; in a namespace of the child's own. */
static void enter(void)
{
	/* The parent's mount namespace is out of reach. */
	must(unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0);
	write_file("/proc/self/uid_map", "0 0 1");
	write_file("/proc/self/setgroups", "deny");
	write_file("/proc/self/gid_map", "0 0 1");
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	must(mount("old", "/opt", "tmpfs", 0, NULL) == 0 && mkdir("/opt/child", 0755) == 0);
	must(mount("new", "/opt", "tmpfs", 0, NULL) == 0);
	must(mount("apps", "/srv", "tmpfs", 0, NULL) == 0 && mkdir("/srv/apps", 0755) == 0);
	must(mount(NULL, "/srv", NULL, MS_SHARED, NULL) == 0);
	must(mount("app", "/srv/apps", "tmpfs", 0, NULL) == 0);
	childs_mounts = open_mounts();
	read_mounts(childs_mounts, before);
}

/* The last thing that exit(3) does in the child; without a look for leaks. */
static void hand_over(int status, void *unused)
{
	static char after[sizeof(mounts)];

	(void)unused;
	if (is_told_to_tuck && (status == MNT_EX_USAGE || status == MNT_EX_FAIL)) {
		read_mounts(childs_mounts, after);
		must(strcmp(before, after) == 0);
	}
	memcpy(shared->counters, counters_begin, counters_size());
	shared->has_ended = true;
	_exit(status);
}

static void run(const struct program *program, int argc, char **argv)
{
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int unread = memfd_create("output", MFD_CLOEXEC);

	/* What the programs say is nothing to read, what the sanitizers say is. */
	__sanitizer_set_report_fd((void *)(intptr_t)dup(STDERR_FILENO));
	must(dup2(nothing, STDIN_FILENO) == STDIN_FILENO);
	must(dup2(unread, STDOUT_FILENO) == STDOUT_FILENO);
	must(dup2(unread, STDERR_FILENO) == STDERR_FILENO);
	for (int i = 0; i < argc; i++)
		is_told_to_tuck |= strncmp(argv[i], "--tu", 4) == 0 ||
				   strncmp(argv[i], "--be", 4) == 0 ||
				   strncmp(argv[i], "--rev", 5) == 0;
	enter();
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
		return 0;
	argc = split(program, text + length + 1, argv);
	shared->has_ended = false;
	child = fork();
	if (child == 0)
		run(program, argc, argv);
	must(child > 0);
	/* libFuzzer looks at the clock by signals. */
	while (waitpid(child, &status, 0) < 0)
		must(errno == EINTR);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		; /* the child's children, where they end after it */
	must(WIFEXITED(status) && (WEXITSTATUS(status) & ~program->statuses) == 0);
	must(shared->has_ended);
	for (size_t i = 0; i < counters_size(); i++)
		counters_begin[i] |= shared->counters[i];
	read_mounts(own_mounts, now);
	must(strcmp(mounts, now) == 0);
	return 0;
}

#pragma clang attribute pop

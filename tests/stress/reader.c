/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stress-reader DIRECTORY NAME: look below DIRECTORY/NAME over and over, and count what shows.
 *
 * Each file of the tests says in its first byte what it is: 'v' a version, 'b' the base, 'h' what a
 * version's own child mount hides. A turn is four lookups, by whole paths and from a descriptor of
 * DIRECTORY, as programs do either: two files opened and read, one stat(2), one directory.
 *
 * Says "ready" and waits for a line on standard input. From then on it reads until standard input
 * ends, so that it never outlives the program that started it. Then it prints one line of numbers:
 * lookups, versions, bases, hidden, failures; and what was wrong first, on standard error.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum seen { SEEN_VERSION, SEEN_BASE, SEEN_HIDDEN, SEEN_FAILURE, SEEN_COUNT };

static unsigned long lookups, counts[SEEN_COUNT];

static void note(enum seen seen, const char *path, int error)
{
	static const char *const words[] = {
		"a version", "the base", "what a mount hides", "failed"};

	lookups++;
	if (counts[seen]++ == 0 && seen != SEEN_VERSION)
		fprintf(stderr, "# %s: %s%s%s\n", path, words[seen], error ? ": " : "",
			error ? strerror(error) : "");
}

static void look_at_file(int dirfd, const char *path)
{
	char first = '\0';
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		note(SEEN_FAILURE, path, errno);
		return;
	}
	if (read(fd, &first, 1) < 0)
		note(SEEN_FAILURE, path, errno);
	else
		note(first == 'v'      ? SEEN_VERSION
			: first == 'b' ? SEEN_BASE
			: first == 'h' ? SEEN_HIDDEN
				       : SEEN_FAILURE,
			path, 0);
	close(fd);
}

/* A version's files are not empty; the base has one that nothing else has. */
static void look_at_inode(int dirfd, const char *path, bool wanted)
{
	struct stat st;

	if (fstatat(dirfd, path, &st, 0) == 0)
		note(wanted ? SEEN_VERSION : SEEN_BASE, path, 0);
	else if (errno == ENOENT && !wanted)
		note(SEEN_VERSION, path, 0);
	else
		note(SEEN_FAILURE, path, errno);
}

int main(int argc, char **argv)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	char line[16], path[512], file[256], child[256], only_base[256];
	int fd;

	if (argc != 3)
		return 1;
	fd = open(argv[1], O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		perror(argv[1]);
		return 1;
	}
	snprintf(path, sizeof(path), "%s/%s/version", argv[1], argv[2]);
	snprintf(file, sizeof(file), "%s/version", argv[2]);
	snprintf(child, sizeof(child), "%s/child/version", argv[2]);
	snprintf(only_base, sizeof(only_base), "%s/base", argv[2]);
	puts("ready");
	fflush(stdout);
	if (read(STDIN_FILENO, line, sizeof(line)) <= 0)
		return 1;
	do
		for (int i = 0; i < 64; i++) {
			look_at_file(AT_FDCWD, path);
			look_at_inode(fd, file, true);
			look_at_file(fd, child);
			look_at_inode(fd, only_base, false);
		}
	while (poll(&input, 1, 0) == 0);
	printf("%lu %lu %lu %lu %lu\n", lookups, counts[SEEN_VERSION], counts[SEEN_BASE],
		counts[SEEN_HIDDEN], counts[SEEN_FAILURE]);
	return 0;
}

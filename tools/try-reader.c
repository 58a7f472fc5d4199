/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * try-reader FILE: read FILE over and over, by its path each time, and count what was seen.
 *
 * Says "ready" and waits for a line on standard input. From then on it reads until standard input
 * ends, so that it never outlives the program that started it. Then it prints one line: how many
 * reads there were, how many of them saw version 1, version 2, the base, and how many found no file
 * or something else.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

enum seen { VERSION_1, VERSION_2, BASE, NOTHING, SEEN_COUNT };

static enum seen look(const char *path)
{
	char first = '\0';
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return NOTHING;
	if (read(fd, &first, 1) != 1)
		first = '\0';
	close(fd);
	switch (first) {
	case '1':
		return VERSION_1;
	case '2':
		return VERSION_2;
	case 'b':
		return BASE;
	default:
		return NOTHING;
	}
}

int main(int argc, char **argv)
{
	unsigned long counts[SEEN_COUNT] = {0}, reads = 0;
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	char line[16];

	if (argc != 2)
		return 1;
	puts("ready");
	fflush(stdout);
	if (read(STDIN_FILENO, line, sizeof(line)) <= 0)
		return 1;
	do
		for (int i = 0; i < 256; i++, reads++)
			counts[look(argv[1])]++;
	while (poll(&input, 1, 0) == 0);
	printf("%lu %lu %lu %lu %lu\n", reads, counts[VERSION_1], counts[VERSION_2], counts[BASE],
		counts[NOTHING]);
	return 0;
}

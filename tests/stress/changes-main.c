/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stress-changes STEPS SEED DIRECTORY [OUTPUT]: mount, tuck, move and unmount at random, STEPS
 * times, on directories below DIRECTORY, and print each step as findmnt --poll is expected to print
 * it: the change, the mount's unique id and the mount point. With OUTPUT, wait after each step
 * until that file has one more line.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "kernel.h"

#define PLACES	8
#define HIGHEST 4

/* The mounts at one directory, the visible one last. */
struct place {
	struct {
		uint64_t id;
		bool is_tucked;
	} stack[HIGHEST];
	unsigned int height;
};

static struct place places[PLACES];
static bool can_tuck;

static char *path_of(unsigned int place)
{
	static char path[16];

	snprintf(path, sizeof(path), "d%u", place);
	return path;
}

static uint64_t id_at(const char *path)
{
	struct mount_identity identity;
	int r = kernel_identify(AT_FDCWD, path, 0, &identity);

	if (r < 0)
		errx(EXIT_FAILURE, "%s: %s", path, strerror(-r));
	return identity.unique_id;
}

static void tell(const char *change, uint64_t id, unsigned int place)
{
	char directory[256];

	if (!getcwd(directory, sizeof(directory)))
		err(EXIT_FAILURE, "getcwd");
	printf("%s %llu %s/%s\n", change, (unsigned long long)id, directory, path_of(place));
	fflush(stdout);
}

static bool step_mount(unsigned int place)
{
	struct place *at = &places[place];

	if (at->height == HIGHEST)
		return false;
	if (mount("random", path_of(place), "tmpfs", 0, NULL) < 0)
		err(EXIT_FAILURE, "mount %s", path_of(place));
	at->stack[at->height].id = id_at(path_of(place));
	at->stack[at->height++].is_tucked = false;
	tell("mount", at->stack[at->height - 1].id, place);
	return true;
}

static bool step_umount(unsigned int place)
{
	struct place *at = &places[place];
	bool is_reveal;

	if (!at->height)
		return false;
	if (umount2(path_of(place), MNT_DETACH) < 0)
		err(EXIT_FAILURE, "umount %s", path_of(place));
	at->height--;
	is_reveal = at->height && at->stack[at->height - 1].is_tucked;
	if (is_reveal)
		at->stack[at->height - 1].is_tucked = false;
	tell(is_reveal ? "reveal" : "umount", at->stack[at->height].id, place);
	return true;
}

/* Put @from, a descriptor of a mount, beneath the visible mount of the place. */
static void put_beneath(int from, unsigned int place)
{
	struct place *at = &places[place];
	int to = kernel_open_path(AT_FDCWD, path_of(place));
	struct mount_identity identity = {0};
	int r = kernel_move_mount(from, to, MOVE_MOUNT_BENEATH);

	if (r == 0)
		r = kernel_identify(from, "", AT_EMPTY_PATH, &identity);
	if (r < 0)
		errx(EXIT_FAILURE, "move_mount beneath %s: %s", path_of(place), strerror(-r));
	close(to);
	at->stack[at->height] = at->stack[at->height - 1];
	at->stack[at->height - 1].id = identity.unique_id;
	at->stack[at->height - 1].is_tucked = true;
	at->height++;
	tell("tuck", identity.unique_id, place);
}

static bool step_tuck(unsigned int place)
{
	int from;

	if (!can_tuck || !places[place].height || places[place].height == HIGHEST)
		return false;
	from = kernel_open_tree(AT_FDCWD, "source", OPEN_TREE_CLONE);
	if (from < 0)
		errx(EXIT_FAILURE, "open_tree: %s", strerror(-from));
	put_beneath(from, place);
	close(from);
	return true;
}

/* Take the visible mount of a place away from there. */
static void take_top(struct place *at)
{
	at->height--;
	if (at->height)
		at->stack[at->height - 1].is_tucked = false;
}

static bool step_move(unsigned int place)
{
	unsigned int other = (place + 1) % PLACES;
	struct place *at = &places[place], *there = &places[other];
	char to[16];

	if (!at->height || there->height == HIGHEST)
		return false;
	strcpy(to, path_of(other));
	if (mount(path_of(place), to, NULL, MS_MOVE, NULL) < 0)
		err(EXIT_FAILURE, "move %s", path_of(place));
	take_top(at);
	there->stack[there->height].id = at->stack[at->height].id;
	there->stack[there->height++].is_tucked = false;
	tell("move", at->stack[at->height].id, other);
	return true;
}

static bool step_move_beneath(unsigned int place)
{
	unsigned int other = (place + 1) % PLACES;
	int from;

	if (!can_tuck || !places[place].height || !places[other].height ||
		places[other].height == HIGHEST)
		return false;
	from = kernel_open_path(AT_FDCWD, path_of(place));
	take_top(&places[place]);
	put_beneath(from, other);
	close(from);
	return true;
}

static void wait_for_lines(int output, size_t *lines)
{
	const struct timespec pause = {.tv_nsec = 500000};
	char buffer[4096];
	size_t wanted = *lines + 1;

	for (int i = 0; i < 60000 && *lines < wanted; i++) {
		ssize_t size = read(output, buffer, sizeof(buffer));

		for (ssize_t at = 0; at < size; at++)
			*lines += buffer[at] == '\n';
		if (size <= 0)
			nanosleep(&pause, NULL);
	}
	if (*lines != wanted)
		errx(EXIT_FAILURE, "after the step above findmnt printed %zd lines",
			(ssize_t)(*lines - wanted + 1));
}

int main(int argc, char **argv)
{
	static bool (*const steps[])(unsigned int place) = {step_mount, step_mount, step_umount,
		step_umount, step_tuck, step_move, step_move_beneath};
	int output = argc == 5 ? open(argv[4], O_RDONLY) : -1;
	size_t lines = 0;
	int left;

	if ((argc != 4 && argc != 5) || chdir(argv[3]) < 0)
		errx(EXIT_FAILURE, "usage: stress-changes STEPS SEED DIRECTORY [OUTPUT]");
	srandom((unsigned int)atoi(argv[2]));
	can_tuck = kernel_has_beneath() == 1;
	for (unsigned int i = 0; i < PLACES; i++)
		if (mkdir(path_of(i), 0755) < 0 && errno != EEXIST)
			err(EXIT_FAILURE, "%s", path_of(i));
	while (output >= 0 && read(output, &(char){0}, 1) == 1)
		;
	for (left = atoi(argv[1]); left > 0;) {
		if (!steps[random() % 7]((unsigned int)random() % PLACES))
			continue;
		left--;
		if (output >= 0)
			wait_for_lines(output, &lines);
	}
	return EXIT_SUCCESS;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stress-stacks [--steps N] [--seed N] [--verbose]: random stacks of mounts, and what the programs
 * say and do about them. For tests/stress/stacks, which gives it a root of its own and the programs
 * in PATH.
 *
 * Each step mounts, tucks, unmounts, remounts, moves or changes something at a random path. Which
 * mount a path means is known by its id (statx, STATX_MNT_ID), and so which mount the step may
 * touch: the table before and the table after may differ in that mount alone. Then findmnt and
 * mount are asked about a random path, and must answer with that id. The system's findmnt is asked
 * the same, as a control: it takes the last line of the table.
 */
#include "stacks.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct stacks world;
const char *const paths[PATHS] = {"/srv/w/a", "/srv/w/b", "/srv/w/a/in", "/srv/w/a b"};

int main(int argc, char **argv)
{
	int steps = 1000;
	unsigned int seed = (unsigned int)getpid();

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--verbose") == 0)
			world.is_verbose = true;
		else if (strcmp(argv[i], "--steps") == 0 && i + 1 < argc)
			steps = atoi(argv[++i]);
		else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
			seed = (unsigned int)strtoul(argv[++i], NULL, 10);
		else
			errx(1, "usage: stress-stacks [--steps N] [--seed N] [--verbose]");
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	srandom(seed);
	printf("# seed %u, %d steps\n", seed, steps);
	for (world.step = 1; world.step <= steps && world.failures < 20; world.step++) {
		read_table(&world.before);
		world.after = world.before;
		take_step();
		read_table(&world.after);
		ask();
	}
	printf("# %lu questions; the system's findmnt gave %lu wrong answers of %lu\n", world.asked,
		world.control_wrong, world.control_asked);
	printf("%sok - %d steps and as many questions: each is about the mount that shows\n",
		world.failures ? "not " : "", world.step - 1);
	printf("%sok - the system's findmnt is wrong at times, so there is something to find\n",
		world.control_wrong ? "" : "not ");
	return world.failures || !world.control_wrong;
}

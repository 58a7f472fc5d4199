/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stress-stacks [OPTION]...: random stacks of mounts, and what the programs
 * say and do about them. For tests/stress/stacks, which gives it a root of its own and the programs
 * in PATH.
 *
 * Each step mounts, tucks, unmounts, remounts, moves or changes something at a random path. Which
 * mount a path means is known by its id (statx, STATX_MNT_ID), and so which mount the step may
 * touch: the table before and the table after may differ in that mount alone. Then findmnt and
 * mount are asked about a random path, and must answer with that id. The system's findmnt is asked
 * the same, as a control: it takes the last line of the table.
 *
 *	--steps N --seed N    the same numbers make the same steps and questions
 *	--service PID         also ask about the namespace of this process, which receives
 *	--questions           judge the answers alone, not what the steps did
 *	--verbose             print each command and its status
 */
#include "stacks.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct stacks world = {.root = ""};
const char *const paths[PATHS] = {"/srv/w/a", "/srv/w/b", "/srv/w/a/in", "/srv/w/a b"};

/* Whether the kernel's table is in the order in which mounts were made: since Linux 6.8, which also
 * brought listmount(2). */
static bool table_is_by_age(void)
{
	const long number = 458;

	return syscall(number, NULL, NULL, 0, 0) == 0 || errno != ENOSYS;
}

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
		else if (strcmp(argv[i], "--service") == 0 && i + 1 < argc)
			world.service = argv[++i];
		else if (strcmp(argv[i], "--questions") == 0)
			world.questions_only = true;
		else
			errx(1, "usage: stress-stacks [--steps N] [--seed N] [--service PID] "
				"[--questions] [--verbose]");
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
	printf("%sok - %d steps, %lu questions: each is about the mount that is visible\n",
		world.failures ? "not " : "", world.step - 1, world.asked);
	if (table_is_by_age())
		printf("%sok - the system's findmnt is wrong at times, so there is something to "
		       "find\n",
			world.control_wrong ? "" : "not ");
	else
		printf("ok - the system's findmnt was wrong %lu times of %lu (this kernel's table "
		       "is "
		       "not in the order of age)\n",
			world.control_wrong, world.control_asked);
	return world.failures || (table_is_by_age() && !world.control_wrong);
}

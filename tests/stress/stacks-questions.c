/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions to findmnt and mount about a random path, whose answers ids know. */
#include "stacks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One answer of one line, an id; 0: none. */
static int answer(const char *program, const char *how, const char *path)
{
	int status = run(program, "-nr", "-o", "ID", how, path, NULL);
	char *end;
	long id = strtol(world.said, &end, 10);

	if (status != 0 || end == world.said)
		return 0;
	return *end == '\n' && end[1] == '\0' ? (int)id : -1;
}

/* Every list has a path's lines in the order of the stack, and the visible mount last. */
static void check_list(const char *how, bool alone)
{
	int status = run("findmnt", "-n", "-o", "ID,TARGET", how, NULL), id;
	static struct {
		int id;
		char target[64];
	} lines[MOST_MOUNTS];
	size_t count = 0;

	if (status != 0)
		fail("status %d", status);
	for (char *line = world.said; *line && count < MOST_MOUNTS; line = strchr(line, '\n') + 1) {
		if (sscanf(line, "%d %63[^\n]", &lines[count].id, lines[count].target) == 2)
			count++;
		if (!strchr(line, '\n'))
			break;
	}
	for (size_t i = 0; i < count; i++) {
		char path[64];
		bool is_last = true;

		for (size_t k = i + 1; k < count; k++) {
			const struct entry *upper = find_entry(&world.after, lines[i].id);

			if (strcmp(lines[i].target, lines[k].target) != 0)
				continue;
			is_last = false;
			if (upper && upper->parent == lines[k].id)
				fail("mount %d, which lies on mount %d, comes before it",
					lines[i].id, lines[k].id);
		}
		unescape(lines[i].target, path);
		id = visible(&world.after, path) ? mount_of(path) : 0;
		if (id && find_entry(&world.after, lines[i].id) &&
			(is_last ? lines[i].id != id : alone))
			fail("the %s line of %s is mount %d; mount %d shows",
				is_last ? "last" : "only", path, lines[i].id, id);
	}
}

static void check_mount_list(const char *path)
{
	const struct entry *top = visible(&world.after, path);
	char needle[80], *last = NULL, source[64];

	snprintf(needle, sizeof(needle), " on %s type ", path);
	if (run("mount", NULL) != 0)
		fail("mount failed");
	for (char *at = world.said; (at = strstr(at, needle)); at++)
		last = at;
	if (!top || !last)
		return;
	while (last > world.said && last[-1] != '\n')
		last--;
	sscanf(last, "%63s", source);
	if (strcmp(source, top->source) != 0)
		fail("the last line of %s is %s; %s shows", path, source, top->source);
}

void ask(void)
{
	const char *path = paths[pick(4)];
	const struct entry *top = visible(&world.after, path);
	int at = top ? top->id : 0,
	    in = find_entry(&world.after, mount_of(path)) ? mount_of(path) : 0;
	static const struct {
		const char *how;
		bool of_mount_point, may_be_several;
	} kinds[] = {{"-T", false, false}, {"-M", true, true}, {"-U", true, false},
		{"-f", true, false}, {"-D", true, true}, {"", true, true}, {"-UM", true, false}};
	unsigned int which = pick(10);
	int wanted, got;

	world.asked++;
	if (which == 7) {
		check_list(pick(2) ? "-r" : "-l", false);
	} else if (which == 8) {
		check_list("-rU", true);
	} else if (which == 9) {
		check_mount_list(path);
	} else {
		wanted = kinds[which].of_mount_point ? at : in;
		got = wanted ? answer("findmnt", kinds[which].how, path) : 0;
		/* Without another option, every mount of the stack is an answer; the last one
		 * shows. */
		if (got == -1 && kinds[which].may_be_several) {
			char *line = strrchr(
				(world.said[strlen(world.said) - 1] = '\0', world.said), '\n');

			got = atoi(line ? line + 1 : world.said);
		}
		if (wanted && got != wanted)
			fail("it named mount %d; mount %d shows", got, wanted);
		if (wanted && which < 2) {
			world.control_asked++;
			world.control_wrong +=
				answer("/usr/bin/findmnt", kinds[which].how, path) != wanted;
		}
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions to findmnt and mount, about a random path or about all, whose answers ids know.
 *
 * A question is asked here or, by --task, about the service's namespace, where statx of
 * /proc/PID/root/PATH knows the answer.
 */
#include "stacks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- lists ---- */

struct listed {
	int id;
	char target[64];
};
static struct listed lines[MOST_MOUNTS];
static size_t count;

/* Read ID and TARGET out of what the last command printed, in any of findmnt's forms: a number
 * comes before the path, in the same line or, in JSON, in one above. */
static void read_list(void)
{
	int id = 0;

	count = 0;
	for (char *line = strtok(world.said, "\n"); line; line = strtok(NULL, "\n")) {
		char *slash = strchr(line, '/'), *digits = strpbrk(line, "0123456789");

		if (digits && (!slash || digits < slash))
			id = atoi(digits);
		if (!slash || strncmp(slash, "/srv/w", 6) != 0 || count == MOST_MOUNTS)
			continue;
		slash[strcspn(slash, "\"")] = '\0';
		lines[count].id = id;
		unescape(slash, lines[count++].target);
	}
}

/* The lines of a path are in the order of the stack, and the visible mount is the last of them.
 * @alone: there is one line for each path. @hidden: the visible one is not listed. */
static void check_order(bool alone, bool hidden)
{
	for (size_t i = 0; i < count; i++) {
		const struct entry *entry = find_entry(&world.seen, lines[i].id), *top;
		bool is_last = true;

		if (!entry)
			fail("mount %d is not in the table", lines[i].id);
		for (size_t k = i + 1; k < count; k++) {
			if (strcmp(lines[i].target, lines[k].target) != 0)
				continue;
			is_last = false;
			if (alone)
				fail("%s is listed twice", lines[i].target);
			if (entry && entry->parent == lines[k].id)
				fail("mount %d, which lies on mount %d, comes before it",
					lines[i].id, lines[k].id);
		}
		top = visible(&world.seen, lines[i].target);
		if (top && is_last && (lines[i].id == top->id) == hidden)
			fail("the last line of %s is mount %d; mount %d is visible",
				lines[i].target, lines[i].id, top->id);
	}
}

static bool is_listed(int id)
{
	for (size_t i = 0; i < count; i++)
		if (lines[i].id == id)
			return true;
	return false;
}

/* Whether another mount lies on @entry, at the same path. */
static bool is_covered(const struct entry *entry)
{
	for (size_t i = 0; i < world.seen.count; i++)
		if (world.seen.list[i].parent == entry->id && world.seen.list[i].id != entry->id &&
			strcmp(world.seen.list[i].target, entry->target) == 0)
			return true;
	return false;
}

static bool is_any(const struct entry *entry)
{
	(void)entry;
	return true;
}

/* The list has the mounts below /srv/w that @wanted says, and no others. */
static void check_complete(bool (*wanted)(const struct entry *entry))
{
	for (size_t i = 0; i < world.seen.count; i++) {
		const struct entry *entry = &world.seen.list[i];

		if (is_listed(entry->id) != wanted(entry))
			fail("mount %d at %s is%s listed", entry->id, entry->target,
				wanted(entry) ? " not" : "");
	}
}

static void ask_for_list(const char *task, const char *process)
{
	static const struct {
		const char *one, *other;
		bool alone;
		bool (*wanted)(const struct entry *entry); /* NULL: not checked */
	} kinds[] = {
		{"-l", "", false, is_any},
		{"-r", "", false, is_any},
		{"-P", "", false, is_any},
		{"-J", "", false, is_any},
		{"-J", "-l", false, is_any},
		{"-a", "", false, is_any},
		{"-D", "-A", false, is_any},
		{"-l", "-U", true, NULL},
		{"-J", "-U", true, NULL},
		{"-l", "--shadowed", false, is_covered},
		{"-r", "--propagation", false, is_any},
		{"-l", "--kernel=listmount", false, is_any},
		{"-l", "-m", false, is_any},
	};
	const unsigned int of_task = 11; /* the last two name a table themselves */
	unsigned int which = pick(*process ? of_task : sizeof(kinds) / sizeof(*kinds));
	int status = run("findmnt", "-n", "-o", "ID,TARGET", kinds[which].one, kinds[which].other,
		task, process, NULL);

	read_list();
	if (status != 0 && !(kinds[which].wanted == is_covered && !count))
		fail("status %d", status);
	check_order(kinds[which].alone, kinds[which].wanted == is_covered);
	if (kinds[which].wanted)
		check_complete(kinds[which].wanted);
}

/* mount(8) prints no ids, but each source has a name of its own. */
static void ask_mount(const char *path)
{
	const struct entry *top = visible(&world.seen, path);
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
		fail("the last line of %s is %s; %s is visible", path, source, top->source);
}

/* ---- one path ---- */

/* The answer of one line, an id; 0: none; -1: several lines, of which @last is the last. */
static int answer(int status, int *last)
{
	size_t length = strlen(world.said);
	const char *line;

	*last = 0;
	if (status != 0 || !length)
		return 0;
	world.said[length - 1] = '\0';
	line = strrchr(world.said, '\n');
	*last = atoi(line ? line + 1 : world.said);
	return line ? -1 : *last;
}

static void ask_for_path(const char *path, const char *task, const char *process)
{
	static const struct {
		const char *one, *other;
		bool of_mount_point; /* only asked of a mount point; else of any path */
		bool may_be_several; /* the stack; the last line is the visible mount's */
		bool is_control;     /* the system's findmnt is asked, too */
	} kinds[] = {
		{"-T", "", false, false, true},
		{"-J", "-T", false, false, false},
		{"--tree", "-T", false, false, false},
		{"-f", "-T", false, false, false},
		{"-M", "", true, true, true},
		{"", "", true, true, false},
		{"-D", "", true, true, false},
		{"-I", "-M", true, true, false},
		{"-U", "", true, false, false},
		{"-U", "-M", true, false, false},
		{"-f", "", true, false, false},
		{"-f", "-M", true, false, false},
	};
	unsigned int which = pick(sizeof(kinds) / sizeof(*kinds));
	bool is_json = strcmp(kinds[which].one, "-J") == 0;
	const struct entry *entry = kinds[which].of_mount_point
					    ? visible(&world.seen, path)
					    : find_entry(&world.seen, mount_of(path));
	int got, last;

	if (!entry)
		return;
	got = run("findmnt", "-n", is_json ? "" : "-r", "-o", is_json ? "ID,TARGET" : "ID", task,
		process, kinds[which].one, kinds[which].other, path, NULL);
	if (is_json) {
		read_list();
		got = last = count == 1 ? lines[0].id : 0;
	} else {
		got = answer(got, &last);
	}
	if (got == -1 && kinds[which].may_be_several)
		got = last;
	if (got != entry->id)
		fail("the answer is mount %d; mount %d is visible", got, entry->id);
	if (!kinds[which].is_control || *process)
		return;
	world.control_asked++;
	got = answer(
		run("/usr/bin/findmnt", "-nr", "-o", "ID", kinds[which].one, path, NULL), &last);
	world.control_wrong += last != entry->id;
}

void ask(void)
{
	const char *path = paths[pick(PATHS)], *task = "", *process = "";
	char root[64];

	world.asked++;
	world.is_asking = true;
	if (world.service && pick(3) == 0) {
		task = "-N";
		process = world.service;
		snprintf(root, sizeof(root), "/proc/%s/root", process);
		world.root = root;
	}
	read_table_of(&world.seen, *process ? process : "self");
	switch (pick(8)) {
	case 0 ... 4:
		ask_for_path(path, task, process);
		break;
	case 5 ... 6:
		ask_for_list(task, process);
		break;
	default:
		if (!*process)
			ask_mount(path);
		break;
	}
	world.root = "";
	world.is_asking = false;
}

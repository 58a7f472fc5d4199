/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mounts as mountinfo and ids tell of them, and the commands that are run. */
#include "stacks.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

unsigned int pick(unsigned int below)
{
	return (unsigned int)random() % below;
}

void fail(const char *format, ...)
{
	va_list arguments;

	if (world.questions_only && !world.is_asking)
		return;
	world.failures++;
	printf("# step %d: %s: ", world.step, world.command);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	printf("\n#   it said: %.300s\n", world.said);
}

void read_table_of(struct table *table, const char *process)
{
	char path[64], line[2048];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/mountinfo", process);
	file = fopen(path, "re");
	if (!file)
		err(1, "%s", path);
	table->count = 0;
	while (fgets(line, sizeof(line), file)) {
		struct entry *entry = &table->list[table->count];
		char *dash = strstr(line, " - ");
		int end = 0;

		if (table->count == MOST_MOUNTS)
			errx(1, "more than %d mounts", MOST_MOUNTS);
		if (!dash ||
			sscanf(line, "%d %d %*s %63s %63s %127s %n", &entry->id, &entry->parent,
				entry->root, entry->target, entry->options, &end) != 5)
			errx(1, "mountinfo: %s", line);
		if (strncmp(entry->target, "/srv/w", 6) != 0)
			continue; /* the test's root: nothing touches it */
		snprintf(entry->optional, sizeof(entry->optional), "%.*s",
			dash > line + end ? (int)(dash - line) - end : 0, line + end);
		if (sscanf(dash, " - %*s %63s %255s", entry->source, entry->super) != 2)
			errx(1, "mountinfo: %s", line);
		table->count++;
	}
	fclose(file);
}

void read_table(struct table *table)
{
	read_table_of(table, "self");
}

const struct entry *find_entry(const struct table *table, int id)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->list[i].id == id)
			return &table->list[i];
	return NULL;
}

static void escape(const char *path, char *escaped, const char *blank)
{
	for (; *path; path++)
		escaped = *path == ' ' ? stpcpy(escaped, blank) : (*escaped = *path, escaped + 1);
	*escaped = '\0';
}

void unescape(const char *escaped, char *path)
{
	for (; *escaped; escaped++)
		if (strncmp(escaped, "\\040", 4) == 0 || strncmp(escaped, "\\x20", 4) == 0) {
			*path++ = ' ';
			escaped += 3;
		} else {
			*path++ = *escaped;
		}
	*path = '\0';
}

int mount_of(const char *path)
{
	struct statx answer;
	char below[128];

	snprintf(below, sizeof(below), "%s%s", world.root, path);
	if (statx(AT_FDCWD, below, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_MNT_ID, &answer) < 0)
		return 0;
	return (int)answer.stx_mnt_id;
}

const struct entry *visible(const struct table *table, const char *path)
{
	const struct entry *entry = find_entry(table, mount_of(path));
	char target[64];

	if (!entry)
		return NULL;
	unescape(entry->target, target);
	return strcmp(target, path) == 0 ? entry : NULL;
}

size_t height(const struct table *table, const char *path)
{
	size_t count = 0;
	char escaped[64];

	escape(path, escaped, "\\040");
	for (size_t i = 0; i < table->count; i++)
		count += strcmp(table->list[i].target, escaped) == 0;
	return count;
}

/* ---- commands ---- */

/* Run the words up to NULL; returns the exit status, and leaves what was printed in @said. */
int run_words(const char *const *given)
{
	const char *words[16] = {NULL};
	posix_spawn_file_actions_t actions;
	size_t count = 0, used = 0;
	int output[2], status;
	ssize_t got;
	pid_t child;

	for (; *given && count < 15; given++)
		if (**given) /* an empty word is left out */
			words[count++] = *given;
	*world.command = '\0';
	for (size_t i = 0; i < count; i++)
		snprintf(world.command + strlen(world.command),
			sizeof(world.command) - strlen(world.command), "%s%s", i ? " " : "",
			words[i]);
	if (pipe2(output, O_CLOEXEC) < 0)
		err(1, "pipe");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, output[1], 1);
	posix_spawn_file_actions_adddup2(&actions, output[1], 2);
	errno = posix_spawnp(&child, words[0], &actions, NULL, (char *const *)words, environ);
	if (errno)
		err(1, "%s", words[0]);
	posix_spawn_file_actions_destroy(&actions);
	close(output[1]);
	while ((got = read(output[0], world.said + used, sizeof(world.said) - 1 - used)) > 0)
		used += (size_t)got;
	world.said[used] = '\0';
	close(output[0]);
	if (waitpid(child, &status, 0) < 0 || !WIFEXITED(status))
		errx(1, "%s did not end by itself", world.command);
	if (world.is_verbose)
		printf("# %s: %d\n", world.command, WEXITSTATUS(status));
	return WEXITSTATUS(status);
}

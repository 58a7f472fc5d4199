/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "utab.h"

#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util.h"

#define UTAB_FILE "/run/mount/utab"
#define UTAB_LOCK "/run/mount/utab.lock" /* flock(2), as libmount takes it */

struct lines {
	char **list;
	size_t count;
};

static void free_lines(struct lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		free(lines->list[i]);
	free(lines->list);
}

static int read_lines(FILE *file, struct lines *lines)
{
	_cleanup_free_ char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, file) > 0) {
		char **larger = reallocarray(lines->list, lines->count + 1, sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		lines->list = larger;
		lines->list[lines->count++] = line;
		line = NULL;
		room = 0;
	}
	return ferror(file) ? -EIO : 0;
}

/* A field's value in a line of NAME=VALUE words, and where it ends. */
static char *find_field(const char *line, const char *name, size_t *length)
{
	size_t name_length = strlen(name);

	for (const char *word = line; *word; word += strspn(word, " \n")) {
		size_t word_length = strcspn(word, " \n");

		if (word_length >= name_length && strncmp(word, name, name_length) == 0) {
			*length = word_length - name_length;
			return (char *)word + name_length;
		}
		word += word_length;
	}
	return NULL;
}

static bool is_line_of(const char *line, const char *mangled_target)
{
	size_t length;
	const char *value = find_field(line, "TARGET=", &length);

	return value && strlen(mangled_target) == length &&
	       strncmp(value, mangled_target, length) == 0;
}

/* libmount 2.39 and later notes the id of the mount that shows at the path: the top one. */
static int set_id(char **line, int mount_id)
{
	size_t length;
	char *value = find_field(*line, "ID=", &length);
	_cleanup_free_ char *changed = NULL;

	if (!value)
		return 0;
	if (asprintf(&changed, "%.*s%d%s", (int)(value - *line), *line, mount_id, value + length) < 0)
		return -ENOMEM;
	free(*line);
	*line = steal_pointer(&changed);
	return 0;
}

/* The lines of @target: its first and its last one. */
static bool find_lines(const struct lines *lines, const char *target, size_t *first, size_t *last)
{
	bool found = false;

	for (size_t i = 0; i < lines->count; i++) {
		if (!is_line_of(lines->list[i], target))
			continue;
		if (!found)
			*first = i;
		*last = i;
		found = true;
	}
	return found;
}

static int write_lines(const struct lines *lines, const struct stat *old)
{
	static const char name[] = UTAB_FILE ".tuck";
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, old->st_mode & 0777);
	_cleanup_fclose_ FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	int r = 0;

	if (!file)
		return -errno;
	for (size_t i = 0; i < lines->count; i++)
		fputs(lines->list[i], file);
	if (fchown(fd, old->st_uid, old->st_gid) < 0 || fflush(file) != 0 || rename(name, UTAB_FILE) < 0)
		r = -errno;
	if (r < 0)
		unlink(name);
	return r;
}

static int settle_locked(FILE *file, const char *target, int mount_id)
{
	_cleanup_(free_lines) struct lines lines = { 0 };
	_cleanup_free_ char *mangled = mnt_mangle(target);
	struct stat st;
	size_t first = 0, last = 0;
	char *moved;
	int r;

	if (!mangled)
		return -ENOMEM;
	r = fstat(fileno(file), &st) < 0 ? -errno : read_lines(file, &lines);
	if (r < 0 || !find_lines(&lines, mangled, &first, &last))
		return r;
	r = set_id(&lines.list[last], mount_id);
	if (r < 0)
		return r;
	moved = lines.list[last];
	memmove(&lines.list[first + 1], &lines.list[first], (last - first) * sizeof(*lines.list));
	lines.list[first] = moved;
	return write_lines(&lines, &st);
}

int utab_settle(const char *target, int mount_id)
{
	_cleanup_close_ int lock = open(UTAB_LOCK, O_RDONLY | O_CREAT | O_CLOEXEC, 0644);
	_cleanup_fclose_ FILE *file = NULL;

	if (lock < 0)
		return -errno;
	while (flock(lock, LOCK_EX) < 0)
		if (errno != EINTR)
			return -errno;
	file = fopen(UTAB_FILE, "re");
	if (!file)
		return errno == ENOENT ? 0 : -errno;
	return settle_locked(file, target, mount_id);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "utab/utab-lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "utab/utab-lock.h"
#include "util.h"

#define UTAB_EVENT "/run/mount/utab.event"

/* ---- one line ---- */

/* How long the field at @word is. After the digits of UNIQID, libmount 2.42.4 begins the next field
 * without a blank ("UNIQID=21SRC=..."); later versions write one. */
static size_t field_length(const char *word)
{
	size_t name = strlen("UNIQID="), digits;

	if (strncmp(word, "UNIQID=", name) == 0) {
		digits = strspn(word + name, "0123456789");
		if (digits > 0)
			return name + digits;
	}
	return strcspn(word, " \n");
}

char *line_field(const char *line, const char *name, size_t *length)
{
	size_t name_length = strlen(name);

	for (const char *word = line; *word; word += strspn(word, " \n")) {
		size_t word_length = field_length(word);

		if (word_length >= name_length && strncmp(word, name, name_length) == 0) {
			*length = word_length - name_length;
			return (char *)word + name_length;
		}
		word += word_length;
	}
	return NULL;
}

bool line_is_of(const char *line, const char *mangled_target)
{
	size_t length;
	const char *value = line_field(line, "TARGET=", &length);

	return value && strlen(mangled_target) == length &&
	       strncmp(value, mangled_target, length) == 0;
}

bool line_is_below(const char *line, const char *mangled_target)
{
	size_t length, target_length = strlen(mangled_target);
	const char *value = line_field(line, "TARGET=", &length);

	return value && length > target_length && value[target_length] == '/' &&
	       strncmp(value, mangled_target, target_length) == 0;
}

int line_replace(char **line, const char *at, size_t length, const char *text)
{
	char *changed;

	if (asprintf(&changed, "%.*s%s%s", (int)(at - *line), *line, text, at + length) < 0)
		return -ENOMEM;
	free(*line);
	*line = changed;
	return 0;
}

/* ---- many lines ---- */

void lines_free(struct lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		free(lines->list[i]);
	free(lines->list);
}

int lines_read(FILE *file, struct lines *lines)
{
	_cleanup_free_ char *line = NULL;
	size_t room = 0;

	errno = 0;
	while (getline(&line, &room, file) > 0) {
		char **larger = reallocarray(lines->list, lines->count + 1, sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		lines->list = larger;
		lines->list[lines->count++] = line;
		line = NULL;
		room = 0;
	}
	return errno == ENOMEM ? -ENOMEM : ferror(file) ? -EIO : 0;
}

size_t lines_count(FILE *file, const char *mangled_target)
{
	_cleanup_(lines_free) struct lines lines = {0};
	size_t count = 0;

	if (lines_read(file, &lines) < 0)
		return 0;
	for (size_t i = 0; i < lines.count; i++)
		count += line_is_of(lines.list[i], mangled_target);
	return count;
}

int lines_take(struct lines *lines, const char *target, struct lines *taken)
{
	size_t kept = 0;

	taken->list = calloc(lines->count + 1, sizeof(*taken->list));
	if (!taken->list)
		return -ENOMEM;
	for (size_t i = 0; i < lines->count; i++) {
		struct lines *to = line_is_of(lines->list[i], target) ? taken : lines;

		to->list[to == taken ? taken->count++ : kept++] = lines->list[i];
	}
	lines->count = kept;
	return 0;
}

int lines_append(struct lines *lines, struct lines *more)
{
	char **larger = reallocarray(lines->list, lines->count + more->count + 1, sizeof(*larger));

	if (!larger)
		return -ENOMEM;
	lines->list = larger;
	for (size_t i = 0; i < more->count; i++)
		lines->list[lines->count++] = steal_pointer(&more->list[i]);
	more->count = 0;
	return 1;
}

/* ---- the file ---- */

static int lines_write(const struct lines *lines, const struct stat *old)
{
	static const char name[] = UTAB_FILE ".tuck";
	int fd = open(
		name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, old->st_mode & 0777);
	_cleanup_fclose_ FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	int r = 0;

	if (fd < 0)
		return -errno;
	if (!file) {
		r = -errno;
		close(fd);
		unlink(name);
		return r;
	}
	for (size_t i = 0; i < lines->count; i++)
		fputs(lines->list[i], file);
	if (fflush(file) != 0 || ferror(file) || fchown(fd, old->st_uid, old->st_gid) < 0 ||
		fchmod(fd, old->st_mode & 0777) < 0 || rename(name, UTAB_FILE) < 0)
		r = errno ? -errno : -EIO;
	if (r < 0)
		unlink(name);
	return r;
}

FILE *utab_open(void)
{
	/* In a container's directory it could be a FIFO, which is not to be waited for. */
	_cleanup_close_ int fd = open(UTAB_FILE, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

	if (file)
		steal_fd(&fd);
	return file;
}

/* libmount tells programs that watch utab by closing this file after opening it for
 * writing, since 2.39; a program that watches utab has made it. */
static void tell_of_change(void)
{
	_cleanup_close_ int fd = open(UTAB_EVENT, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

	(void)fd;
}

int lines_change(int (*change)(struct lines *lines, const void *argument), const void *argument)
{
	_cleanup_close_ int lock = utab_lock();
	_cleanup_(lines_free) struct lines lines = {0};
	_cleanup_fclose_ FILE *file = NULL;
	struct stat st;
	int r;

	/* There is no directory for utab, or the caller may not write it. libmount does not write
	 * it then, either. */
	if (lock == -ENOENT || lock == -EACCES || lock == -EPERM || lock == -EROFS)
		return 0;
	if (lock < 0)
		return lock;
	file = utab_open();
	if (!file)
		return errno == ENOENT ? 0 : -errno;
	r = fstat(fileno(file), &st) < 0 ? -errno : lines_read(file, &lines);
	/* Functions that compare lines allocate memory, and answer "different" without it. Then
	 * errno is ENOMEM, and the result is wrong. */
	errno = 0;
	if (r == 0)
		r = change(&lines, argument);
	if (r > 0 && errno == ENOMEM)
		return -ENOMEM;
	if (r <= 0)
		return r;
	r = lines_write(&lines, &st);
	if (r == 0)
		tell_of_change();
	return r;
}

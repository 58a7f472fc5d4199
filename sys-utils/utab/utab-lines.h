/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * utab-lines: the file /run/mount/utab under libmount's lock, and its lines. A line consists of
 * fields NAME=VALUE, separated by blanks (except after UNIQID, where libmount 2.42.4 has none).
 * Blanks in a value are mangled as in mountinfo ("\040"). One of the fields is "TARGET=".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define UTAB_FILE "/run/mount/utab"

struct lines {
	char **list;
	size_t count;
};

/* The value of the field @name ("SRC=", "TARGET=" ...), and its length. NULL: no such field. */
char *line_field(const char *line, const char *name, size_t *length);

/* Whether the line is about a mount at the path, or at a path below it. */
bool line_is_of(const char *line, const char *mangled_target);
bool line_is_below(const char *line, const char *mangled_target);

/* Replace the @length bytes at @at by @text. Returns 0 or -ENOMEM. */
int line_replace(char **line, const char *at, size_t length, const char *text);

void lines_free(struct lines *lines);

/* Read all lines. Returns 0, -ENOMEM or -EIO. */
int lines_read(FILE *file, struct lines *lines);

/* How many lines of @mangled_target are in the file. */
size_t lines_count(FILE *file, const char *mangled_target);

/* Move the lines of @mangled_target from @lines to @taken. Returns 0 or -ENOMEM. */
int lines_take(struct lines *lines, const char *mangled_target, struct lines *taken);

/* Move the lines of @more to the end of @lines. Returns 1 or -ENOMEM. */
int lines_append(struct lines *lines, struct lines *more);

/* Open utab for reading. NULL and errno. */
FILE *utab_open(void);

/* Read the file under the lock, change its lines, and write it again.
 * @change: returns how many lines it changed, or -errno
 *
 * Returns 0 or -errno; also 0 if there is no utab. */
int lines_change(int (*change)(struct lines *lines, const void *argument), const void *argument);

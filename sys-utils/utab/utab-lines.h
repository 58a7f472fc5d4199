/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * utab-lines: the lines of /run/mount/utab, and the file, under libmount's lock. A line is words
 * NAME=VALUE, in which blanks are mangled as in mountinfo; one of them is "TARGET=".
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

/* A field's value, and its length: @name is "SRC=" or the like. NULL: the line has none. */
char *line_field(const char *line, const char *name, size_t *length);
bool line_is_of(const char *line, const char *mangled_target);
bool line_is_below(const char *line, const char *mangled_target);
/* Put @text in the place of the @length bytes at @at. -ENOMEM. */
int line_replace(char **line, const char *at, size_t length, const char *text);

void lines_free(struct lines *lines);
/* 0; -ENOMEM; -EIO. */
int lines_read(FILE *file, struct lines *lines);
/* Take the lines of @mangled_target out of @lines. -ENOMEM. */
int lines_take(struct lines *lines, const char *mangled_target, struct lines *taken);
/* Put @more, which are no longer there then, behind @lines. 1, or -ENOMEM. */
int lines_append(struct lines *lines, struct lines *more);

/* Read the file under the lock, change its lines, write it anew.
 * @change: returns how many it changed, or -errno
 *
 * 0, also where nobody keeps notes; or -errno. */
int lines_change(int (*change)(struct lines *lines, const void *argument), const void *argument);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A string of mount options ("ro,size=5m,x-a=\"b,c\""), read one option after the other. */
#pragma once

#include <libmount.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* One option. Both pointers point into the string, so neither part ends with a zero byte. @value is
 * NULL for an option without "=". */
struct option_in_string {
	char *name, *value;
	size_t name_size, value_size;
};

/* Read the next option of *@rest, and move *@rest behind it. *@rest may be NULL. Returns false at
 * the end. */
static inline bool next_option(const char **rest, struct option_in_string *option)
{
	*option = (struct option_in_string){0};
	/* libmount's parameter is char **, but it only reads the string. */
	return *rest && mnt_optstr_next_option((char **)rest, &option->name, &option->name_size,
				&option->value, &option->value_size) == 0;
}

/* Whether the @size bytes at @text are @word. @text may be NULL. */
static inline bool is_word(const char *text, size_t size, const char *word)
{
	return text && strlen(word) == size && memcmp(text, word, size) == 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A string of mount options ("ro,size=5m,x-a=\"b,c\""), one option after the other. */
#pragma once

#include <libmount.h>
#include <stdbool.h>
#include <stddef.h>

/* Parts of the string, which end without a zero byte. @value: NULL without "=". */
struct option_in_string {
	char *name, *value;
	size_t name_size, value_size;
};

/* The next option of *@rest (or NULL), which then begins behind it. libmount asks for a char *, and
 * does but read. */
static inline bool next_option(const char **rest, struct option_in_string *option)
{
	*option = (struct option_in_string){0};
	return *rest && mnt_optstr_next_option((char **)rest, &option->name, &option->name_size,
				&option->value, &option->value_size) == 0;
}

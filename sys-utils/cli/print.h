/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text that users and containers have chosen, and errors of writing to standard output. */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

/* Print @text, or its first @length bytes. A path or a name may contain escape sequences, which a
 * terminal would obey. So control characters are printed as '?', those of 8-bit character sets,
 * too.
 */
void print_text(FILE *stream, const char *text);
void print_bytes(FILE *stream, const char *text, size_t length);

/* The same, but tabs are printed as they are, as util-linux does in messages and lists. */
void print_with_tabs(FILE *stream, const char *text);

/* Print one line in that way. @format may end with a newline or not. */
void print_line(FILE *stream, const char *format, ...) __attribute__((format(printf, 2, 3)));
void vprint_line(FILE *stream, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));

/* Print @text in the same way, and then spaces up to @width bytes. */
void print_padded(FILE *stream, const char *text, size_t width);

/* A copy of @text in which control characters are '?'. The caller frees it. NULL: no memory. */
char *printable_text(const char *text);

/* Format a message. Without memory it is put in @room, and cut to its size. The caller frees
 * @memory. */
enum { PRINT_ROOM = 512 };
char *format_text(char room[PRINT_ROOM], char **memory, const char *format, va_list arguments)
	__attribute__((format(printf, 3, 0)));

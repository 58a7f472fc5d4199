/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Standard output's last errors, and text that others have chosen. */
#pragma once

#include <stddef.h>
#include <stdio.h>

/* Print @text, or its first @length bytes. Users and containers choose paths and names, and a
 * terminal obeys what it is sent: control characters are printed as '?'. */
void print_text(FILE *stream, const char *text);
void print_bytes(FILE *stream, const char *text, size_t length);

/* The same, with spaces after it up to @width bytes. */
void print_padded(FILE *stream, const char *text, size_t width);

/* From now on, exit() fails if what was printed could not be written. */
void check_output_at_exit(void);

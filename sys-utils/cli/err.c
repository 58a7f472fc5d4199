/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The functions of <err.h>, in place of the C library's. Most messages name a path, a source, a
 * process or a word of the command line, and others may have chosen that text. These functions
 * pass every message through print_line(), which replaces control characters, so that no caller
 * has to do it.
 */
#include <config.h>

#include <err.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/print.h"
#include "util.h"

static void print_message(const char *format, va_list arguments, const char *error)
{
	char room[PRINT_ROOM] = "", *text = NULL;
	_cleanup_free_ char *memory = NULL;

	fflush(stdout);
	if (format)
		text = format_text(room, &memory, format, arguments);
	print_line(stderr, "%s: %s%s%s", program_invocation_short_name, text ?: "",
		text && error ? ": " : "", error ?: "");
}

void vwarn(const char *format, va_list arguments)
{
	print_message(format, arguments, strerror(errno));
}

void vwarnx(const char *format, va_list arguments)
{
	print_message(format, arguments, NULL);
}

void warn(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vwarn(format, arguments);
	va_end(arguments);
}

void warnx(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vwarnx(format, arguments);
	va_end(arguments);
}

void err(int status, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vwarn(format, arguments);
	va_end(arguments);
	exit(status);
}

void errx(int status, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vwarnx(format, arguments);
	va_end(arguments);
	exit(status);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text that users and containers have chosen, and errors of writing to standard output and standard
 * error: a program that could not write its answer or its messages must not end with status 0.
 */
#include <config.h>

#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <libmount/libmount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/print.h"
#include "i18n.h"

void print_bytes(FILE *stream, const char *text, size_t length)
{
	/* Standard error has no buffer: each fwrite() is one system call. So characters that need
	 * no change are written together. */
	while (length > 0) {
		size_t same = 0;

		while (same < length && !iscntrl((unsigned char)text[same]))
			same++;
		fwrite(text, 1, same, stream);
		if (same < length) {
			fputc('?', stream);
			same++;
		}
		text += same;
		length -= same;
	}
}

void print_text(FILE *stream, const char *text)
{
	print_bytes(stream, text, strlen(text));
}

void print_padded(FILE *stream, const char *text, size_t width)
{
	size_t length = strlen(text);

	print_bytes(stream, text, length);
	fprintf(stream, "%*s", length < width ? (int)(width - length) : 0, "");
}

char *printable_text(const char *text)
{
	char *copy = strdup(text);

	for (char *c = copy; c && *c; c++)
		if (iscntrl((unsigned char)*c))
			*c = '?';
	return copy;
}

static void check_output(void)
{
	int failed = ferror(stdout);

	errno = 0;
	/* EBADF: the caller has closed standard output. EPIPE: the reader has stopped reading. The
	 * caller did both on purpose. */
	if ((fclose(stdout) != 0 || failed) && errno != EBADF && errno != EPIPE) {
		if (errno)
			warn(_("write error"));
		else
			warnx(_("write error"));
		_exit(MNT_EX_USAGE);
	}
	/* There is no stream left to say so. A closed one is an error only if it was written to. */
	failed = ferror(stderr);
	if ((fclose(stderr) != 0 && errno != EBADF) || failed)
		_exit(MNT_EX_USAGE);
}

void check_output_at_exit(void)
{
	atexit(check_output);
}

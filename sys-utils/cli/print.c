/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text that others have chosen, and standard output's last errors: a program that could not write
 * what it was asked to print must not end as if it had.
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
	/* Standard error has no buffer: what needs no change is one write. */
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

static void check_output(void)
{
	int failed = ferror(stdout);

	errno = 0;
	/* A closed standard output, or a reader that has had enough, is the caller's wish. */
	if ((fclose(stdout) != 0 || failed) && errno != EBADF && errno != EPIPE) {
		if (errno)
			warn(_("write error"));
		else
			warnx(_("write error"));
		_exit(MNT_EX_USAGE);
	}
	if (fclose(stderr) != 0 && errno != EBADF)
		_exit(MNT_EX_USAGE);
}

void check_output_at_exit(void)
{
	atexit(check_output);
}

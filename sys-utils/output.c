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

#include "i18n.h"
#include "output.h"

void output_bytes(FILE *stream, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		fputc(iscntrl((unsigned char)text[i]) ? '?' : text[i], stream);
}

void output_text(FILE *stream, const char *text)
{
	output_bytes(stream, text, strlen(text));
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/end.h"

#include <config.h>

#include <err.h>
#include <errno.h>
#include <libmount/libmount.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "i18n.h"

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

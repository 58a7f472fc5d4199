/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What mount(8) and umount(8) do before they read their command lines. */
#include "cli/start.h"

#include <err.h>
#include <errno.h>
#include <locale.h>

#include "attach.h"
#include "cli/end.h"
#include "cli/fstab.h"
#include "cli/print.h"
#include "i18n.h"

void out_of_memory(void)
{
	errno = ENOMEM; /* the library leaves errno as it was */
	err(MNT_EX_SYSERR, _("out of memory"));
}

struct libmnt_context *program_start(enum command_program program, char **argv)
{
	struct libmnt_context *context;

	/* Only messages and character types: each other category of a locale costs one file to
	 * read, and the programs use none of them. */
	setlocale(LC_CTYPE, "");
	setlocale(LC_MESSAGES, "");
	i18n_start();
	attach_use_environment();
	check_output_at_exit();
	if (commands_called(program, argv) < 0)
		out_of_memory();
	mnt_init_debug(0);
	context = mnt_new_context();
	if (!context)
		out_of_memory();
	mnt_context_set_tables_errcb(context, skip_bad_line);
	return context;
}

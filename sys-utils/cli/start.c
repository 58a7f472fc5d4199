/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * start: what mount(8) and umount(8) do before they read their command lines, and what both make of
 * an operand or of a line of fstab.
 */
#include <config.h>

#include <err.h>
#include <errno.h>
#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/print.h"
#include "cli/start.h"
#include "i18n.h"
#include "restricted/privileges.h"

void out_of_memory(void)
{
	err(MNT_EX_SYSERR, _("out of memory"));
}

bool reveal_is_forced(const char *argument, bool *is_forced)
{
	*is_forced = argument != NULL;
	if (!argument || strcmp(argument, "force") == 0)
		return true;
	warnx(_("--reveal takes \"force\" or nothing, not \"%s\""), argument);
	return false;
}

struct libmnt_context *program_start(void)
{
	struct libmnt_context *context;

	guard_privileges();
	/* Words and characters; the rest of a locale costs a file each, and nothing here uses it.
	 */
	setlocale(LC_CTYPE, "");
	setlocale(LC_MESSAGES, "");
	i18n_start();
	check_output_at_exit();
	mnt_init_debug(0);
	context = mnt_new_context();
	if (!context)
		out_of_memory();
	mnt_context_set_tables_errcb(context, skip_bad_line);
	return context;
}

char *namespace_path(const char *argument)
{
	char *end, *path;
	long pid = strtol(argument, &end, 10);

	if (*argument && !*end && pid > 0 && pid <= INT32_MAX) {
		if (asprintf(&path, "/proc/%ld/ns/mnt", pid) < 0)
			out_of_memory();
	} else {
		path = strdup(argument);
		if (!path)
			out_of_memory();
	}
	return path;
}

char *place_of(const char *path)
{
	char *place = *path ? mnt_resolve_path(path, NULL) : strdup("");

	if (!place)
		out_of_memory();
	return place;
}

int skip_bad_line(struct libmnt_table *table, const char *file, int line)
{
	(void)table;
	warnx(_("%s: parse error at line %d -- ignored"), file, line);
	return 1;
}

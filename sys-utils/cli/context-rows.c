/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/context-rows.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/start.h"
#include "i18n.h"

void context_row_apply(struct libmnt_context *context, const struct row *row, const char *argument)
{
	if (row->enable)
		row->enable(context, 1);
	else if (row->set && row->set(context, argument) != 0)
		out_of_memory();
}

void print_version(void)
{
	const char *linked, **features, *separator = ": ";

	mnt_get_library_version(&linked);
	mnt_get_library_features(&features);
	printf("%s from %s (libmount %s", program_invocation_short_name, PACKAGE_STRING, linked);
	for (; features && *features; features++, separator = ", ")
		printf("%s%s", separator, *features);
	puts(")");
	exit(MNT_EX_SUCCESS);
}

void option_too_old(const struct row *row, const char *version)
{
	const char *linked;

	mnt_get_library_version(&linked);
	errx(MNT_EX_USAGE, _("--%s needs libmount %s or later; this is libmount %s"), row->name,
		version, linked);
}

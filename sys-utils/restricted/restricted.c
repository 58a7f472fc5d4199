/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "restricted/restricted.h"

#include <config.h>

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/start.h"
#include "i18n.h"
#include "util.h"

bool is_granted(struct libmnt_fs *fs)
{
	static const char *const words[] = {"user", "users", "owner", "group"};
	const char *options = mnt_fs_get_options(fs);

	for (size_t i = 0; options && i < ELEMENTS(words); i++)
		if (mnt_optstr_get_option(options, words[i], NULL, NULL) == 0)
			return true;
	return false;
}

void name_as_fstab(struct libmnt_context *context, struct libmnt_fs *entry)
{
	const char *source = mnt_fs_get_source(entry);

	/* A tag leads to a device that is found by its content: nobody's link is followed. */
	if (mnt_context_set_target(context, mnt_fs_get_target(entry)) != 0 ||
		(source && !mnt_tag_is_valid(source) &&
			mnt_context_set_source(context, source) != 0))
		out_of_memory();
}

void warn_of_turnable(const char *name, const char *path)
{
	warnx(_("%s: others than root can turn fstab's path %s elsewhere, and what it leads to is "
		"not yours"),
		name, path);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each option of the table has come with a version of libmount. Every older version takes it for a
 * comment ("X-..."), or looks at its name alone ("ro" of "ro=recursive"): the mount would succeed
 * without what was asked for.
 *
 * Only the command line is checked. fstab is shared with other programs, and may be written for a
 * newer system.
 */
#include "mount/newer-options.h"

#include <config.h>

#include <err.h>
#include <libmount/libmount.h>
#include <stddef.h>
#include <stdio.h>
#include <strings.h>

#include "cli/option-string.h"
#include "i18n.h"
#include "util.h"

static const struct {
	const char *name;   /* NULL: any option of mount(2) */
	const char *value;  /* NULL: any */
	unsigned int minor; /* of the version 2.x that has it */
} newer_options[] = {
	{"X-mount.auto-fstypes", NULL, 39},
	{"X-mount.group", NULL, 39},
	{"X-mount.idmap", NULL, 39},
	{"X-mount.mode", NULL, 39},
	{"X-mount.nocanonicalize", NULL, 41},
	{"X-mount.noloop", NULL, 41},
	{"X-mount.owner", NULL, 39},
	{NULL, "recursive", 39},
	{"ro", "fs", 41},
	{"ro", "vfs", 41},
	{"rw", "fs", 41},
	{"rw", "vfs", 41},
};

static bool is_of_mount_call(const struct option_in_string *option)
{
	const struct libmnt_optmap *map = mnt_get_builtin_optmap(MNT_LINUX_MAP);

	for (; map && map->name; map++)
		if (is_word(option->name, option->name_size, map->name))
			return true;
	return false;
}

/* The version 2.x that @option needs, or 0. */
static unsigned int needed_minor(const struct option_in_string *option, bool has_recursive)
{
	for (size_t i = 0; i < ELEMENTS(newer_options); i++) {
		const char *name = newer_options[i].name, *value = newer_options[i].value;

		if (value && !is_word(option->value, option->value_size, value))
			continue;
		if (name ? is_word(option->name, option->name_size, name)
			 : !has_recursive && is_of_mount_call(option))
			return newer_options[i].minor;
	}
	return 0;
}

void refuse_newer_options(const char *options, bool has_recursive)
{
	unsigned int major = 0, minor = 0, needed;
	struct option_in_string option;
	const char *linked = NULL;

	mnt_get_library_version(&linked);
	if (!linked || sscanf(linked, "%u.%u", &major, &minor) != 2 || major != 2)
		return;
	while (next_option(&options, &option)) {
		const char *end = option.value ? option.value + option.value_size
					       : option.name + option.name_size;

		needed = needed_minor(&option, has_recursive);
		if (needed > minor)
			errx(MNT_EX_USAGE,
				_("option %.*s needs libmount 2.%u or later; this is libmount %s"),
				(int)(end - option.name), option.name, needed, linked);
	}
}

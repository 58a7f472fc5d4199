/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tuck/tuck-options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "cli/option-string.h"
#include "util.h"

#define FSCONFIG_VALUE_MAX 255 /* fsconfig(2) */

/* ---- per-mount flags ---- */

static const struct {
	const char *name;
	unsigned long flag; /* of mount(2); 0: the option only clears */
	uint64_t set, clear;
} attributes[] = {
	{"ro", MS_RDONLY, MOUNT_ATTR_RDONLY, 0},
	{"rw", 0, 0, MOUNT_ATTR_RDONLY},
	{"nosuid", MS_NOSUID, MOUNT_ATTR_NOSUID, 0},
	{"suid", 0, 0, MOUNT_ATTR_NOSUID},
	{"nodev", MS_NODEV, MOUNT_ATTR_NODEV, 0},
	{"dev", 0, 0, MOUNT_ATTR_NODEV},
	{"noexec", MS_NOEXEC, MOUNT_ATTR_NOEXEC, 0},
	{"exec", 0, 0, MOUNT_ATTR_NOEXEC},
	{"noatime", MS_NOATIME, MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME},
	{"strictatime", MS_STRICTATIME, MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME},
	{"relatime", MS_RELATIME, MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
	{"atime", 0, MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
	{"nodiratime", MS_NODIRATIME, MOUNT_ATTR_NODIRATIME, 0},
	{"diratime", 0, 0, MOUNT_ATTR_NODIRATIME},
	{"nosymfollow", MS_NOSYMFOLLOW, MOUNT_ATTR_NOSYMFOLLOW, 0},
	{"symfollow", 0, 0, MOUNT_ATTR_NOSYMFOLLOW},
	/* These four grant an fstab entry to users. They imply flags for root's mounts, too. */
	{"user", 0, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, 0},
	{"users", 0, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, 0},
	{"owner", 0, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, 0},
	{"group", 0, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, 0},
};

const unsigned long attributes_flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME |
				       MS_STRICTATIME | MS_RELATIME | MS_NODIRATIME |
				       MS_NOSYMFOLLOW;

unsigned int attributes_from_flags(unsigned long flags)
{
	uint64_t set = 0;

	for (size_t i = 0; i < ELEMENTS(attributes); i++)
		if (flags & attributes[i].flag)
			set |= attributes[i].set;
	return (unsigned int)set;
}

/* If two options contradict each other, the last one counts. */
static void change_attributes(struct attribute_change *change, uint64_t set, uint64_t clear)
{
	change->set = (change->set & ~clear) | set;
	change->clear = (change->clear & ~set) | clear;
}

static void take_attributes(struct tuck_options *options, const struct option_in_string *option)
{
	bool is_recursive = is_word(option->value, option->value_size, "recursive");

	for (size_t i = 0; i < ELEMENTS(attributes); i++) {
		if (!is_word(option->name, option->name_size, attributes[i].name))
			continue;
		change_attributes(&options->top, attributes[i].set, attributes[i].clear);
		if (is_recursive)
			change_attributes(&options->tree, attributes[i].set, attributes[i].clear);
	}
}

/* "ro=fs" changes the filesystem alone, "ro=vfs" the mount alone. MS_RDONLY changes both. */
static bool is_split(const struct option_in_string *option, const char *part)
{
	return (is_word(option->name, option->name_size, "ro") ||
		       is_word(option->name, option->name_size, "rw")) &&
	       is_word(option->value, option->value_size, part);
}

/* ---- propagation ---- */

static const struct {
	const char *name; /* with "r" before it: recursive */
	unsigned long flag;
} propagation_options[] = {
	{"shared", MS_SHARED},
	{"slave", MS_SLAVE},
	{"private", MS_PRIVATE},
	{"unbindable", MS_UNBINDABLE},
};

static unsigned long propagation_of(const struct option_in_string *option, bool *is_recursive)
{
	for (size_t i = 0; i < ELEMENTS(propagation_options); i++) {
		const char *name = propagation_options[i].name;

		*is_recursive = option->name_size > 0 && *option->name == 'r' &&
				is_word(option->name + 1, option->name_size - 1, name);
		if (*is_recursive || is_word(option->name, option->name_size, name))
			return propagation_options[i].flag;
	}
	return 0;
}

int tuck_options_remove_propagation(char **text)
{
	for (size_t i = 0; i < ELEMENTS(propagation_options); i++) {
		const char *name = propagation_options[i].name;
		char recursive[16];
		int r;

		snprintf(recursive, sizeof(recursive), "r%s", name);
		while ((r = mnt_optstr_remove_option(text, name)) == 0)
			;
		while (r >= 0 && (r = mnt_optstr_remove_option(text, recursive)) == 0)
			;
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- kinds ---- */

/* The first row that an option begins with tells its kinds. */
static const struct {
	const char *prefix;
	unsigned int kinds;
} kinds_by_prefix[] = {
	{"loop", OPTIONS_FOR_IMAGE},
	{"offset=", OPTIONS_FOR_IMAGE},
	{"sizelimit=", OPTIONS_FOR_IMAGE},
	/* libmount removes a verity device when the mount fails, but only if libmount mounts. */
	{"verity.", OPTIONS_FOR_IMAGE | OPTIONS_FOR_LIBMOUNT},
	{"X-mount.owner", OPTIONS_FOR_BIND | OPTIONS_FOR_LIBMOUNT | OPTIONS_OF_ROOT},
	{"X-mount.group", OPTIONS_FOR_BIND | OPTIONS_FOR_LIBMOUNT | OPTIONS_OF_ROOT},
	{"X-mount.mode", OPTIONS_FOR_BIND | OPTIONS_FOR_LIBMOUNT | OPTIONS_OF_ROOT},
	{"X-mount.subdir", OPTIONS_FOR_BIND | OPTIONS_FOR_LIBMOUNT},
	{"X-mount.idmap", OPTIONS_FOR_BIND | OPTIONS_FOR_LIBMOUNT | OPTIONS_OF_ROOT},
	{"nofail", OPTIONS_NO_FAIL},
	{"X-mount.mkdir", 0}, /* the target of a tuck exists */
	{"X-mount.", OPTIONS_FOR_LIBMOUNT},
};

static bool begins_with(const char *text, size_t size, const char *prefix)
{
	return size >= strlen(prefix) && strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool ends_with(const char *text, size_t size, const char *suffix)
{
	size_t length = strlen(suffix);

	return size >= length && memcmp(text + size - length, suffix, length) == 0;
}

static unsigned int kinds_of(const struct option_in_string *option, size_t size)
{
	unsigned int kinds = 0;

	for (size_t i = 0; i < ELEMENTS(kinds_by_prefix); i++)
		if (begins_with(option->name, size, kinds_by_prefix[i].prefix)) {
			kinds = kinds_by_prefix[i].kinds;
			break;
		}
	if (option->value && option->value_size > FSCONFIG_VALUE_MAX)
		kinds |= OPTIONS_LONG | OPTIONS_FOR_LIBMOUNT;
	if (option->value && begins_with(option->value, option->value_size, "@target"))
		kinds |= OPTIONS_TARGET_LABEL;
	/* libmount translates security contexts. */
	if (option->value && ends_with(option->name, option->name_size, "context"))
		kinds |= OPTIONS_FOR_LIBMOUNT;
	if (is_split(option, "fs") || is_split(option, "vfs"))
		kinds |= OPTIONS_FOR_LIBMOUNT;
	return kinds;
}

/* ---- utab ---- */

/* The options that libmount writes into utab. "users", "owner" and "group" count in fstab only.
 * Options that are an order for the time of mounting are left out: libmount, which is to write the
 * line, would carry them out once more. */
static bool is_noted(const struct option_in_string *option)
{
	return begins_with(option->name, option->name_size, "x-") ||
	       is_word(option->name, option->name_size, "user") ||
	       (option->value && is_word(option->name, option->name_size, "uhelper")) ||
	       is_word(option->name, option->name_size, "_netdev");
}

/* ---- all of them ---- */

int tuck_options_read(struct tuck_options *options, const char *text)
{
	struct option_in_string option;

	*options = (struct tuck_options){0};
	/* Filesystems and libmount have rules of their own for quoted and escaped text. */
	if (text && strpbrk(text, "\\\""))
		options->kinds |= OPTIONS_FOR_LIBMOUNT;
	while (next_option(&text, &option)) {
		const char *end = option.value ? option.value + option.value_size
					       : option.name + option.name_size;
		size_t size = (size_t)(end - option.name);
		bool is_recursive;
		unsigned long propagation = propagation_of(&option, &is_recursive);

		options->kinds |= kinds_of(&option, size);
		options->propagation |= propagation;
		options->is_propagation_recursive |= propagation && is_recursive;
		if (!is_split(&option, "fs"))
			take_attributes(options, &option);
		if (is_noted(&option)) {
			_cleanup_free_ char *one = strndup(option.name, size);

			if (!one || mnt_optstr_append_option(&options->noted, one, NULL) != 0)
				return -ENOMEM;
		}
	}
	return 0;
}

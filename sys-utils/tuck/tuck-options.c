/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tuck/tuck-options.h"

#include <string.h>
#include <sys/mount.h>

#include "cli/option-string.h"
#include "util.h"

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
	/* What fstab grants to users implies, whoever mounts it. */
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

/* The last option wins. */
static void change(struct attribute_change *change, uint64_t set, uint64_t clear)
{
	change->set = (change->set & ~clear) | set;
	change->clear = (change->clear & ~set) | clear;
}

static bool is_word(const char *text, size_t size, const char *word)
{
	return text && strlen(word) == size && memcmp(text, word, size) == 0;
}

/* "ro=fs" is about the filesystem alone, "ro=vfs" about the mount alone. */
static bool is_split(const struct option_in_string *option)
{
	return (is_word(option->name, option->name_size, "ro") ||
		       is_word(option->name, option->name_size, "rw")) &&
	       (is_word(option->value, option->value_size, "fs") ||
		       is_word(option->value, option->value_size, "vfs"));
}

struct attribute_changes attributes_from_options(const char *options)
{
	struct attribute_changes changes = {0};
	struct option_in_string option;

	while (next_option(&options, &option)) {
		bool is_recursive = is_word(option.value, option.value_size, "recursive");

		if (is_split(&option) && is_word(option.value, option.value_size, "fs"))
			continue;
		for (size_t i = 0; i < ELEMENTS(attributes); i++) {
			if (!is_word(option.name, option.name_size, attributes[i].name))
				continue;
			change(&changes.top, attributes[i].set, attributes[i].clear);
			if (is_recursive)
				change(&changes.tree, attributes[i].set, attributes[i].clear);
		}
	}
	return changes;
}

bool attributes_are_split(const char *options)
{
	struct option_in_string option;

	while (next_option(&options, &option))
		if (is_split(&option))
			return true;
	return false;
}

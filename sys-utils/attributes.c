/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "attributes.h"

#include <string.h>
#include <sys/mount.h>

#include "option-string.h"
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

static void change_by_name(struct attribute_change *change, const char *name, size_t length)
{
	for (size_t i = 0; i < ELEMENTS(attributes); i++) {
		if (strlen(attributes[i].name) != length ||
			strncmp(attributes[i].name, name, length) != 0)
			continue;
		/* The last option wins. */
		change->set = (change->set & ~attributes[i].clear) | attributes[i].set;
		change->clear = (change->clear & ~attributes[i].set) | attributes[i].clear;
	}
}

struct attribute_change attributes_from_options(const char *options, unsigned long flags)
{
	struct attribute_change change = {0};
	struct option_in_string option;

	/* Flags that no option in the list names: -r, and what "user" implies. */
	for (size_t i = 0; i < ELEMENTS(attributes); i++)
		if (flags & attributes[i].flag)
			change_by_name(&change, attributes[i].name, strlen(attributes[i].name));
	while (next_option(&options, &option)) {
		change_by_name(&change, option.name, option.name_size);
		if (option.value && option.value_size == strlen("recursive") &&
			strncmp(option.value, "recursive", option.value_size) == 0)
			change.recursive = true;
	}
	return change;
}

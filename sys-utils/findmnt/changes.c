/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "findmnt/changes.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "i18n.h"
#include "util.h"

/* The special ones come first. */
static const struct {
	const char *name;
	unsigned int change;
} names[] = {
	{"tuck", CHANGE_TUCK},
	{"reveal", CHANGE_REVEAL},
	{"propagation", CHANGE_PROPAGATION},
	{"namespace", CHANGE_NAMESPACE},
	{"mount", CHANGE_MOUNT},
	{"umount", CHANGE_UMOUNT},
	{"remount", CHANGE_REMOUNT},
	{"move", CHANGE_MOVE},
};

const char *change_name(unsigned int change)
{
	for (size_t i = 0; i < ELEMENTS(names); i++)
		if (names[i].change & change)
			return names[i].name;
	return NULL;
}

static unsigned int parse_name(const char *name, size_t length)
{
	for (size_t i = 0; i < ELEMENTS(names); i++)
		if (strncmp(names[i].name, name, length) == 0 && !names[i].name[length])
			return names[i].change;
	errx(EXIT_FAILURE,
		_("--poll takes mount, umount, move, remount, tuck, reveal, propagation and "
		  "namespace, not \"%.*s\""),
		(int)length, name);
}

unsigned int changes_parse(const char *list)
{
	unsigned int wanted = 0;

	if (!list)
		return ~0U;
	while (*list) {
		size_t length = strcspn(list, ",");

		wanted |= parse_name(list, length);
		list += length;
		list += *list == ',';
	}
	return wanted;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* places: mount points in mount namespaces, as the public API tells them: struct mnttuck_place. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "libmnttuck.h"

struct facts;
struct mntns;
struct mount;
struct namespaces;

struct mnttuck_place {
	int64_t numbers[MNTTUCK_HOLD + 1];   /* by enum mnttuck_place_number */
	char *texts[MNTTUCK_PLACE_RULE + 1]; /* by enum mnttuck_place_text */
};

struct places {
	struct mnttuck_place *list;
	size_t count, room;
};

/* Make the list of what an operation changes, out of facts that are read with names. Returns as
 * facts_effects() does. */
int places_make(struct places *places, struct facts *facts);

/* Append @mount, which is in @mntns, one of @namespaces. Processes have been looked for. -ENOMEM.
 */
int places_add_mount(struct places *places, enum mnttuck_place_kind kind,
	const struct namespaces *namespaces, const struct mntns *mntns, struct mount *mount);

/* Set the rule that the place appended last is about; see MNTTUCK_PLACE_RULE. -ENOMEM. */
int places_set_rule(struct places *places, const char *rule);

/* Append who holds what was unmounted. @pid: 0: no process. -ENOMEM. */
int places_add_holder(struct places *places, pid_t pid, const char *command, enum mnttuck_hold hold,
	const char *path);

/* The same as places_add_mount() for a mount that is left on the old version, with the @reason. */
int places_add_left(struct places *places, const struct namespaces *namespaces,
	const struct mntns *mntns, struct mount *mount, const char *reason);

/* Append what could not be seen. @error: why not every namespace was found; or 0. -ENOMEM. */
int places_add_unseen(struct places *places, const struct namespaces *namespaces, int error);

void places_clear(struct places *places);

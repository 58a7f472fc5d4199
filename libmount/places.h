/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* places: the effects of an operation as the public API tells them: struct mnttuck_place. */
#pragma once

#include <stddef.h>

struct facts;
struct mnttuck_place;

struct places {
	struct mnttuck_place *list;
	size_t count;
};

/* Make the list, out of facts that are read with names. Returns as facts_effects() does. */
int places_make(struct places *places, struct facts *facts);
void places_clear(struct places *places);

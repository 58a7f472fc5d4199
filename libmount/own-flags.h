/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * own-flags: a service manager gives a service's copy of a mount flags of its own: read-only,
 * nosuid, nodev, noexec. The copy of a new version that arrives there has the flags of the mount
 * that it is a copy of. So a reveal sets the service's flags on it.
 *
 * No path leads to the new mount while the old version covers it. So the flags are set directly
 * after the unmount, and there is a moment in which the new version shows without them.
 */
#pragma once

#include <stddef.h>

struct facts;
struct report;

struct own_flags {
	struct own_flags_place *list;
	size_t count;
};

/* Note where the reveal has to set flags, before it is done. -ENOMEM, or as facts_effects(). */
int own_flags_note(struct own_flags *own, struct facts *facts);
void own_flags_clear(struct own_flags *own);

/* Set them, after the unmount. */
void own_flags_set(struct own_flags *own);

/* Append to what the report says of the outcome which flags could not be set: 0, or the first
 * error. */
int own_flags_report(const struct own_flags *own, struct report *report);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reveal: the library's reveal, and what the programs keep in utab about the mounts that it takes.
 *
 * mount --tuck --reveal and umount --reveal both end here.
 */
#pragma once

#include <stdbool.h>

struct mnttuck;

/* Take the top mount away. @place: the target's canonical path. @is_noted: keep utab right.
 * Returns what mnttuck_reveal() does; -EIO in @utab_error: utab could not be written. */
int reveal(struct mnttuck *tuck, const char *place, bool is_noted, int *utab_error);

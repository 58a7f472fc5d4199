/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mountinfo-cost: whether /proc/self/mountinfo is slow to read; see snapshot-text.h. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Whether the caller's mountinfo is slower to read than its lines by statmount: there are many
 * mounts, and slaves among them. @count: how many mounts there are; 0: not known. */
bool mountinfo_is_slow(size_t *count);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths that only root can turn elsewhere. */
#pragma once

#include <stdbool.h>

/* Whether nobody but root can change what the absolute @path leads to. False for one that leads
 * nowhere. */
bool path_is_fixed(const char *path);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths of which only root can change where they lead. */
#pragma once

#include <stdbool.h>

/* Whether only root can change to which file the absolute @path leads. False if there is no file.
 */
bool path_is_fixed(const char *path);

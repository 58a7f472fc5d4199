/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What fstab grants to an ordinary user, where this program is not set-user-ID root and the
 * system's own is. */
#pragma once

#include <stdbool.h>

/* The system's own programs, which configure was told of. */
#define SYSTEM_MOUNT  SYSTEM_PROGRAMS "/mount"
#define SYSTEM_UMOUNT SYSTEM_PROGRAMS "/umount"

/* Whether @program is there, can do more than this process, and is another program than this one.
 */
bool can_hand_over(const char *program);

/* Run @program with the NULL-terminated @argv, and return its exit status. */
int hand_over(const char *program, char *const *argv);

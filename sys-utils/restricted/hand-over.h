/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starting the system's own set-user-ID mount or umount, for mounts that fstab grants to users. */
#pragma once

#include <stdbool.h>

/* The system's own programs, in the directory that configure was given. */
#define SYSTEM_MOUNT  SYSTEM_PROGRAMS "/mount"
#define SYSTEM_UMOUNT SYSTEM_PROGRAMS "/umount"

/* Whether @program exists, would run as root, and is not this program. */
bool can_hand_over(const char *program);

/* Run @program with the NULL-terminated @argv, and return its exit status. */
int hand_over(const char *program, char *const *argv);

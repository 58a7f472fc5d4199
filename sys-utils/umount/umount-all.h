/* SPDX-License-Identifier: GPL-2.0-or-later */
/* umount --all. */
#pragma once

#include "umount/umount-rows.h"

/* Returns the exit status. */
int umount_all(struct command *command);

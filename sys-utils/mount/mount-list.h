/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of mounts, which mount prints without operands. Returns the exit status. */
#pragma once

#include "mount/mount-rows.h"

int list_mounts(struct command *command);

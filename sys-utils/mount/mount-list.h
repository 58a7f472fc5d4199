/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list that mount prints when nothing is to be mounted. */
#pragma once

#include "mount/mount-rows.h"

int list_mounts(struct command *command);

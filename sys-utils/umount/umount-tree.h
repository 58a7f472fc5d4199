/* SPDX-License-Identifier: GPL-2.0-or-later */
/* umount --recursive and --all-targets. */
#pragma once

#include "umount/umount-rows.h"

/* Unmount all that is mounted at the path @operand, and below it. Returns the exit status. */
int umount_recursively(struct command *command, const char *operand);

/* Unmount every mount of the filesystem that @operand, a path or a source, names; with --recursive
 * what is mounted below each, too. Returns the exit status. */
int umount_all_targets(struct command *command, const char *operand);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* umount --recursive and --all-targets. */
#pragma once

#include "umount/umount-rows.h"

/* Unmount all mounts at the path @operand, and all mounts below them. Returns the exit status. */
int umount_recursively(struct command *command, const char *operand);

/* Unmount every mount of the filesystem that @operand names, a path or a source. With --recursive
 * also all mounts below each of them. Returns the exit status. */
int umount_all_targets(struct command *command, const char *operand);

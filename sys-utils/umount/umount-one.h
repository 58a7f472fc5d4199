/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One unmount, with its messages. */
#pragma once

#include "umount/umount-rows.h"

/* Unmount @operand, a path or a source. Returns the exit status. */
int umount_one(struct command *command, const char *operand);

/* Print on standard error what @result, libmount's return value, means. The message names @subject
 * if libmount does not know the target. Returns the exit status. */
int report_umount(struct command *command, int result, const char *subject);

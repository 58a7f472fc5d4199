/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One unmount, with what is said about it. */
#pragma once

#include "umount/umount-rows.h"

/* Unmount @operand, a path or a source. Returns the exit status. */
int umount_one(struct command *command, const char *operand);

/* Say on standard error what @result means; @subject is named where libmount doesn't know the
 * mount. Returns the exit status for it. */
int report_umount(struct command *command, int result, const char *subject);

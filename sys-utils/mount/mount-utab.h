/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A move's or a bind's lines in utab, where a path has several mounts. */
#pragma once

#include <libmount/libmount.h>

/* Call @mount, mnt_context_mount() or a function like it, and return its answer. What libmount
 * would write wrongly to utab is written rightly. @status: MNT_EX_FILEIO, after a message, if it
 * could not be written. */
int mount_with_utab(
	struct libmnt_context *context, int (*mount)(struct libmnt_context *context), int *status);

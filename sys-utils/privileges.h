/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What mount and umount may do for an ordinary user, when they are installed set-user-ID root. */
#pragma once

#include <libmount/libmount.h>

/* Become the user who called, for good, and let libmount know. */
void drop_privileges(struct libmnt_context *context);

/* Resolve @path with the caller's own rights. A string to free, or NULL and errno where the caller
 * can't. */
char *resolve_as_caller(const char *path);

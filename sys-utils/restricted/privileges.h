/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What mount and umount may do for an ordinary user, when they are installed set-user-ID root. */
#pragma once

#include <libmount/libmount.h>
#include <stdbool.h>

/* The first thing that the program does: whatever a user can have prepared for a set-user-ID
 * program is made harmless. */
void guard_privileges(void);

/* Whether the program has root's rights, and a user who called it. */
bool is_set_user_id(void);

/* Become the user who called, for good, and let libmount know. */
void drop_privileges(struct libmnt_context *context);

/* Resolve @path with the caller's own rights. A string to free, or NULL and errno where the caller
 * can't. */
char *resolve_as_caller(const char *path);

/* open(2) with the caller's own rights; the descriptor, or -1 and errno. */
int open_as_caller(const char *path, int flags);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Privileges of mount and umount that are installed set-user-ID root. */
#pragma once

#include <libmount/libmount.h>
#include <stdbool.h>

/* To be called first: make harmless what a user can prepare for a set-user-ID program, such as
 * environment variables, limits and closed descriptors. */
void guard_privileges(void);

/* Whether an ordinary user has started the program, and it has root's rights. */
bool is_set_user_id(void);

/* Give up root's rights for good, go on as the user, and tell libmount. */
void drop_privileges(struct libmnt_context *context);

/* Resolve @path with the caller's own rights. Returns a string to free, or NULL and errno. */
char *resolve_as_caller(const char *path);

/* open(2) with the caller's own rights. Returns the descriptor, or -1 and errno. */
int open_as_caller(const char *path, int flags);

/* Open the directory @path (O_PATH) with the caller's own rights. No component may be a symbolic
 * link, and the directory must belong to the caller. Returns the descriptor, or -1. */
int open_own_directory(const char *path);

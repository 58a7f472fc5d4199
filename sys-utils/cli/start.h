/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How mount(8) and umount(8) start, and what both make of an operand or of a line of fstab. */
#pragma once

#include <libmount/libmount.h>
#include <stdbool.h>

/* Prepare locale, privileges, standard output and libmount. */
struct libmnt_context *program_start(void);

/* Say so, and end the program with status 2. */
_Noreturn void out_of_memory(void);

/* The argument of --reveal: nothing, or "force". False, having said so, for anything else. */
bool reveal_is_forced(const char *argument, bool *is_forced);

/* The file of the namespace that --namespace names, by path or by a process's id. The caller frees
 * it. */
char *namespace_path(const char *argument);

/* The canonical path of a mount at @path; of an empty path, an empty path. The caller frees it. */
char *place_of(const char *path);

/* libmount's callback for an unreadable line of fstab: warn, and go on with the next line. */
int skip_bad_line(struct libmnt_table *table, const char *file, int line);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the programs use fstab beyond what libmount does by itself. */
#pragma once

#include <libmount/libmount.h>

/* Call after mnt_context_apply_fstab(). Returns the entry of fstab for the context's source and
 * target, which libmount owns, or NULL. */
struct libmnt_fs *fstab_entry(struct libmnt_context *context);

/* libmount's callback for an unreadable line of fstab: warn, and go on with the next line. */
int skip_bad_line(struct libmnt_table *table, const char *file, int line);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The line of fstab that libmount has applied to a context. */
#pragma once

#include <libmount/libmount.h>

/* After mnt_context_apply_fstab(): fstab's entry for the context's source and target, which stays
 * libmount's, or NULL. */
struct libmnt_fs *fstab_entry(struct libmnt_context *context);

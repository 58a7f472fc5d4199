/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mount --all: mount everything in fstab, or with -o remount, remount everything that is mounted.
 */
#pragma once

#include <libmount/libmount.h>

/* Both return the exit status. */
int mount_all(struct libmnt_context *context);
int remount_all(struct libmnt_context *context);

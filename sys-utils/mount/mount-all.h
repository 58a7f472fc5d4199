/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mount --all: everything in fstab, or, to remount, everything that is mounted. */
#pragma once

#include <libmount/libmount.h>

int mount_all(struct libmnt_context *context);
int remount_all(struct libmnt_context *context);

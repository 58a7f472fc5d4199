/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What fstab grants to users, done by a set-user-ID program: by libmount, and by no path that a
 * user has turned elsewhere. */
#pragma once

#include <libmount/libmount.h>

/* As mnt_context_mount() and mnt_context_umount(). -EPERM for what a set-user-ID program does not
 * do for the caller. */
int restricted_mount(struct libmnt_context *context);
int restricted_umount(struct libmnt_context *context);

/* fstab's entry for what the context is to mount, if it is there and gives it to users; else NULL.
 */
struct libmnt_fs *granted_entry(struct libmnt_context *context);

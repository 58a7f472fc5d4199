/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mounts that fstab grants to users, made and unmounted by a set-user-ID program.
 *
 * libmount decides whether fstab grants the mount, and follows fstab's paths as root. A path may
 * lead through a directory that others than root can change, for example "/home/joe/mnt". Then joe
 * can replace a directory of the path by a link to /etc, before or after libmount checks it. So for
 * such paths the user's own rights are checked as well: the target must be a directory of the
 * user's, and the source a device or an image that the user may open. The program then keeps a
 * descriptor of the target that it has checked, and compares the source with the device that
 * libmount has prepared.
 */
#pragma once

#include <libmount/libmount.h>
#include <stdbool.h>

/* As mnt_context_mount(). Returns -EPERM if a set-user-ID program must not do it for the caller. If
 * others than root can change fstab's path, and the file that it leads to is not the caller's, it
 * ends the program with a message. */
int restricted_mount(struct libmnt_context *context);

/* The steps of mnt_context_umount() that follow mnt_context_prepare_umount(). @given: the path that
 * the user named, resolved. Returns -EACCES, with a message, if others than root can change fstab's
 * path, and -EPERM, with a message, if @given is not the mount point. */
int restricted_umount(struct libmnt_context *context, const char *given);

/* The entry of fstab for the context's mount, if it grants the mount to users; else NULL. */
struct libmnt_fs *granted_entry(struct libmnt_context *context);

/* Whether one of the entry's options grants the mount to users. */
bool is_granted(struct libmnt_fs *fs);

/* Print that others than root can change where fstab's @path leads, and that it leads to a file
 * which is not the caller's. */
void warn_of_turnable(struct libmnt_context *context, const char *path);

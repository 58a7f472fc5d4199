/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mounts that fstab grants to users, made and unmounted by a set-user-ID program.
 *
 * libmount decides whether fstab grants the mount, and follows fstab's paths as root. A path may
 * lead through a directory that others than root can change, for example "/home/joe/mnt". Then joe
 * can replace a directory of the path by a link to /etc, before or after libmount checks it. So for
 * such paths the user's own rights are checked as well: the target must be a directory of the
 * user's, and the source a device or an image that the user may open. The program then mounts on a
 * descriptor of the target that it has checked, and gives libmount the device that it has opened,
 * by a path that only root can change.
 */
#pragma once

#include <libmount/libmount.h>
#include <stdbool.h>

#include "restricted/held-mount.h"

/* As mnt_context_mount(). Returns -EPERM if a set-user-ID program must not do it for the caller. If
 * others than root can change fstab's path, and the file that it leads to is not the caller's, it
 * ends the program with a message. */
int restricted_mount(struct libmnt_context *context);

/* What an ordinary user wants to be unmounted. */
struct users_operand {
	const char *path; /* resolved; the caller's */
	struct held_mount held;
};

static inline void users_operand_clear(struct users_operand *operand)
{
	held_mount_close(&operand->held);
}

/* The steps of mnt_context_umount() that follow mnt_context_prepare_umount(). After an attempt to
 * unmount, @operand holds nothing. Returns -EACCES, after a message, if others than root can change
 * the path, and the mount is not the caller's or is no longer there; -EPERM, after a message, if
 * the user has named something else than the mount point; -EPERM if fstab does not grant it. */
int restricted_umount(struct libmnt_context *context, struct users_operand *operand);

/* The entry of fstab for the context's mount, if it grants the mount to users; else NULL. */
struct libmnt_fs *granted_entry(struct libmnt_context *context);

/* Whether one of the entry's options grants the mount to users. */
bool is_granted(struct libmnt_fs *fs);

/* Give the context the paths that fstab's @entry has, for messages. libmount and this program
 * replace them by what they lead to, which a user may not be allowed to know. */
void name_as_fstab(struct libmnt_context *context, struct libmnt_fs *entry);

/* Print that others than root can change where fstab's @path leads, and that the file there is not
 * the caller's. @name: the mount, as the caller calls it. */
void warn_of_turnable(const char *name, const char *path);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What fstab grants to users, done by a set-user-ID program.
 *
 * libmount decides whether fstab grants it, and follows fstab's paths as root. Where a path leads
 * through a directory that is not root's alone, "/home/joe/mnt" say, its owner can turn it to /etc,
 * before libmount looks or after. So there the user's own rights count as well: the target must be
 * a directory of theirs, and what is mounted a device or an image that they may open. What has been
 * looked at is then held by its descriptor, or compared with what libmount has taken.
 */
#pragma once

#include <libmount/libmount.h>
#include <stdbool.h>

/* As mnt_context_mount() and mnt_context_umount(). -EPERM for what a set-user-ID program does not
 * do for the caller. What a user can turn elsewhere may end restricted_mount() with a message and
 * the program. */
int restricted_mount(struct libmnt_context *context);
int restricted_umount(struct libmnt_context *context);

/* fstab's entry for what the context is to mount, if it is there and gives it to users; else NULL.
 */
struct libmnt_fs *granted_entry(struct libmnt_context *context);

/* Whether one of its options gives it to users. */
bool is_granted(struct libmnt_fs *fs);

/* Whether @fd is @path itself, without a link on the way, and belongs to the caller. */
bool is_own_directory(int fd, const char *path);

/* Say that @path, as fstab has it, leads to what is not the caller's. */
void warn_of_turnable(struct libmnt_context *context, const char *path);

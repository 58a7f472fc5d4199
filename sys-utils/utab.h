/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * utab: the place of a tucked mount's line in libmount's /run/mount/utab.
 *
 * libmount appends a line for a new mount, and umount(8) drops the last line of a path: that of the mount which
 * was mounted last. A tucked mount is not the one that goes first, so its line must stand before the lines
 * that the path had already.
 */
#pragma once

/* Move the last line of @target before its others and give it the id @mount_id where it has one. A file without
 * a line for @target stays as it is. 0 or -errno. */
int utab_settle(const char *target, int mount_id);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loop-device: the image of a loop device, and how a reveal and --beneath free one. libmount sets
 * loop devices up, and frees that of an ordinary unmount.
 */
#pragma once

#include <sys/types.h>

/* The path of the image that the loop device has, as the kernel tells it. NULL: it is no loop
 * device, or has none. The caller frees it. */
char *loop_device_image(dev_t device);

/* umount -d: free the loop device @device, with the number @number, of a filesystem that has been
 * unmounted; nothing if it is another device. If others still use it, the kernel frees it after its
 * last use. Returns 0 or -errno; -ENODEV: the name leads to another device now. */
int loop_device_free(const char *device, dev_t number);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The image files of loop devices. */
#pragma once

#include <sys/types.h>

/* The path of the file that the loop device has, as the kernel tells it. NULL: it is no loop
 * device, or has none. The caller frees it. */
char *loop_device_image(dev_t device);

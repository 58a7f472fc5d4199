/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The source of a mount for users, where others than root can change what fstab's path leads to. */
#pragma once

#include <stdbool.h>

struct libmnt_context;

enum own_source {
	OWN_SOURCE_SET,	    /* the context's source is the device */
	OWN_SOURCE_REFUSED, /* it is not the caller's: nothing has been opened with root's rights */
	OWN_SOURCE_STEPS,   /* an option that only libmount can follow */
};

/* Open what @path leads to with the caller's rights alone, and give @context the device, which may
 * be a loop device of that image; it is released when the program ends or the mount is unmounted.
 * To be called before libmount prepares the mount. */
enum own_source own_source_set(struct libmnt_context *context, const char *path);

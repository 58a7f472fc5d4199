/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mount --all: mount everything in fstab, or with -o remount, remount everything that is mounted.
 */
#pragma once

#include <libmount/libmount.h>
#include <stdbool.h>

/* Of the command line, for entries of fstab that libmount does not mount. */
struct all_wishes {
	const char *types, *test_options, *options; /* NULL: none */
	bool has_namespace;			    /* --namespace */
};

/* Both return the exit status. */
int mount_all(struct libmnt_context *context, const struct all_wishes *wishes);
int remount_all(struct libmnt_context *context);

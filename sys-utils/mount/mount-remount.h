/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which mount a remount means. */
#pragma once

#include <libmount/libmount.h>

/* Lead libmount to the options of the visible mount, for a remount of the context's path or source.
 * Returns 0, or if the source names a mount that is hidden, after a message the exit status. */
int prepare_remount(struct libmnt_context *context);

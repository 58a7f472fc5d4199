/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What mount says after libmount has acted. */
#pragma once

#include <libmount/libmount.h>

/* Say on standard error what @result of a mount means; returns the exit status for it. */
int report_result(struct libmnt_context *context, int result);

/* --verbose: say what was mounted. */
void report_success(struct libmnt_context *context);

/* On a terminal, remind of a daemon-reload after fstab was edited. */
void report_stale_units(void);

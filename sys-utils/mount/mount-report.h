/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The messages of mount after libmount has done its work. */
#pragma once

#include <libmount/libmount.h>

/* Print on standard error what @result, libmount's return value, means. Returns the exit status. */
int report_result(struct libmnt_context *context, int result);

/* --verbose: print what was mounted. */
void report_success(struct libmnt_context *context);

/* On a terminal, print a hint if fstab is newer than the units that systemd has loaded. */
void report_stale_units(void);

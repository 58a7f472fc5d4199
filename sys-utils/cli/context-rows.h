/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the options of mount(8) and umount(8) have in common, and findmnt's have not: they act on
 * libmount's context, and some depend on the version of libmount.
 */
#pragma once

#include <libmount/libmount.h>

#include "cli/options.h"

/* Call row->enable() or row->set(), if @row has one. */
void context_row_apply(struct libmnt_context *context, const struct row *row, const char *argument);

/* Print --version with libmount's version and features, and end the program with status 0. */
_Noreturn void print_version(void);

/* Say that the option of @row needs libmount @version, and end the program with status 1. */
_Noreturn void option_too_old(const struct row *row, const char *version);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mount options that the linked libmount is too old for. */
#pragma once

#include <stdbool.h>

/* An older libmount ignores these options without a message. So if one of @options needs a newer
 * one, say which, and end the program with status 1. @options may be NULL. @has_recursive: the
 * caller itself does what "ro=recursive" and the like ask for. */
void refuse_newer_options(const char *options, bool has_recursive);

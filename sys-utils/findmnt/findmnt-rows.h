/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of findmnt(8); struct command is in request.h. */
#pragma once

#include "cli/options.h"

extern const struct option_table findmnt_options;

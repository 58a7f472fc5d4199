/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mount.TYPE, the programs that libmount runs to mount what the kernel can't mount by itself. */
#pragma once

#include <stdbool.h>

struct libmnt_context;

/* Whether libmount would run one for the context's type. True also where memory is short. */
bool has_mount_helper(struct libmnt_context *context);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory for a large table, all at once. */
#pragma once

#include <stddef.h>

/* Prepare malloc() for a table of so many mounts; nothing happens if these are few. */
void reserve_memory(size_t mounts);

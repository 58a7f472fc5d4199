/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * utab-order: a path's lines in the order of its mounts, from the bottom. Which line is whose is
 * told by its id, or by source and root.
 */
#pragma once

#include <stddef.h>

struct libmnt_fs;
struct lines;

/* Those of @target, mangled; the ones after the first @count are of the new mount @mount_id.
 * Returns how many have changed, or -errno. */
int order_with_new(struct lines *lines, const char *target, size_t count, int mount_id);

/* The same, without the line of @gone, which has been unmounted. */
int order_without(struct lines *lines, const char *target, struct libmnt_fs *gone);

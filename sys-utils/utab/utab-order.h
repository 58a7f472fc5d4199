/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * utab-order: the lines of a path, in the order of its mounts from the bottom. A line belongs to
 * the mount with its id, or with its source and root.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct libmnt_fs;
struct lines;

/* Order the lines of @target, which is mangled. Those after the first @count are of the new mount
 * @mount_id. Returns 1 if @lines were put in order, 0 if @target has no line, or -errno. */
int order_with_new(struct lines *lines, const char *target, size_t count, int mount_id);

/* Order the lines of @target without the line of @gone, which has been unmounted. @was_beneath: it
 * lay beneath the top mount, and all mounts between the two are gone, too; else it was the top. */
int order_without(
	struct lines *lines, const char *target, struct libmnt_fs *gone, bool was_beneath);

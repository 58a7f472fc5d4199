/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * visible: leads libmount to the visible mount.
 *
 * libmount takes the last line of a path in the table of mounts for the visible mount. After a tuck
 * the last line is the hidden mount's (libmount/stack.h). But libmount searches a table that its
 * context has read before, so it finds the visible mount if that table is put into order first.
 */
#pragma once

#include <libmount/libmount.h>
#include <stdbool.h>

/* Let @context read its table of mounts, and put that into the order of the stacks. The table goes
 * with mnt_reset_context(). @table, if not NULL: the table; it stays the context's. 0 or -errno. */
int order_mounts(struct libmnt_context *context, struct libmnt_table **table);

/* Whether a lookup of the mount point of @fs, an entry of mountinfo, ends in that mount. It is
 * looked up in the namespace of @context. Also true if a server that does not answer prevents to
 * find out. */
bool is_visible(struct libmnt_context *context, struct libmnt_fs *fs);

/* Let @context read its table of mounts, and remove those that are not visible. 0 or -errno. */
int keep_visible_mounts(struct libmnt_context *context);

/* Whether the source of @fs is a loop device whose image has the canonical path @image. */
bool has_image(struct libmnt_fs *fs, const char *image);

/* The last mount in @table whose source is @operand: a source, a device, a tag, or the image of a
 * loop device. NULL: there is none. */
struct libmnt_fs *find_by_source(
	struct libmnt_context *context, struct libmnt_table *table, const char *operand);

/* Print that the mount @fs of @table is hidden, which mount covers it, and which command unmounts
 * it. Returns the exit status. */
int report_hidden(struct libmnt_context *context, struct libmnt_table *table, struct libmnt_fs *fs);

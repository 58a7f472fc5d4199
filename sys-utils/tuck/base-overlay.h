/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * base-overlay: whether a new overlay would share its upperdir or workdir with an overlay that is
 * mounted. The kernel does not allow two overlays to have the same one, but does not always refuse
 * it: files are lost then.
 */
#pragma once

struct libmnt_context;
struct libmnt_table;

/* The mounts, to be read before the stack at the target is taken off. NULL: @context is not of an
 * overlay with an upperdir, or there is no table to read. The caller releases it. */
struct libmnt_table *base_overlay_read_mounts(struct libmnt_context *context);

/* Compare @context's directories with those of the overlays in @mounts (may be NULL). Returns 0, or
 * after a message about @target the exit status. */
int base_overlay_check(
	struct libmnt_table *mounts, struct libmnt_context *context, const char *target);

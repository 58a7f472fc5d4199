/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which mount a remount means.
 *
 * libmount takes the options that a mount has from fstab, or else from the table of mounts, from
 * the last line of the path or source (cli/visible.h). So the visible mount becomes the last one of
 * that table. The system call takes the path; where only a source is given, its mount has to be
 * visible.
 */
#include <config.h>

#include <stdbool.h>

#include "cli/visible.h"
#include "mount/mount-remount.h"
#include "path.h"
#include "stack.h"
#include "util.h"

/* Whether libmount finds the path in fstab, and so does not read the table of mounts. */
static bool is_in_fstab(struct libmnt_context *context, const char *operand)
{
	int mode = mnt_context_get_optsmode(context);
	struct libmnt_table *fstab;

	return (mode == 0 || mode & MNT_OMODE_FSTAB) &&
	       mnt_context_get_fstab(context, &fstab) == 0 &&
	       mnt_table_find_target(fstab, operand, MNT_ITER_FORWARD);
}

/* If @operand is the path of a mount, make that the last one in the table. */
static bool lead_to_path(
	struct libmnt_context *context, struct libmnt_table *table, const char *operand)
{
	struct libmnt_ns *before = mnt_context_switch_target_ns(context);
	struct libmnt_cache *cache = mnt_context_get_cache(context);
	struct libmnt_fs *fs;
	bool is_found = stack_find(table, operand, &fs) == 0 &&
			mnt_fs_match_target(fs, operand, cache) &&
			mnt_table_move_fs(table, table, 0, NULL, fs) == 0;

	mnt_context_switch_ns(context, before);
	return is_found;
}

/* Whether it is sure that @operand is the path of one mount only, so that libmount can't take
 * another one for it. Then the whole table need not be read here, and libmount reads the lines of
 * that path alone: with 10,000 mounts, that saves an eighth of the time. */
static bool is_alone(struct libmnt_context *context, const char *operand)
{
	struct libmnt_ns *before = mnt_context_switch_target_ns(context);
	_cleanup_free_ char *path = path_canonical(operand);
	bool answer = path && stack_is_alone(path);

	mnt_context_switch_ns(context, before);
	return answer;
}

static bool is_hidden(struct libmnt_context *context, struct libmnt_fs *fs)
{
	return fs && !is_visible(context, fs);
}

int prepare_remount(struct libmnt_context *context)
{
	const char *source = mnt_context_get_source(context);
	const char *target = mnt_context_get_target(context);
	const char *operand = target ? target : source;
	struct libmnt_table *table;

	if ((source && target) || mnt_context_get_optsmode(context) & MNT_OMODE_NOTAB ||
		is_in_fstab(context, operand) || is_alone(context, operand) ||
		mnt_context_get_mtab(context, &table) != 0 ||
		lead_to_path(context, table, operand) ||
		!is_hidden(context, find_by_source(context, table, operand)))
		return 0;
	/* The same source may be visible higher in the stack. */
	if (stack_order_table(table) < 0 ||
		!is_hidden(context, find_by_source(context, table, operand)))
		return 0;
	return report_hidden(context, table, find_by_source(context, table, operand));
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/fstab.h"

struct libmnt_fs *fstab_entry(struct libmnt_context *context)
{
	struct libmnt_table *fstab;

	/* libmount has looked for it by its own rules, and taken options and paths over. */
	if (mnt_context_get_fstab(context, &fstab) != 0)
		return NULL;
	return mnt_table_find_pair(fstab, mnt_context_get_source(context),
		mnt_context_get_target(context), MNT_ITER_FORWARD);
}

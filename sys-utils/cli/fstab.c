/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/fstab.h"

#include <err.h>

#include "i18n.h"

struct libmnt_fs *fstab_entry(struct libmnt_context *context)
{
	struct libmnt_table *fstab;

	/* mnt_context_apply_fstab() has found the entry by libmount's own rules, and has copied its
	 * source and target into the context. So this search finds the same entry. */
	if (mnt_context_get_fstab(context, &fstab) != 0)
		return NULL;
	return mnt_table_find_pair(fstab, mnt_context_get_source(context),
		mnt_context_get_target(context), MNT_ITER_FORWARD);
}

int skip_bad_line(struct libmnt_table *table, const char *file, int line)
{
	(void)table;
	warnx(_("%s: parse error at line %d -- ignored"), file, line);
	return 1;
}

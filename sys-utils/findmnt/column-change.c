/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The columns about a change: one that --poll saw, or one that --propagation=receivers foretells.
 */
#include <libmount.h>

#include "findmnt/changes.h"
#include "findmnt/column-getters.h"
#include "findmnt/row.h"

char *column_get_action(const struct look *look, struct output_row *row)
{
	(void)look;
	return cell_copy(row->change ? change_name(row->change) : row->action);
}

char *column_get_old_target(const struct look *look, struct output_row *row)
{
	(void)look;
	return row->change & (CHANGE_UMOUNT | CHANGE_MOVE)
		       ? cell_copy(mnt_fs_get_target(row->old_fs))
		       : NULL;
}

char *column_get_old_options(const struct look *look, struct output_row *row)
{
	(void)look;
	return row->change & (CHANGE_UMOUNT | CHANGE_REMOUNT)
		       ? cell_copy(mnt_fs_get_options(row->old_fs))
		       : NULL;
}

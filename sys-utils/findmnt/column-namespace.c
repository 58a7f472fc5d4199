/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The columns about the mount namespace that a mount is in.
 */
#include "findmnt/column-getters.h"
#include "findmnt/row.h"
#include "namespaces.h"

char *column_get_namespace(const struct look *look, struct output_row *row)
{
	const struct mntns *mntns = row->mntns;

	(void)look;
	return mntns && mntns->inode ? cell_number((long long)mntns->inode) : NULL;
}

char *column_get_pid(const struct look *look, struct output_row *row)
{
	const struct mntns *mntns = row->mntns;

	(void)look;
	return mntns && mntns->pid ? cell_number(mntns->pid) : NULL;
}

char *column_get_command(const struct look *look, struct output_row *row)
{
	const struct mntns *mntns = row->mntns;

	(void)look;
	return mntns && mntns->pid ? cell_copy(mntns->command) : NULL;
}

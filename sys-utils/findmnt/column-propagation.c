/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The columns about propagation: which peer group a mount is a member of, which one it receives
 * from, and what a view says about that.
 */
#include <libmount.h>
#include <sys/mount.h>

#include "findmnt/column-getters.h"
#include "findmnt/request.h"
#include "findmnt/row.h"
#include "snapshot.h"

static int group_of_row(const struct output_row *row)
{
	return row->mount ? row->mount->group : row->group;
}

static int master_of_row(const struct output_row *row)
{
	return row->mount ? row->mount->master : row->master;
}

/* As mountinfo writes it, "shared:24 master:1"; where mountinfo writes nothing: "private". */
static char *propagation_with_ids(const struct mount *mount)
{
	char text[64] = "", *end = text;

	if (mount->group)
		end += snprintf(end, 20, " shared:%d", mount->group);
	if (mount->master)
		end += snprintf(end, 20, " master:%d", mount->master);
	if (mount->unbindable)
		snprintf(end, 20, " unbindable");
	return cell_copy(*text ? text + 1 : "private");
}

/* Of a row that stands for a peer group: what it is a slave of. */
static char *propagation_of_group(const struct output_row *row)
{
	char *text;

	return !row->master || asprintf(&text, "master:%d", row->master) < 0 ? NULL : text;
}

char *column_get_propagation(const struct look *look, struct output_row *row)
{
	unsigned long flags = 0;
	char *text;

	if (!row->fs)
		return propagation_of_group(row);
	if (look->group_ids && row->mount && mnt_fs_is_kernel(row->fs))
		return propagation_with_ids(row->mount);
	if (!mnt_fs_is_kernel(row->fs) || mnt_fs_get_propagation(row->fs, &flags) != 0)
		return NULL;
	return asprintf(&text, "%s%s%s", flags & MS_SHARED ? "shared" : "private",
		       flags & MS_SLAVE ? ",slave" : "",
		       flags & MS_UNBINDABLE ? ",unbindable" : "") < 0
		       ? NULL
		       : text;
}

char *column_get_optional_fields(const struct look *look, struct output_row *row)
{
	(void)look;
	return cell_copy(mnt_fs_get_optional_fields(row->fs));
}

char *column_get_group(const struct look *look, struct output_row *row)
{
	(void)look;
	return group_of_row(row) ? cell_number(group_of_row(row)) : NULL;
}

char *column_get_master(const struct look *look, struct output_row *row)
{
	(void)look;
	return master_of_row(row) ? cell_number(master_of_row(row)) : NULL;
}

char *column_get_role(const struct look *look, struct output_row *row)
{
	(void)look;
	return cell_copy(row->role);
}

char *column_get_way(const struct look *look, struct output_row *row)
{
	(void)look;
	return cell_copy(row->way);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The columns about propagation: which peer group a mount is a member of, and which one it receives
 * from.
 */
#include <libmount.h>
#include <sys/mount.h>

#include "findmnt/column-getters.h"
#include "findmnt/request.h"
#include "findmnt/row.h"
#include "snapshot.h"

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

char *column_get_propagation(const struct look *look, struct output_row *row)
{
	unsigned long flags = 0;
	char *text;

	if (row->propagation)
		return cell_copy(row->propagation);
	if (look->group_ids && row->mount)
		return propagation_with_ids(row->mount);
	if (!row->fs)
		return NULL;
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
	return row->mount && row->mount->group ? cell_number(row->mount->group) : NULL;
}

char *column_get_master(const struct look *look, struct output_row *row)
{
	(void)look;
	return row->mount && row->mount->master ? cell_number(row->mount->master) : NULL;
}

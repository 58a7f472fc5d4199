/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The columns about a mount itself: what the table says, and what lies beneath.
 */
#include <libmount.h>
#include <sys/sysmacros.h>

#include "findmnt/column-getters.h"
#include "findmnt/request.h"
#include "findmnt/row.h"
#include "snapshot.h"

char *column_get_target(const struct look *look, struct output_row *row)
{
	(void)look;
	return cell_copy(row->label ?: mnt_fs_get_target(row->fs));
}

/* The source as it is printed: with --evaluate the device in place of a tag. NULL: no device has
 * the tag. */
static const char *source_name(const struct look *look, struct libmnt_fs *fs)
{
	const char *source = mnt_fs_get_source(fs), *tag, *value;

	if (!source)
		return NULL;
	if (mnt_fs_get_tag(fs, &tag, &value) == 0)
		return look->evaluate ? mnt_resolve_tag(tag, value, look->cache) : source;
	return look->canonicalize ? mnt_resolve_path(source, look->cache) : source;
}

char *column_get_source(const struct look *look, struct output_row *row)
{
	const char *name = source_name(look, row->fs), *root = mnt_fs_get_root(row->fs);
	char *text;

	if (!name || look->no_fsroot || !root || strcmp(root, "/") == 0)
		return cell_copy(name);
	return asprintf(&text, "%s[%s]", name, root) < 0 ? NULL : text;
}

char *column_get_fsroot(const struct look *look, struct output_row *row)
{
	(void)look;
	return cell_copy(mnt_fs_get_root(row->fs));
}

char *column_get_fstype(const struct look *look, struct output_row *row)
{
	(void)look;
	return cell_copy(mnt_fs_get_fstype(row->fs));
}

char *column_get_options(const struct look *look, struct output_row *row)
{
	(void)look;
	return cell_copy(mnt_fs_get_options(row->fs));
}

char *column_get_vfs_options(const struct look *look, struct output_row *row)
{
	return look->vfs_all ? mnt_fs_get_vfs_options_all(row->fs)
			     : cell_copy(mnt_fs_get_vfs_options(row->fs));
}

char *column_get_fs_options(const struct look *look, struct output_row *row)
{
	(void)look;
	return cell_copy(mnt_fs_get_fs_options(row->fs));
}

char *column_get_id(const struct look *look, struct output_row *row)
{
	(void)look;
	return mnt_fs_is_kernel(row->fs) ? cell_number(mnt_fs_get_id(row->fs)) : NULL;
}

char *column_get_parent(const struct look *look, struct output_row *row)
{
	(void)look;
	return mnt_fs_is_kernel(row->fs) ? cell_number(mnt_fs_get_parent_id(row->fs)) : NULL;
}

char *column_get_unique_id(const struct look *look, struct output_row *row)
{
	(void)look;
	return row->mount && row->mount->id ? cell_number((long long)row->mount->id) : NULL;
}

char *column_get_device(const struct look *look, struct output_row *row)
{
	bool aligned = look->form == FORM_TABLE;
	dev_t device = mnt_fs_get_devno(row->fs);
	char *text;

	if (!device)
		return NULL;
	return asprintf(&text, aligned ? "%3u:%-3u" : "%u:%u", major(device), minor(device)) < 0
		       ? NULL
		       : text;
}

char *column_get_tid(const struct look *look, struct output_row *row)
{
	pid_t task = mnt_fs_get_tid(row->fs);

	(void)look;
	return task ? cell_number(task) : NULL;
}

char *column_get_freq(const struct look *look, struct output_row *row)
{
	(void)look;
	return mnt_fs_is_kernel(row->fs) ? NULL : cell_number(mnt_fs_get_freq(row->fs));
}

char *column_get_passno(const struct look *look, struct output_row *row)
{
	(void)look;
	return mnt_fs_is_kernel(row->fs) ? NULL : cell_number(mnt_fs_get_passno(row->fs));
}

char *column_get_tucked(const struct look *look, struct output_row *row)
{
	const struct mount *beneath = row->tucked;

	if (!beneath && row->mount && mount_is_cover(row->mount))
		beneath = row->mount->parent;
	return beneath && beneath->fs
		       ? column_get_source(look, &(struct output_row){.fs = beneath->fs})
		       : NULL;
}

char *column_get_depth(const struct look *look, struct output_row *row)
{
	const struct mount *mount = row->mount;
	long long depth = 0;

	(void)look;
	while (mount && mount_is_cover(mount)) {
		mount = mount->parent;
		depth++;
	}
	return row->mount ? cell_number(depth) : NULL;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The columns about the device: its labels and UUIDs, and which other devices have the same
 * filesystem on them.
 */
#include <blkid/blkid.h>
#include <libmount.h>
#include <stdlib.h>
#include <string.h>

#include "cli/loop-device.h"
#include "findmnt/column-getters.h"
#include "findmnt/request.h"
#include "findmnt/row.h"
#include "util.h"

static char *tag_of_source(const struct look *look, struct output_row *row, const char *name)
{
	const char *tag, *value, *device;

	if (mnt_fs_get_tag(row->fs, &tag, &value) == 0 && strcmp(tag, name) == 0)
		return cell_copy(value);
	device = mnt_fs_get_srcpath(row->fs);
	if (!device && look->cache)
		device = mnt_resolve_spec(mnt_fs_get_source(row->fs) ?: "", look->cache);
	if (!device || !look->cache)
		return NULL;
	return cell_copy(mnt_cache_find_tag_value(look->cache, device, name));
}

/* Every device that libblkid knows to have @tag=@value, a line each; NULL: none. */
static char *devices_with_tag(const char *tag, const char *value)
{
	_cleanup_free_ char *list = NULL;
	blkid_dev_iterate iterator;
	blkid_cache cache;
	blkid_dev device;

	if (blkid_get_cache(&cache, NULL) < 0)
		return NULL;
	blkid_probe_all(cache);
	iterator = blkid_dev_iterate_begin(cache);
	blkid_dev_set_search(iterator, tag, value);
	while (blkid_dev_next(iterator, &device) == 0) {
		char *longer;

		device = blkid_verify(cache, device);
		if (!device || asprintf(&longer, "%s%s%s", list ?: "", list ? "\n" : "",
				       blkid_dev_devname(device)) < 0)
			continue;
		free(list);
		list = longer;
	}
	blkid_dev_iterate_end(iterator);
	blkid_put_cache(cache);
	return steal_pointer(&list);
}

char *column_get_sources(const struct look *look, struct output_row *row)
{
	_cleanup_free_ char *uuid = NULL;
	const char *tag, *value;
	char *devices = NULL;

	if (mnt_fs_get_tag(row->fs, &tag, &value) == 0) {
		devices = look->evaluate ? devices_with_tag(tag, value) : NULL;
	} else {
		uuid = tag_of_source(look, row, "UUID");
		devices = uuid ? devices_with_tag("UUID", uuid) : NULL;
	}
	return devices ?: column_get_source(look, row);
}

char *column_get_label(const struct look *look, struct output_row *row)
{
	return tag_of_source(look, row, "LABEL");
}

char *column_get_uuid(const struct look *look, struct output_row *row)
{
	return tag_of_source(look, row, "UUID");
}

char *column_get_partlabel(const struct look *look, struct output_row *row)
{
	return tag_of_source(look, row, "PARTLABEL");
}

char *column_get_partuuid(const struct look *look, struct output_row *row)
{
	return tag_of_source(look, row, "PARTUUID");
}

char *column_get_backing(const struct look *look, struct output_row *row)
{
	(void)look;
	return loop_device_image(mnt_fs_get_devno(row->fs));
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * findmnt-devices: the columns that come from what is on a device: its labels and UUIDs, and which
 * other devices have the same.
 */
#include <blkid/blkid.h>
#include <stdlib.h>
#include <string.h>

#include "findmnt/columns.h"
#include "findmnt/findmnt.h"
#include "util.h"

static char *copy_text(const char *text)
{
	return text ? strdup(text) : NULL;
}

static char *tag_of_source(const struct findmnt *findmnt, struct row *row, const char *name)
{
	const char *tag, *value, *device;

	if (mnt_fs_get_tag(row->fs, &tag, &value) == 0 && strcmp(tag, name) == 0)
		return copy_text(value);
	device = mnt_fs_get_srcpath(row->fs);
	if (!device && findmnt->cache)
		device = mnt_resolve_spec(mnt_fs_get_source(row->fs) ?: "", findmnt->cache);
	if (!device || !findmnt->cache)
		return NULL;
	return copy_text(mnt_cache_find_tag_value(findmnt->cache, device, name));
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

char *column_get_sources(const struct findmnt *findmnt, struct row *row)
{
	_cleanup_free_ char *uuid = NULL;
	const char *tag, *value;
	char *devices = NULL;

	if (mnt_fs_get_tag(row->fs, &tag, &value) == 0) {
		devices = findmnt->evaluate ? devices_with_tag(tag, value) : NULL;
	} else {
		uuid = tag_of_source(findmnt, row, "UUID");
		devices = uuid ? devices_with_tag("UUID", uuid) : NULL;
	}
	return devices ?: column_get_source(findmnt, row);
}

char *column_get_label(const struct findmnt *findmnt, struct row *row)
{
	return tag_of_source(findmnt, row, "LABEL");
}

char *column_get_uuid(const struct findmnt *findmnt, struct row *row)
{
	return tag_of_source(findmnt, row, "UUID");
}

char *column_get_partlabel(const struct findmnt *findmnt, struct row *row)
{
	return tag_of_source(findmnt, row, "PARTLABEL");
}

char *column_get_partuuid(const struct findmnt *findmnt, struct row *row)
{
	return tag_of_source(findmnt, row, "PARTUUID");
}

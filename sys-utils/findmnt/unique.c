/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "findmnt/unique.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "findmnt/tables.h"
#include "namespaces.h"
#include "snapshot.h"
#include "util.h"

/* Mounts of one path in the order of the table. */
static int compare_targets(const void *a, const void *b)
{
	struct mount *one = *(struct mount *const *)a, *other = *(struct mount *const *)b;
	int order = strcmp(mount_target(one), mount_target(other));

	return order ?: (one < other ? -1 : one > other);
}

static int drop_repeated(struct snapshot *snapshot)
{
	size_t size = snapshot_size(snapshot);
	_cleanup_free_ struct mount **sorted = calloc(size + 1, sizeof(*sorted));
	struct mount *mount;

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < size; i++)
		sorted[i] = snapshot_mount(snapshot, i);
	qsort(sorted, size, sizeof(*sorted), compare_targets);
	for (size_t i = 1; i < size; i++)
		sorted[i - 1]->is_dropped =
			strcmp(mount_target(sorted[i - 1]), mount_target(sorted[i])) == 0;
	snapshot_for_each (mount, snapshot)
		while (mount->parent && mount->parent->is_dropped)
			mount->parent = mount->parent->parent;
	return snapshot_sort_children(snapshot);
}

void unique_drop_repeated(struct tables *tables)
{
	for (size_t i = 0; i < tables->count; i++)
		if (drop_repeated(tables->list[i]->snapshot) < 0)
			err(EXIT_FAILURE, NULL);
}

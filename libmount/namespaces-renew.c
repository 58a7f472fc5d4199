/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "namespaces-renew.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "namespaces-change.h"
#include "namespaces.h"
#include "snapshot-renew.h"
#include "snapshot.h"
#include "util.h"

bool namespaces_are_plain(const struct namespaces *namespaces)
{
	for (size_t i = 0; i < namespaces->count; i++) {
		const struct mntns *mntns = &namespaces->list[i];

		if (!mntns->id || !mntns->newest || mntns->is_watched || !mntns->mounts ||
			!mntns->snapshot || !snapshot_is_plain(mntns->snapshot))
			return false;
	}
	return !namespaces->is_full && !namespaces->own_root;
}

static int copy_processes(const struct processes *processes, struct processes *ret)
{
	struct process *list = calloc(processes->count + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	if (processes->count)
		memcpy(list, processes->list, processes->count * sizeof(*list));
	*ret = *processes;
	ret->list = list;
	return 0;
}

int namespaces_copy(const struct namespaces *namespaces, struct namespaces **ret)
{
	_cleanup_(cleanup_namespaces) struct namespaces *copy = calloc(1, sizeof(*copy));
	int r = 0;

	if (!copy)
		return -ENOMEM;
	*copy = *namespaces;
	copy->text = (struct table_text){0};
	copy->own_root = NULL;
	copy->processes.list = NULL;
	copy->count = 0;
	copy->list = calloc(namespaces->count + 1, sizeof(*copy->list));
	if (!copy->list || copy_processes(&namespaces->processes, &copy->processes) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < namespaces->count && r == 0; i++) {
		copy->list[i] = namespaces->list[i];
		copy->list[i].snapshot = NULL;
		copy->count++;
		r = snapshot_copy(namespaces->list[i].snapshot, &copy->list[i].snapshot);
	}
	if (r == 0)
		*ret = steal_pointer(&copy);
	return r;
}

/* Read one again, all of it. */
static int read_whole(struct namespaces *namespaces, struct mntns *mntns)
{
	mntns->mounts = mntns->counted;
	namespaces_read_again(namespaces, mntns);
	return mntns->snapshot ? 0 : mntns->error ?: -ENODATA;
}

/* If as many mounts came as the kernel counts more, none has gone. */
static int renew_one(struct namespaces *namespaces, struct mntns *mntns)
{
	_cleanup_free_ uint64_t *ids = NULL;
	size_t count = 0;
	int r = kernel_listmount_after(mntns->id, mntns->newest, &ids, &count);

	if (r < 0)
		return r;
	if (mntns->counted != mntns->mounts + count)
		return read_whole(namespaces, mntns);
	if (count == 0)
		return 0;
	r = snapshot_renew(&mntns->snapshot, ids, count);
	if (r == -ENOENT) /* one of them has gone by now */
		return read_whole(namespaces, mntns);
	mntns->mounts = mntns->counted;
	mntns->newest = ids[count - 1];
	return r;
}

/* A process may have ended, or be in another namespace now. */
static void forget_processes(struct namespaces *namespaces)
{
	namespaces->processes.are_known = false;
	for (size_t i = 0; i < namespaces->count; i++) {
		namespaces->list[i].pid = 0;
		*namespaces->list[i].command = '\0';
	}
}

/* The first is the caller's own. */
static void drop_uncounted(struct namespaces *namespaces)
{
	size_t kept = 1;

	for (size_t i = 1; i < namespaces->count; i++)
		if (namespaces->list[i].counted)
			namespaces->list[kept++] = namespaces->list[i];
		else
			snapshot_free(namespaces->list[i].snapshot);
	namespaces->count = kept;
}

int namespaces_renew(struct namespaces *namespaces, bool own_changed)
{
	int has_new, r = 0;

	forget_processes(namespaces);
	if (namespaces->walk_error)
		namespaces_find_processes(namespaces);
	has_new = namespaces_count(namespaces);
	if (has_new < 0)
		return has_new;
	drop_uncounted(namespaces);
	for (size_t i = 0; i < namespaces->count && r == 0; i++)
		r = i == 0 && own_changed ? read_whole(namespaces, &namespaces->list[i])
					  : renew_one(namespaces, &namespaces->list[i]);
	return r == 0 && (has_new || namespaces->walk_error) ? namespaces_add_new(namespaces) : r;
}

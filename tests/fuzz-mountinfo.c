/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-mountinfo: any text as a mountinfo file, through libmount's parser into a snapshot, and
 * every walk that findmnt and mount --tuck make over one. For libFuzzer; tests/fuzz builds and runs
 * it.
 *
 * What must hold of any table: each mount is reached once from the tops, by children and siblings;
 * the way up ends; an index finds what was put into it.
 */
#include <libmount.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "namespaces.h"
#include "propagation.h"
#include "snapshot.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static struct mount *next_in_tree(struct mount *mount, const struct mount *top)
{
	if (mount->first_child)
		return mount->first_child;
	while (mount != top && !mount->next_sibling)
		mount = mount->parent;
	return mount == top ? NULL : mount->next_sibling;
}

static void walk_trees(struct snapshot *snapshot)
{
	struct mount *top, *mount;
	size_t reached = 0;

	snapshot_for_each (top, snapshot)
		for (mount = top->parent ? NULL : top; mount; mount = next_in_tree(mount, top))
			reached++;
	must(reached == snapshot_size(snapshot));
}

static void walk_groups(struct snapshot *snapshot)
{
	struct mntns mntns = {.snapshot = snapshot};
	struct namespaces namespaces = {.list = &mntns, .count = 1};
	struct mount *mount, *other;

	snapshot_for_each (mount, snapshot) {
		_cleanup_free_ struct mount **receivers = NULL;
		size_t count = 0, up = 0;

		must(snapshot_find(snapshot, mount->short_id) != NULL);
		for (other = mount; other; other = other->parent)
			must(up++ < snapshot_size(snapshot));
		mount_cover(mount);
		must(propagation_receivers(&namespaces, mount, &receivers, &count) == 0);
		/* A made-up table may have a group as its own master. */
		must(count <= 2 * snapshot_size(snapshot));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	_cleanup_fclose_ FILE *text = NULL;

	if (!size)
		return 0;
	text = fmemopen((void *)data, size, "r");
	if (!text || snapshot_parse(text, "mountinfo", &snapshot) < 0)
		return 0;
	walk_trees(snapshot);
	walk_groups(snapshot);
	must(snapshot_sort_children(snapshot) == 0);
	walk_trees(snapshot);
	return 0;
}

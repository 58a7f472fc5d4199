/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <sys/sysmacros.h>

#include "fuzz.h"
#include "namespaces.h"
#include "plan-mount.h"
#include "plan-unmount.h"
#include "plan.h"
#include "propagation.h"
#include "snapshot.h"
#include "util.h"

void must(bool holds)
{
	if (!holds)
		abort();
}

static void walk_trees(struct snapshot *snapshot)
{
	const struct mount *mount;
	struct mount *top;
	size_t reached = 0;

	snapshot_for_each (top, snapshot)
		for (mount = top->parent ? NULL : top; mount; mount = mount_next_below(top, mount))
			must(++reached <= snapshot_size(snapshot));
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

		for (other = mount; other; other = other->parent)
			must(up++ < snapshot_size(snapshot));
		mount_cover(mount);
		must(propagation_receivers(&namespaces, mount, &receivers, &count) == 0);
		/* A made-up table may have a group as its own master. */
		must(count <= 2 * snapshot_size(snapshot));
	}
}

void fuzz_walk(struct snapshot *snapshot)
{
	struct mount *mount;

	snapshot_for_each (mount, snapshot)
		must(snapshot_find(snapshot, mount->short_id) != NULL);
	walk_trees(snapshot);
	walk_groups(snapshot);
	must(snapshot_sort_children(snapshot) == 0);
	walk_trees(snapshot);
}

void fuzz_play(struct snapshot *snapshot, size_t pick)
{
	const struct plan_source source = {.device = makedev(0, 99), .root = "/"};
	struct mntns mntns = {.snapshot = snapshot};
	struct namespaces namespaces = {.list = &mntns, .count = 1};
	struct plan plan = {.namespaces = &namespaces};
	size_t size = snapshot_size(snapshot);
	struct mount *top = size ? snapshot_mount(snapshot, pick % size) : NULL;

	if (!top || !top->parent)
		return;
	if (plan_tuck(&plan, top, &source) == 0) {
		must(plan.count > 0);
		walk_trees(snapshot);
		plan_clear(&plan);
		if (plan_unmount(&plan, top) == 0)
			must(top->is_gone || plan.changes[0].stays);
		walk_trees(snapshot);
		walk_groups(snapshot);
	} else {
		/* A refusal. */
		must(snapshot_size(snapshot) == size);
		walk_trees(snapshot);
	}
	plan_clear(&plan);
}

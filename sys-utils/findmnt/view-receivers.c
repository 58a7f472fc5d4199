/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * findmnt-receivers: --propagation=receivers, every place that a mount at TARGET would come to.
 *
 * The mount would be made on some mount, at a place of that mount's filesystem. Whoever receives
 *from that mount and shows the place gets a copy there: beneath what is mounted at it already
 *(ACTION tuck), or simply on it (ACTION mount).
 *
 *	TARGET is a mount's root, to be tucked at:   on its parent, at the mount point
 *	to be mounted on, or any other directory:    on the mount that it is of, at the directory
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "findmnt/findmnt.h"
#include "i18n.h"
#include "kernel.h"
#include "namespaces.h"
#include "plan-mount.h"
#include "plan.h"
#include "snapshot.h"
#include "util.h"

/* The top mount at @path in the caller's namespace, or the mount that the path is on. */
static struct mount *find_mount(const struct findmnt *findmnt, const char *path, bool *is_root)
{
	struct snapshot *snapshot = findmnt->namespaces->list[0].snapshot;
	struct mount_identity identity;
	struct mount *mount;
	int r = kernel_identify(AT_FDCWD, path, 0, &identity);

	if (r < 0 || !snapshot) {
		errno = -r;
		err(EXIT_FAILURE, "%s", path);
	}
	mount = snapshot_find(snapshot, identity.short_id);
	if (!mount)
		errx(EXIT_FAILURE, _("%s: its mount is not in the table that was read"), path);
	*is_root = identity.is_root;
	return mount;
}

static size_t add_place(
	const struct findmnt *findmnt, struct output *output, const struct plan_change *place)
{
	struct mount *shown = place->other ?: place->on;
	struct row row = {
		.fs = shown->fs,
		.mount = shown,
		.label = mount_target(place->mount),
		.action = place->other ? "tuck" : "mount",
		.mntns = findmnt_namespace_of(findmnt, place->on),
	};

	if (!row.label)
		return 0;
	output_add(output, NULL, &row);
	return 1;
}

size_t findmnt_add_receivers(
	const struct findmnt *findmnt, const char *target, struct output *output)
{
	/* What it shows decides nothing; only where it comes to lie does. */
	const struct plan_source source = {.root = "/"};
	struct plan plan = {.namespaces = findmnt->namespaces};
	_cleanup_free_ char *path = realpath(target, NULL);
	struct mount *mount;
	size_t added = 0;
	bool is_root;
	int r;

	if (!path)
		err(EXIT_FAILURE, "%s", target);
	mount = find_mount(findmnt, path, &is_root);
	if (is_root && !findmnt->receivers_of_mount) {
		mount = mount->parent;
		/* Mounts that are stacked have their place at the root of each other. */
		if (!mount)
			errx(EXIT_FAILURE,
				_("%s: nothing can be tucked at the root of the namespace"),
				target);
	}
	r = plan_mount(&plan, mount, path, &source);
	if (r < 0)
		errx(EXIT_FAILURE, _("%s: where it would come to can't be known: %s"), target,
			strerror(-r));
	for (size_t i = 0; i < plan.count; i++)
		added += add_place(findmnt, output, &plan.changes[i]);
	plan_clear(&plan);
	return added;
}

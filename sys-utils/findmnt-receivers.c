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

#include "findmnt.h"
#include "kernel.h"
#include "namespaces.h"
#include "propagation.h"
#include "snapshot.h"
#include "util.h"

/* @path below the directory @top, "" for itself; both without a slash at the end but for "/". */
static const char *below(const char *path, const char *top)
{
	return strcmp(top, "/") == 0 ? (path[1] ? path : "") : path + strlen(top);
}

/* @top with @rest behind it, which is "" or begins with a slash. */
static char *join(const char *top, const char *rest)
{
	char *path;

	if (!*rest)
		return strdup(top);
	return asprintf(&path, "%s%s", strcmp(top, "/") == 0 ? "" : top, rest) < 0 ? NULL : path;
}

/* What is mounted at @path on @mount; of several, the first, which the others are on. */
static struct mount *child_at(struct mount *mount, const char *path)
{
	struct mount *child = mount->first_child;

	while (child && strcmp(mount_target(child) ?: "", path) != 0)
		child = child->next_sibling;
	return child;
}

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
		errx(EXIT_FAILURE, "%s: its mount is not in the table that was read", path);
	*is_root = identity.is_root;
	return mount;
}

static size_t add_place(const struct findmnt *findmnt, struct output *output, struct mount *on,
	const struct place *place)
{
	const char *target = mount_target(on);
	_cleanup_free_ char *path = NULL;
	struct mount *there;
	struct row row;

	if (!place_shows(place, on) || !target)
		return 0;
	path = join(target, below(place->path, mount_root(on)));
	if (!path)
		err(EXIT_FAILURE, NULL);
	there = child_at(on, path);
	row = (struct row){
		.fs = there ? there->fs : on->fs,
		.mount = there ?: on,
		.label = path,
		.action = there ? "tuck" : "mount",
		.mntns = findmnt_namespace_of(findmnt, on),
	};
	return output_add(output, NULL, &row) != NULL;
}

size_t findmnt_add_receivers(
	const struct findmnt *findmnt, const char *target, struct output *output)
{
	_cleanup_free_ char *path = realpath(target, NULL);
	_cleanup_free_ struct mount **receivers = NULL;
	struct place place;
	struct mount *mount;
	size_t count, added;
	bool is_root;

	if (!path)
		err(EXIT_FAILURE, "%s", target);
	mount = find_mount(findmnt, path, &is_root);
	if (is_root && !findmnt->receivers_of_mount) {
		mount = mount->parent;
		/* Mounts that are stacked have their place at the root of each other. */
		if (!mount)
			errx(EXIT_FAILURE, "%s: nothing can be tucked at the root of the namespace",
				target);
	}
	place = (struct place){
		.device = mount_device(mount),
		.path = join(mount_root(mount), below(path, mount_target(mount))),
	};
	if (!place.path ||
		propagation_receivers(findmnt->namespaces, mount, &receivers, &count) < 0)
		err(EXIT_FAILURE, NULL);
	added = add_place(findmnt, output, mount, &place);
	for (size_t i = 0; i < count; i++)
		added += add_place(findmnt, output, receivers[i], &place);
	free(place.path);
	return added;
}

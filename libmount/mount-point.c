/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mount-point.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "path.h"
#include "snapshot.h"
#include "util.h"

int mount_point_shown(const struct mount_point *point, struct mount *mount)
{
	const char *root = mount_root(mount), *rest;

	if (!root || !point->path || mount_device(mount) != point->device)
		return 0;
	rest = path_below(point->path, root);
	if (!rest)
		return 0;
	return *rest ? 1 : 2;
}

static int found_or_no_memory(const char *path)
{
	return path ? 0 : -ENOMEM;
}

int mount_point_to_filesystem(
	struct mount *mount, const char *path, const char *own_root, char **ret)
{
	const char *target = mount_target(mount), *root = mount_root(mount), *rest;

	if (!path || !root || (!target && !own_root))
		return -ENODATA;
	if (target) {
		rest = path_below(path, target);
		if (!rest)
			return -ENODATA;
		*ret = path_join(root, rest);
	} else {
		*ret = path_join(own_root, strcmp(path, "/") == 0 ? "" : path);
	}
	return found_or_no_memory(*ret);
}

int mount_point_to_namespace(
	struct mount *mount, const char *path, const char *own_root, char **ret)
{
	const char *target = mount_target(mount), *root = mount_root(mount), *rest;

	if (target && root) {
		rest = path_below(path, root);
		if (!rest)
			return -ENODATA;
		*ret = path_join(target, rest);
	} else {
		rest = own_root ? path_below(path, own_root) : NULL;
		if (!rest)
			return -ENODATA;
		*ret = strdup(*rest ? rest : "/");
	}
	return found_or_no_memory(*ret);
}

/* The child of @mount at @path in its namespace, among those of the filesystem @device, or with
 * @others among all others. */
static struct mount *child_at(struct mount *mount, const char *path, dev_t device, bool others)
{
	for (struct mount *child = mount->first_child; child; child = child->next_sibling)
		if ((mount_device(child) != device) == others && mount_target(child) &&
			strcmp(mount_target(child), path) == 0)
			return child;
	return NULL;
}

int mount_point_child(struct mount *mount, const char *path, const char *own_root,
	struct mount *like, struct mount **child)
{
	dev_t device = like ? mount_device(like) : 0;

	_cleanup_free_ char *where = NULL;
	int r;

	*child = NULL;
	if (!mount->first_child)
		return 0;
	r = mount_point_to_namespace(mount, path, own_root, &where);
	if (r < 0)
		return r == -ENODATA ? 0 : r;
	*child = child_at(mount, where, device, /* others= */ false)
			 ?: child_at(mount, where, device, /* others= */ true);
	return 0;
}

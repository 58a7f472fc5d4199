/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "own-view.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel.h"
#include "namespaces.h"
#include "path.h"
#include "probe.h"
#include "snapshot-change.h"
#include "snapshot-read.h"
#include "snapshot.h"
#include "util.h"

/* ---- whether something is hidden ---- */

/* One mount may be missing, which no path leads to: the lowest, which the initramfs was unpacked
 * to. Where the kernel does not count a namespace's mounts (before Linux 6.12), nothing is known.
 */
static bool may_be_hidden(const struct mntns *own)
{
	struct mount_identity root;

	return kernel_identify(AT_FDCWD, "/", 0, &root) < 0 || !root.is_root || !own->mounts ||
	       snapshot_size(own->snapshot) + 1 < own->mounts;
}

/* ---- mounts that no path leads to ---- */

/* A mount at the root of the namespace that lies beneath others, or on such a mount. The kernel
 * tells no path of it. */
static int add_hidden(struct snapshot *snapshot, struct mount *known)
{
	struct mount *mount = snapshot_add(snapshot, mount_device(known), mount_root(known), NULL);

	if (!mount)
		return -ENOMEM;
	mount_set_ids(mount, known->id, known->short_id);
	mount->short_parent_id = known->short_parent_id;
	mount->unbindable = known->unbindable;
	mount_set_groups(mount, known->group, known->master);
	return 0;
}

/* Find the parents of mounts that were added, and of those that lie on them. */
static void link_hidden(struct snapshot *snapshot)
{
	struct mount *mount, *parent;

	snapshot_for_each (mount, snapshot) {
		if (mount->parent || mount->short_id == mount->short_parent_id)
			continue;
		parent = snapshot_find(snapshot, mount->short_parent_id);
		if (parent)
			mount_reparent(mount, parent);
	}
}

/* Take the targets from @paths, which has one after the other, in the order of @mounts. */
static int take_targets(struct mount **mounts, size_t count, const char *paths, size_t size)
{
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		size_t length = strnlen(paths, size);

		/* The first is the mount that shows at the root. If the paths begin elsewhere, they
		 * are of no use. */
		if (length == size || (i == 0 && strcmp(paths, "/") != 0))
			return -ENODATA;
		if (i > 0 && length)
			r = mount_set_target(mounts[i], paths);
		paths += length + 1;
		size -= length + 1;
	}
	return r;
}

static int read_answer(int fd, char **text, size_t *size)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	*size = (size_t)st.st_size;
	*text = malloc(*size + 1);
	if (!*text)
		return -ENOMEM;
	return pread(fd, *text, *size, 0) == st.st_size ? 0 : -EIO;
}

/* Ask for the targets of @mounts, the first of which has one. */
static int ask_targets(uint64_t namespace_id, struct mount **mounts, uint64_t *ids, size_t count)
{
	_cleanup_close_ int fd = memfd_create("mount-points", MFD_CLOEXEC);
	_cleanup_free_ char *paths = NULL;
	size_t size = 0;
	int r = fd < 0 ? -errno : 0;

	for (size_t i = 0; i < count; i++)
		ids[i] = mounts[i]->id;
	r = r < 0 ? r : probe_mount_points(namespace_id, ids, count, fd);
	r = r < 0 ? r : read_answer(fd, &paths, &size);
	return r < 0 ? r : take_targets(mounts, count, paths, size);
}

/* Where the mounts that were added lie. Before Linux 6.11 that can't be known, and is not said. */
static int find_targets(struct snapshot *snapshot, uint64_t namespace_id, size_t added)
{
	_cleanup_free_ struct mount **mounts = calloc(added + 1, sizeof(struct mount *));
	_cleanup_free_ uint64_t *ids = calloc(added + 1, sizeof(*ids));
	struct mount *mount;
	size_t count = 1;
	int r;

	if (!mounts || !ids)
		return -ENOMEM;
	mounts[0] = snapshot_root(snapshot);
	snapshot_for_each (mount, snapshot)
		if (!mount_target(mount) && count <= added)
			mounts[count++] = mount;
	r = namespace_id && mounts[0] ? ask_targets(namespace_id, mounts, ids, count) : -ENODATA;
	return r;
}

/* Complete @snapshot, which was read by paths, by what listmount lists below the lowest mount. */
static int add_unreachable(struct snapshot *snapshot, uint64_t namespace_id, int *unknown)
{
	_cleanup_(cleanup_snapshot) struct snapshot *all = NULL;
	struct mount *known, *mount;
	int r = snapshot_read_below_root(&all);
	size_t added = 0;

	/* Without statmount there is nothing to complete it by. */
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	snapshot_for_each (known, all) {
		mount = snapshot_find(snapshot, known->short_id);
		if (mount) {
			mount->id = known->id;
			continue;
		}
		if (add_hidden(snapshot, known) < 0)
			return -ENOMEM;
		added++;
	}
	link_hidden(snapshot);
	/* The lowest mount alone has nothing in it that a path could lead to. */
	if (added > 1)
		*unknown = find_targets(snapshot, namespace_id, added);
	return *unknown == -ENOMEM ? -ENOMEM : snapshot_error(all);
}

/* ---- all of it ---- */

/* @unknown: why it is not known where some of the mounts are, or 0. */
static int widen(struct namespaces *namespaces, int *unknown)
{
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	_cleanup_close_ int own = kernel_open_own_namespace();
	_cleanup_free_ char *root = NULL;
	int r = own < 0 ? own : probe_root_in_namespace(&root);

	if (r == 0)
		r = namespace_read_from_root(own, &namespaces->text, &snapshot);
	if (r == 0)
		r = add_unreachable(snapshot, namespaces->list[0].id, unknown);
	if (r < 0)
		return r;
	snapshot_free(namespaces->list[0].snapshot);
	namespaces->list[0].snapshot = steal_pointer(&snapshot);
	free(namespaces->own_root);
	namespaces->own_root = steal_pointer(&root);
	return 0;
}

int own_view_widen(struct namespaces *namespaces)
{
	int r = 0, unknown = 0;

	if (!namespaces->list[0].snapshot)
		return 0;
	if (may_be_hidden(&namespaces->list[0]))
		r = widen(namespaces, &unknown);
	namespaces->own_error = r < 0 ? r : unknown;
	namespaces->list[0].is_partial = namespaces->own_error;
	return r == -ENOMEM ? r : 0;
}

/* ---- paths ---- */

static bool is_at_root(const struct namespaces *namespaces)
{
	return !namespaces->own_root || strcmp(namespaces->own_root, "/") == 0;
}

char *own_view_path(const struct namespaces *namespaces, const char *path)
{
	return is_at_root(namespaces)
		       ? strdup(path)
		       : path_join(namespaces->own_root, strcmp(path, "/") == 0 ? "" : path);
}

const char *own_view_target(const struct namespaces *namespaces, struct mount *mount)
{
	const char *target = mount_target(mount), *below;

	if (!target || is_at_root(namespaces) || mount->snapshot != namespaces->list[0].snapshot)
		return target;
	below = path_below(target, namespaces->own_root);
	return below && !*below ? "/" : below;
}

bool own_view_hides(const struct namespaces *namespaces, struct mount *mount)
{
	return mount_target(mount) && !own_view_target(namespaces, mount);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * find: where mounts are now, as questions of the public API: the stack at the target, and every
 * place where the old version or the new one is mounted. Two mounts are of one version if they show
 * the same directory of the same filesystem.
 */
#include <errno.h>
#include <stdlib.h>

#include "enter.h"
#include "libmnttuck.h"
#include "namespaces.h"
#include "operation.h"
#include "plan.h"
#include "snapshot.h"
#include "util.h"

static int add_found(struct mnttuck *tuck, const struct namespaces *namespaces,
	const struct mntns *mntns, struct mount *mount, bool visible)
{
	struct places *places = &tuck->places;
	int r = places_add_mount(places, MNTTUCK_FOUND, namespaces, mntns, mount);

	if (r == 0)
		places->list[places->count - 1].numbers[MNTTUCK_IS_VISIBLE] = visible;
	return r;
}

static int find_stack(struct mnttuck *tuck, struct namespaces *namespaces)
{
	const struct mntns *own = &namespaces->list[0];
	struct mount *mount =
		own->snapshot ? snapshot_find(own->snapshot, operand_short_id(&tuck->wish.target))
			      : NULL;
	int r = 0;

	if (!mount)
		return own->error ?: -ENOENT;
	while (mount_is_cover(mount))
		mount = mount->parent;
	for (; mount && r == 0; mount = mount_cover(mount))
		r = add_found(tuck, namespaces, own, mount, !mount_cover(mount));
	return r;
}

/* Add every mount that shows @root of @device. */
static int find_version(
	struct mnttuck *tuck, struct namespaces *namespaces, dev_t device, const char *root)
{
	int r = 0;

	for (size_t i = 0; i < namespaces->count && r == 0; i++) {
		const struct mntns *mntns = &namespaces->list[i];
		struct mount *mount;

		if (!mntns->snapshot)
			continue;
		snapshot_for_each (mount, mntns->snapshot) {
			if (!mount_shows(mount, device, root))
				continue;
			r = add_found(tuck, namespaces, mntns, mount, plan_in_sight(mount));
			if (r < 0)
				break;
		}
	}
	r = r < 0 ? r : namespaces_error(namespaces);
	return r < 0 ? r : places_add_unseen(&tuck->places, namespaces, /* error= */ 0);
}

/* Where the version of the mount @identity is. */
static int find_version_of(
	struct mnttuck *tuck, struct namespaces *namespaces, const struct mount_identity *identity)
{
	struct located located = {0};
	int r = located_read(&located, identity);

	if (r == 0 && !mount_root(located.mount))
		r = -ENODATA;
	if (r == 0)
		r = find_version(
			tuck, namespaces, mount_device(located.mount), mount_root(located.mount));
	located_free(&located);
	return r;
}

static int find(struct mnttuck *tuck, void *argument)
{
	_cleanup_(cleanup_namespaces) struct namespaces *namespaces = NULL;
	const struct progress *progress = &tuck->progress;
	int r = namespaces_read_named(&namespaces);

	places_clear(&tuck->places);
	if (!namespaces)
		return r;
	switch (*(enum mnttuck_find *)argument) {
	case MNTTUCK_STACK:
		r = find_stack(tuck, namespaces);
		break;
	case MNTTUCK_OLD:
		r = progress->old_root
			    ? find_version(
				      tuck, namespaces, progress->old_device, progress->old_root)
			    : find_version_of(tuck, namespaces, &tuck->wish.target.identity);
		break;
	case MNTTUCK_NEW:
		r = progress->is_attached ? find_version_of(tuck, namespaces, &progress->attached)
					  : -ENOENT;
		break;
	default:
		r = -EINVAL;
	}
	if (r < 0)
		places_clear(&tuck->places);
	return r;
}

int mnttuck_find(struct mnttuck *tuck, enum mnttuck_find what)
{
	KEEP_ERRNO;

	return tuck->wish.target.path ? enter_and_run(tuck->wish.namespace_fd, find, tuck, &what)
				      : -EINVAL;
}

static int start_watch_of(struct mnttuck *tuck, void *unused)
{
	(void)unused;
	return await_start(&tuck->watch);
}

int mnttuck_watch(struct mnttuck *tuck)
{
	KEEP_ERRNO;

	return enter_and_run(tuck->wish.namespace_fd, start_watch_of, tuck, NULL);
}

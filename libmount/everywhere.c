/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * everywhere: puts the new version in place of the old one wherever that shows besides the target:
 * in containers that have bound it, in services that mounts of their own keep on the old version,
 * and in namespaces that receive nothing.
 *
 * A place is a mount that a path lookup ends in and that shows the old version. In each a tuck and
 * a reveal of its own are done, by the same functions and rules as at the target, in the namespace
 * of the place. The path to it is in the hands of a container, so a child with a time limit opens
 * it.
 *
 * Most places are done before the reveal at the target: if the process is killed meanwhile, the
 * target still shows the old version, and the same command does the rest. The places that receive
 * from the target follow by the reveal. After it the places are done that still show the old
 * version, also those that have come since.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "enter.h"
#include "i18n.h"
#include "libmnttuck.h"
#include "namespaces.h"
#include "operation.h"
#include "origins.h"
#include "plan.h"
#include "replacement.h"
#include "snapshot.h"
#include "util.h"

/* A place that has been tried. */
struct attempt {
	ino_t namespace;
	int short_id;
	char *reason; /* why it could not be replaced; NULL: it was */
};

struct everywhere {
	struct replacement common;
	struct attempt *attempts;
	size_t count;
};

static void everywhere_clear(struct everywhere *everywhere)
{
	for (size_t i = 0; i < everywhere->count; i++)
		free(everywhere->attempts[i].reason);
	free(everywhere->attempts);
	namespaces_free(everywhere->common.namespaces);
	if (everywhere->common.new_fd >= 0)
		close(everywhere->common.new_fd);
}

static struct attempt *find_attempt(
	const struct everywhere *everywhere, const struct mntns *mntns, const struct mount *mount)
{
	for (size_t i = 0; i < everywhere->count; i++) {
		struct attempt *attempt = &everywhere->attempts[i];

		if (attempt->namespace == mntns->inode && attempt->short_id == mount->short_id)
			return attempt;
	}
	return NULL;
}

static bool is_place(const struct everywhere *everywhere, struct mount *mount)
{
	const struct mnttuck *tuck = everywhere->common.tuck;
	const struct progress *progress = &tuck->progress;

	return mount != everywhere->common.old &&
	       mount_shows(mount, progress->old_device, progress->old_root) &&
	       mount_target(mount) && plan_in_sight(mount) &&
	       !mount_is_origin(
		       everywhere->common.namespaces, mount, tuck->wish.target.identity.unique_id);
}

/* Whether the mount is still there: if the place received from another one that was replaced, its
 * mount has gone with that one's. */
static bool is_there_yet(const struct mntns *mntns, const struct mount *mount)
{
	return !mount->id || !mntns->id || kernel_has_mount(mount->id, mntns->id) != 0;
}

static int try_place(struct everywhere *everywhere, const struct mntns *mntns, struct mount *mount)
{
	struct attempt *larger = reallocarray(
		everywhere->attempts, everywhere->count + 1, sizeof(*everywhere->attempts));
	struct attempt *attempt;
	int r;

	if (!larger)
		return -ENOMEM;
	everywhere->attempts = larger;
	attempt = &larger[everywhere->count++];
	*attempt = (struct attempt){mntns->inode, mount->short_id, NULL};
	r = replacement_make(&everywhere->common, mntns, mount, &attempt->reason);
	return r < 0 || attempt->reason
		       ? r
		       : places_add_mount(&everywhere->common.tuck->places, MNTTUCK_REPLACED,
				 everywhere->common.namespaces, mntns, mount);
}

/* Before the reveal at the target: a place that has the new version beneath follows that reveal. In
 * a place whose mount is a peer of the old version, the new mount becomes a peer of the one at the
 * target, so that an unmount there would arrive at the target. */
static bool is_left_for_later(const struct everywhere *everywhere, struct mount *mount)
{
	return replacement_is_beneath(&everywhere->common, mount) ||
	       replacement_is_peer(&everywhere->common, mount);
}

/* Try the places that have not been tried, and return how many. */
static int try_places(struct everywhere *everywhere, bool are_containers)
{
	struct namespaces *namespaces = everywhere->common.namespaces;
	int r = 0, tried = 0;

	for (size_t i = 0; i < namespaces->count && r == 0; i++) {
		const struct mntns *mntns = &namespaces->list[i];
		struct mount *mount;

		if (!mntns->snapshot ||
			namespaces_is_less_privileged(namespaces, mntns) != are_containers)
			continue;
		snapshot_for_each (mount, mntns->snapshot) {
			if (!is_place(everywhere, mount) ||
				find_attempt(everywhere, mntns, mount) ||
				(everywhere->common.old && is_left_for_later(everywhere, mount)) ||
				!is_there_yet(mntns, mount))
				continue;
			tried++;
			r = try_place(everywhere, mntns, mount);
			if (r < 0)
				break;
		}
	}
	return r < 0 ? r : tried;
}

/* List the places that still show the old version, and return how many. */
static int list_left(const struct everywhere *everywhere)
{
	const struct namespaces *namespaces = everywhere->common.namespaces;
	struct places *places = &everywhere->common.tuck->places;
	int r = 0, left = 0;

	for (size_t i = 0; i < namespaces->count && r == 0; i++) {
		const struct mntns *mntns = &namespaces->list[i];
		struct mount *mount;

		if (!mntns->snapshot)
			continue;
		snapshot_for_each (mount, mntns->snapshot) {
			const struct attempt *attempt;

			if (!is_place(everywhere, mount))
				continue;
			left++;
			attempt = find_attempt(everywhere, mntns, mount);
			r = places_add_left(places, namespaces, mntns, mount,
				attempt && attempt->reason ? attempt->reason
							   : _("it has come meanwhile"));
			if (r < 0)
				break;
		}
	}
	r = r < 0 ? r : places_add_unseen(places, namespaces, /* error= */ 0);
	return r < 0 ? r : left;
}

/* Read all namespaces, and find the new mount at the target in them. */
static int read_places(struct everywhere *everywhere)
{
	const struct progress *progress = &everywhere->common.tuck->progress;
	struct namespaces *namespaces = NULL;
	int r = namespaces_read_full(&namespaces);

	namespaces_free(everywhere->common.namespaces);
	everywhere->common.namespaces = namespaces;
	if (!namespaces)
		return r;
	r = namespaces_error(namespaces);
	if (r < 0 || !namespaces->list[0].snapshot)
		return r < 0 ? r : namespaces->list[0].error ?: -ENOENT;
	everywhere->common.new =
		snapshot_find(namespaces->list[0].snapshot, progress->attached.short_id);
	everywhere->common.old =
		progress->is_revealed
			? NULL
			: snapshot_find(namespaces->list[0].snapshot,
				  operand_short_id(&everywhere->common.tuck->wish.target));
	return everywhere->common.new ? 0 : -ENOENT;
}

/* By propagation the new mount can be reached by its path alone. */
static int open_new(const struct everywhere *everywhere)
{
	const struct mnttuck *tuck = everywhere->common.tuck;

	if (tuck->progress.way != ATTACH_BY_PROPAGATION)
		return fcntl(tuck->source.fd, F_DUPFD_CLOEXEC, 0);
	if (!mount_target(everywhere->common.new))
		return -ENOENT;
	return replacement_open(
		everywhere->common.new, mount_target(everywhere->common.new), /* mntns= */ -1);
}

/* What the old version is, which later is gone. */
static int note_old(const struct everywhere *everywhere)
{
	struct progress *progress = &everywhere->common.tuck->progress;
	struct mount *old = everywhere->common.old;

	if (progress->old_root)
		return 0;
	if (!old || !mount_root(old))
		return -ENODATA;
	progress->old_device = mount_device(old);
	progress->old_flags = old->flags;
	progress->old_group = old->group;
	progress->old_root = strdup(mount_root(old));
	return progress->old_root ? 0 : -ENOMEM;
}

static bool is_new_version(const struct everywhere *everywhere)
{
	const struct progress *progress = &everywhere->common.tuck->progress;

	return !mount_shows(everywhere->common.new, progress->old_device, progress->old_root);
}

/* Containers come last, since they can make others wait. */
static int try_all_places(struct everywhere *everywhere)
{
	int tried = try_places(everywhere, /* are_containers= */ false);
	int r = tried < 0 ? tried : try_places(everywhere, /* are_containers= */ true);

	return r < 0 ? r : tried + r;
}

static int replace_after_reveal(struct everywhere *everywhere)
{
	enum { LOOKS = 8 };

	for (int looks = 1; looks < LOOKS; looks++) {
		int r = try_all_places(everywhere);

		if (r <= 0)
			return r < 0 ? r : list_left(everywhere);
		r = read_places(everywhere);
		if (r < 0)
			return r;
	}
	return list_left(everywhere);
}

/* Where the new mount can't be reached yet, or can't be cloned with its submounts, every place is
 * left to the second call. */
static bool can_begin(const struct everywhere *everywhere)
{
	return everywhere->common.old &&
	       everywhere->common.tuck->progress.way != ATTACH_BY_PROPAGATION &&
	       !replacement_needs_submounts(&everywhere->common);
}

static int replace_all(struct everywhere *everywhere)
{
	bool is_first = !everywhere->common.tuck->progress.is_revealed;
	int r = read_places(everywhere);

	if (r == 0)
		r = note_old(everywhere);
	if (r < 0 || !is_new_version(everywhere) || (is_first && !can_begin(everywhere)))
		return r;
	everywhere->common.new_fd = open_new(everywhere);
	if (everywhere->common.new_fd < 0)
		return everywhere->common.new_fd;
	r = is_first ? try_all_places(everywhere) : replace_after_reveal(everywhere);
	return is_first && r > 0 ? 0 : r;
}

static int run_everywhere(struct mnttuck *tuck, void *unused)
{
	_cleanup_(everywhere_clear) struct everywhere everywhere = {
		.common = {.tuck = tuck, .new_fd = -1},
	};

	(void)unused;
	if (!(tuck->wish.operations & MNTTUCK_EVERYWHERE) || !tuck->progress.is_attached)
		return -EINVAL;
	places_clear(&tuck->places);
	return replace_all(&everywhere);
}

int mnttuck_replace_elsewhere(struct mnttuck *tuck)
{
	KEEP_ERRNO;

	return enter_and_run(tuck->wish.namespace_fd, run_everywhere, tuck, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "known-world.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "namespaces-renew.h"
#include "namespaces.h"
#include "own-view.h"
#include "propagation.h"
#include "snapshot-read.h"
#include "snapshot.h"
#include "util.h"

void known_world_forget(struct mnttuck_world *world)
{
	namespaces_free(world->namespaces);
	if (world->is_watching && world->watch >= 0)
		close(world->watch);
	*world = (struct mnttuck_world){0};
}

/* ---- whether what is kept is still so ---- */

static void find_place(ino_t *own, struct mount_identity *root)
{
	_cleanup_close_ int fd = kernel_open_own_namespace();
	struct stat st;

	*own = fd >= 0 && fstat(fd, &st) == 0 ? st.st_ino : 0;
	if (kernel_identify(AT_FDCWD, "/", 0, root) < 0)
		*root = (struct mount_identity){0};
}

/* A thread can be in another namespace, or have another root directory, than the one before. */
static bool is_same_place(const struct mnttuck_world *world)
{
	struct mount_identity root;
	ino_t own;

	find_place(&own, &root);
	return own && own == world->own && root.unique_id == world->root.unique_id &&
	       root.is_root == world->root.is_root;
}

static bool has_same_groups(const struct mount *mount, const struct mount *other)
{
	return mount->group == other->group && mount->master == other->master &&
	       mount->unbindable == other->unbindable && mount->flags == other->flags &&
	       mount->short_parent_id == other->short_parent_id;
}

static bool is_as_read(struct mount *mount)
{
	struct mount now = {.id = mount->id};

	return snapshot_ask(mount->snapshot, &now) == 0 && has_same_groups(mount, &now);
}

/* Whether the propagation of @about, and of all that receive from it, is as it was read: 1 or 0, or
 * -ENOMEM. */
static int propagates_as_read(const struct namespaces *namespaces, const struct mount *about)
{
	_cleanup_free_ struct mount **receivers = NULL;
	struct mount *mount = snapshot_find(namespaces->list[0].snapshot, about->short_id);
	size_t count = 0;
	int r;

	if (!mount || mount->id != about->id || !has_same_groups(mount, about))
		return 0;
	r = propagation_receivers(namespaces, mount, &receivers, &count);
	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++)
		if (!is_as_read(receivers[i]))
			return 0;
	return 1;
}

/* Bring what is kept up to date: 1; 0: it has to be read again; -ENOMEM. */
static int renew(struct mnttuck_world *world, struct mount *const *about, size_t count)
{
	struct pollfd watched = {.fd = world->watch, .events = POLLPRI};
	int r = namespaces_renew(world->namespaces, poll(&watched, 1, 0) == 1);

	r = r < 0 ? r : own_view_widen(world->namespaces);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	if (!namespaces_are_plain(world->namespaces))
		return 0;
	r = 1;
	for (size_t i = 0; i < count && r == 1; i++)
		if (about[i])
			r = propagates_as_read(world->namespaces, about[i]);
	return r;
}

/* ---- reading ---- */

static int read_world(struct mnttuck_world *world)
{
	int r;

	find_place(&world->own, &world->root);
	world->watch = kernel_open_proc("thread-self/mountinfo", O_RDONLY);
	world->is_watching = true;
	r = namespaces_read(&world->namespaces);
	if (world->namespaces && own_view_widen(world->namespaces) < 0)
		r = -ENOMEM;
	world->is_whole = r == 0;
	return r;
}

int known_world_read(struct mnttuck_world *world, struct mount *const *about, size_t count,
	struct namespaces **ret, bool *has_read)
{
	bool is_kept = world->is_whole && world->watch >= 0 &&
		       namespaces_are_plain(world->namespaces) && is_same_place(world);
	int r = is_kept ? renew(world, about, count) : 0;

	*has_read = r == 0;
	if (r <= 0)
		known_world_forget(world);
	if (r == 0)
		r = read_world(world);
	*ret = world->namespaces;
	return r < 0 ? r : 0;
}

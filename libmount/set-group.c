/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * set-group: puts a mount into the peer group of another one.
 *
 * The kernel does that for private mounts only (MOVE_MOUNT_SET_GROUP, Linux 5.15), so the mount is
 * made private first, and then it is too late to learn that the kernel refuses. So that is learned
 * before, with a clone of the mount, in a child that has a mount namespace of its own (floor.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mount.h>

#include "child.h"
#include "floor.h"
#include "kernel.h"
#include "libmnttuck.h"
#include "own-namespace.h"
#include "util.h"

/* Two descriptors of mounts' roots. */
struct joining {
	int from, to;
};

static int work_join_by_clone(void *argument, void *answer)
{
	const struct joining *joining = argument;
	struct floor floor = {0};
	int clone, r;

	(void)answer;
	clone = kernel_open_tree(joining->to, "", AT_EMPTY_PATH | OPEN_TREE_CLONE);
	if (clone < 0)
		return clone;
	/* In a chroot to a plain directory the floor can't be made. */
	own_namespace_enter_root();
	r = floor_make(&floor);
	r = r < 0 ? r : kernel_set_attributes(clone, /* recursive= */ false, 0, 0, MS_PRIVATE);
	r = r < 0 ? r : floor_place(&floor, clone);
	return r < 0 ? r : kernel_set_group(joining->from, clone);
}

int mnttuck_set_group(int from, int to)
{
	KEEP_ERRNO;
	const struct joining joining = {.from = from, .to = to};
	struct mount_identity one, other;
	int r = kernel_identify(from, "", AT_EMPTY_PATH, &one);

	r = r < 0 ? r : kernel_identify(to, "", AT_EMPTY_PATH, &other);
	if (r < 0)
		return r;
	if (!one.is_root || !other.is_root)
		return -EINVAL;
	if (one.short_id == other.short_id)
		return 0;
	r = kernel_has_set_group();
	if (r <= 0)
		return r < 0 ? r : -ENOSYS;
	r = child_run(work_join_by_clone, (void *)&joining, NULL, 0);
	r = r < 0 ? r : kernel_set_attributes(to, /* recursive= */ false, 0, 0, MS_PRIVATE);
	if (r < 0)
		return r;
	r = kernel_set_group(from, to);
	return r < 0 ? -EBUSY : 0;
}

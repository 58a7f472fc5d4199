/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * umount2(2) takes a path, and a user who may rename a directory of the path can exchange it for
 * another one at any time. Even the mount point itself can be renamed, in a mount namespace where
 * nothing is mounted on it. So no part of a path may be looked up between the check of a mount and
 * its unmount.
 *
 *	root	a descriptor of the mount's root. "root/.." is the directory of its mount point,
 *		however both are called.
 *	place	a descriptor of the mount point itself, the directory beneath the mount. Every
 *		lookup of its name ends in the mount instead; a file handle does not.
 *
 * umount2("/proc/self/fd/PLACE") unmounts the mount on "place". Before that, the mount is
 * identified without a name: a lookup of ".." with "place" as the root directory ends in it,
 * because ".." stays in the root directory, and the kernel then enters the mount on it.
 *
 * "place" is on the mount below, so it does not make the mount busy. "root" does, so it is closed
 * first, except for a lazy unmount, which uses "root" alone.
 */
#include "restricted/held-mount.h"

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel.h"
#include "restricted/privileges.h"
#include "util.h"

void held_mount_open(struct held_mount *held, const char *path)
{
	struct mount_identity identity;
	_cleanup_close_ int root = open_as_caller(path, O_PATH | O_NOFOLLOW);

	*held = (struct held_mount)HELD_NOTHING;
	if (root < 0 || kernel_identify(root, "", AT_EMPTY_PATH, &identity) < 0 ||
		!identity.is_root)
		return;
	held->id = identity.short_id;
	held->root = steal_fd(&root);
}

void held_mount_close(struct held_mount *held)
{
	if (held->root >= 0)
		close(steal_fd(&held->root));
}

bool held_mount_is_in_own_directory(const struct held_mount *held)
{
	_cleanup_close_ int directory = openat(held->root, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	return directory >= 0 && fstat(directory, &st) == 0 && st.st_uid == getuid();
}

/* The entry @name of @directory, beneath what is mounted on it: a clone of the directory's mount
 * has no mounts on it. The descriptor is of that clone. */
static int open_beneath(int directory, const char *name)
{
	_cleanup_close_ int clone =
		kernel_open_tree(directory, "", OPEN_TREE_CLONE | AT_EMPTY_PATH);
	int fd;

	if (clone < 0)
		return clone;
	fd = openat(clone, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* The same file as @file, on the mount of @directory. */
static int open_on_mount_of(int directory, int file)
{
	_cleanup_free_ struct file_handle *handle = calloc(1, sizeof(*handle) + MAX_HANDLE_SZ);
	int mount_id, fd;

	if (!handle)
		return -ENOMEM;
	handle->handle_bytes = MAX_HANDLE_SZ;
	if (name_to_handle_at(file, "", handle, &mount_id, AT_EMPTY_PATH) < 0)
		return -EOPNOTSUPP;
	fd = open_by_handle_at(directory, handle, O_PATH | O_CLOEXEC);
	return fd < 0 ? -EOPNOTSUPP : fd;
}

/* The id of what is mounted on @place, or @place's own mount's. */
static int id_of_mount_on(int place)
{
	const struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT,
	};
	_cleanup_close_ int fd = kernel_open_how(place, "..", &how);
	struct mount_identity identity;

	return fd >= 0 && kernel_identify(fd, "", AT_EMPTY_PATH, &identity) == 0 ? identity.short_id
										 : -1;
}

static int unmount_descriptor(int fd, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return umount2(path, flags) < 0 ? -errno : 0;
}

static int unmount_on_place(struct held_mount *held, const char *name)
{
	_cleanup_close_ int directory =
		openat(held->root, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int beneath = directory < 0 ? -errno : open_beneath(directory, name);
	_cleanup_close_ int place = beneath < 0 ? beneath : open_on_mount_of(directory, beneath);

	if (place < 0)
		return place;
	if (id_of_mount_on(place) != held->id)
		return -EXDEV;
	held_mount_close(held);
	return unmount_descriptor(place, 0);
}

static int unmount_lazily(const struct held_mount *held)
{
	/* If another mount covered the held one, umount2(2) would unmount the cover. */
	if (id_of_mount_on(held->root) != held->id)
		return -EXDEV;
	return unmount_descriptor(held->root, MNT_DETACH);
}

int held_mount_unmount(struct held_mount *held, const char *name, bool is_lazy)
{
	int r = is_lazy ? unmount_lazily(held) : unmount_on_place(held, name);

	held_mount_close(held);
	return r;
}

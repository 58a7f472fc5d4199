/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * umount2(2) takes a path, and a user who may rename a directory of the path can exchange it for
 * another one at any time. Even the mount point itself can be renamed, in a mount namespace where
 * nothing is mounted on it. So no part of a path may be looked up between the check of a mount and
 * its unmount.
 *
 *	root	a descriptor of the mount's root. "root/.." is the directory of its mount point,
 *		however both are called.
 *	path_directory
 *		a descriptor of the directory that the path led to without its last component. It
 *		stands in for "root/.." where root can't look that up: in a FUSE filesystem that
 *		lets only its user in, and for a mount on a file. The user may have exchanged a
 *		directory before it was opened. So it is used only if a lookup of the mount
 *		point's name in it ends in the held mount, which the id tells: a mount has one
 *		mount point.
 *	place	a descriptor of the mount point itself, the directory beneath the mount. Every
 *		lookup of its name ends in the mount instead; a file handle does not.
 *
 * umount2("/proc/self/fd/PLACE") unmounts the mount on "place". Before that, the mount is
 * identified without a name: a lookup of ".." with "place" as the root directory ends in it,
 * because ".." stays in the root directory, and the kernel then enters the mount on it.
 *
 * "place" is on the mount below, so it does not make the mount busy. "root" does, so it is closed
 * first, except for a lazy unmount, which unmounts "root".
 */
#include "restricted/held-mount.h"

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *directory = slash ? strndup(path, (size_t)(slash + 1 - path)) : NULL;

	*held = (struct held_mount)HELD_NOTHING;
	if (!directory || root < 0 || kernel_identify(root, "", AT_EMPTY_PATH, &identity) < 0 ||
		!identity.is_root)
		return;
	held->id = identity.short_id;
	held->name = slash + 1;
	held->path_directory = open_as_caller(directory, O_PATH | O_DIRECTORY);
	held->root = steal_fd(&root);
}

void held_mount_close(struct held_mount *held)
{
	if (held->root >= 0)
		close(steal_fd(&held->root));
	if (held->path_directory >= 0)
		close(steal_fd(&held->path_directory));
}

/* The id of the mount that a lookup of the mount point's name ends in, or -errno. */
static int id_by_name(const struct held_mount *held)
{
	struct mount_identity identity;
	int r = kernel_identify(held->path_directory, held->name, AT_SYMLINK_NOFOLLOW, &identity);

	return r < 0 ? r : identity.short_id;
}

/* The directory of the mount point. */
static int open_directory_of_mount_point(const struct held_mount *held, int flags)
{
	int id, fd;

	flags |= O_DIRECTORY | O_CLOEXEC;
	fd = openat(held->root, "..", flags);
	if (fd >= 0)
		return fd;
	if (errno != EACCES && errno != ENOTDIR)
		return -errno;
	id = id_by_name(held);
	if (id != held->id)
		return id < 0 ? id : -EXDEV;
	fd = openat(held->path_directory, ".", flags);
	return fd < 0 ? -errno : fd;
}

bool held_mount_is_in_own_directory(const struct held_mount *held)
{
	_cleanup_close_ int directory = open_directory_of_mount_point(held, O_PATH);
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

/* The id of what is mounted on @place, or @place's own mount's; or -errno. */
static int id_of_mount_on(int place)
{
	const struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT,
	};
	_cleanup_close_ int fd = kernel_open_how(place, "..", &how);
	struct mount_identity identity;
	int r = fd < 0 ? fd : kernel_identify(fd, "", AT_EMPTY_PATH, &identity);

	return r < 0 ? r : identity.short_id;
}

static int unmount_descriptor(int fd, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return umount2(path, flags) < 0 ? -errno : 0;
}

static int unmount_on_place(struct held_mount *held)
{
	_cleanup_close_ int directory = open_directory_of_mount_point(held, O_RDONLY);
	_cleanup_close_ int beneath =
		directory < 0 ? directory : open_beneath(directory, held->name);
	_cleanup_close_ int place = beneath < 0 ? beneath : open_on_mount_of(directory, beneath);
	int id;

	if (place < 0)
		return place;
	id = id_of_mount_on(place);
	/* What is mounted on a file can't be told without a name. */
	if (id == -ENOTDIR)
		return -EOPNOTSUPP;
	if (id != held->id)
		return -EXDEV;
	held_mount_close(held);
	return unmount_descriptor(place, 0);
}

static int unmount_lazily(const struct held_mount *held)
{
	int id = id_of_mount_on(held->root);

	if (id == -EACCES || id == -ENOTDIR)
		id = id_by_name(held);
	/* If another mount covered the held one, umount2(2) would unmount the cover. */
	if (id != held->id)
		return -EXDEV;
	return unmount_descriptor(held->root, MNT_DETACH);
}

int held_mount_unmount(struct held_mount *held, bool is_lazy)
{
	int r = is_lazy ? unmount_lazily(held) : unmount_on_place(held);

	held_mount_close(held);
	return r;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mount-point: where a mount is attached: a path on a filesystem, whichever mounts show it.
 *
 *	a path in a namespace   /srv/data/x      as mount_target() has it
 *	the mount that shows    /srv/data        its root on the filesystem is /vol
 *	a path on a filesystem  /vol/x           the same in every namespace
 *
 * One mount has no target to compare with: in a chroot whose "/" is not a mount's root, the mount
 * that "/" is on can't be reached, and the kernel does not tell where it is. For that mount the
 * functions take @own_root, the path of the caller's root directory on its filesystem; NULL: not
 * known, or the mount is not of the caller's namespace.
 */
#pragma once

#include <sys/types.h>

struct mount;

struct mount_point {
	dev_t device;
	char *path; /* from the filesystem's root; NULL: not known */
};

/* Whether @mount shows the mount point: 0: no; 1: in a directory below its root; 2: as its root. */
int mount_point_shown(const struct mount_point *point, struct mount *mount);

/* @path, a path in the namespace of @mount, as a path on the filesystem of @mount. The caller frees
 * it. -ENODATA: not known; -ENOMEM. */
int mount_point_to_filesystem(
	struct mount *mount, const char *path, const char *own_root, char **ret);

/* @path, a path on the filesystem of @mount, as a path in its namespace. The same. */
int mount_point_to_namespace(
	struct mount *mount, const char *path, const char *own_root, char **ret);

/* The child of @mount at a path on its filesystem; NULL: none, or not known where its children are.
 * Each child that is looked at costs a system call to learn its path, so those of the same
 * filesystem as @like come first; NULL: none is preferred. -ENOMEM. */
int mount_point_child(struct mount *mount, const char *path, const char *own_root,
	struct mount *like, struct mount **child);

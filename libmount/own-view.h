/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * own-view: all mounts of the caller's own namespace, also those that the caller's root directory
 * hides.
 *
 *	/                   the root of the namespace
 *	/srv                a mount that a caller in a chroot to /srv/root does not see
 *	/srv/root           the caller's root directory
 *	/srv/root/opt       /opt for the caller
 *
 * The kernel tells the caller of what is below its root directory alone, with paths that begin
 * there. But a mount in the chroot can be a peer of a mount outside of it, so a plan needs both.
 * They are read by a child at the namespace's root, and so all paths begin there.
 */
#pragma once

#include <stdbool.h>

struct mount;
struct namespaces;

/* Where the caller's root directory hides mounts, read the caller's namespace anew, so that
 * @namespaces has all of it. Paths of its mounts then begin at the namespace's root, and
 * @namespaces->own_root is the path of the caller's root directory there. If that can't be done,
 * own_error says why, and what was read before stays. -ENOMEM. */
int own_view_widen(struct namespaces *namespaces);

/* @path, as the caller names it, as a path in the caller's namespace. NULL: out of memory. The
 * caller frees it. */
char *own_view_path(const struct namespaces *namespaces, const char *path);

/* The path of @mount as the caller names it; in another namespace, from its root. NULL: not known,
 * or the mount is hidden by the caller's root directory. */
const char *own_view_target(const struct namespaces *namespaces, struct mount *mount);

/* Whether @mount is one of the caller's own namespace that the caller's root directory hides. */
bool own_view_hides(const struct namespaces *namespaces, struct mount *mount);

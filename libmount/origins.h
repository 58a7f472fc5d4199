/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * origins: the mounts that the old version may have been bound from.
 *
 * After "mount v1.img /srv/v1; mount --bind /srv/v1 /opt" both paths show the same version, but
 * only /opt is to follow an update. A mount of the caller's own namespace that is older than the
 * one at the target is an origin, and so are the copies of it at the same path in other namespaces.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct mount;
struct namespaces;

/* Whether @mount, in one of @namespaces, is an origin. @top: the unique id of the mount at the
 * target. Without unique ids (before Linux 6.8) every mount of the caller's own namespace counts as
 * older. */
bool mount_is_origin(const struct namespaces *namespaces, struct mount *mount, uint64_t top);

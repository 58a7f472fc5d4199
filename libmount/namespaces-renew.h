/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * namespaces-renew: brings what was read of the mount namespaces up to date, at the cost of what
 * has changed: a namespace to which mounts came is asked for these, one from which a mount went is
 * read again, one that came is read, and one that went is dropped.
 */
#pragma once

#include <stdbool.h>

struct namespaces;

/* Whether the functions below can take @namespaces, which namespaces_read() has read: every
 * snapshot was made by statmount, and every namespace has an id. */
bool namespaces_are_plain(const struct namespaces *namespaces);

/* A copy for somebody who will change it. -ENOMEM. */
int namespaces_copy(const struct namespaces *namespaces, struct namespaces **ret);

/* Bring @namespaces up to date. @own_changed: mounts of the caller's own namespace may have moved,
 * which ids don't tell. Pointers to namespaces and mounts are not valid afterwards. -errno: it is
 * of no use any more. */
int namespaces_renew(struct namespaces *namespaces, bool own_changed);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * namespaces-change: whether a mount came or went in any namespace since the namespaces were read.
 *
 * The answer costs two system calls for a namespace, whatever the number of its mounts: unique ids
 * only grow, so a mount that came has a higher one than all that were read; and if none came, the
 * kernel's count of mounts tells whether one went. Where namespaces have no id (before Linux 6.12)
 * poll(2) tells whether mountinfo has changed.
 */
#pragma once

#include <stdbool.h>

struct namespaces;

/* A namespace that has come meanwhile counts as a change, one that is gone does not. The caller's
 * own is compared, too. False also where it can't be known. */
bool namespaces_have_changed(struct namespaces *namespaces);

/* Note in each namespace how many mounts it has now (struct mntns.counted). Returns whether there
 * is a namespace that is not in the list: 1 or 0; -errno if not all could be counted. */
int namespaces_count(struct namespaces *namespaces);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * detach: a lazy unmount (MNT_DETACH) of a mount by a descriptor of its root.
 *
 * The kernel unmounts the mount that lies on top of that root by then, so the caller checks
 * immediately before and verifies by mount ids afterwards.
 */
#pragma once

/* Unmount through /proc/self/fd; without /proc, in a child. */
int detach_mount(int fd);

/* Unmount in a child that changes to the mount's root, which must be a directory. */
int detach_in_child(int fd);

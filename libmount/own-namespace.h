/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * own-namespace: the caller's own mount namespace: whose it is, the way to its root, and the
 * propagation of all its mounts.
 */
#pragma once

/* Whether the caller's mount namespace belongs to the initial user namespace, where locked mounts
 * are very rare: 1 or 0; -errno if /proc can't tell. */
int own_namespace_is_initial(void);

/* Make "/" and the working directory those of the caller's mount namespace, and so leave a chroot.
 * For a child. -EPERM: no CAP_SYS_CHROOT. Makes system calls only. */
int own_namespace_enter_root(void);

/* Make every mount of the caller's namespace private, also in a chroot whose "/" is not a mount.
 * For a process that has just got a copy of a namespace. Makes system calls only. */
int own_namespace_make_private(void);

/* The same, but make every mount a slave of the mount that it was copied from. */
int own_namespace_make_slave(void);

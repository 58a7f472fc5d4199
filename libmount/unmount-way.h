/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * unmount-way: whether the running kernel unmounts T' and C' of plan-unmount.h although X, which
 * covers C', stays. The kernel's version does not tell: the change of Linux 6.17 can have been
 * taken over by an older one.
 */
#pragma once

/* Whether it takes both, although the mount that covers stays: 1 or 0. It is tried by a child in a
 * namespace of its own, at the first call. -errno if that can't be. */
int unmount_takes_covered(void);

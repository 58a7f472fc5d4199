/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * detach-exact: a lazy unmount of a top mount T that takes T and no other mount.
 *
 *      the child's copy         the caller's namespace
 *      S'  a peer of S   ---->  S
 *      └─ T'  private           └─ T
 *
 * An unmount by a path or by a descriptor takes the mount that lies on top by then. So a child
 * makes a copy of the mount namespace, in which nobody else mounts, makes T' private, so that
 * nothing arrives there either, and unmounts T'. The unmount passes from S' on to S and takes what
 * lies on S. That is T, whatever others do meanwhile:
 *
 *   they mount U over T       U moves down to S, and T goes
 *   they mount K on T         the kernel keeps T: no unmount that arrives takes what others lie on
 *   they unmount T            T' goes, too, and there is nothing to unmount
 *   they tuck X beneath T     X' comes beneath T', and the unmount passes from X' on to X
 *
 * All this rests on S' being a peer of S, so S must be shared.
 */
#pragma once

/* Unmount the mount that a lookup of @path ends in. @may_go is called with @argument after T' has
 * been made private: whether a lookup of @path still ends in the mount that is meant; 0, or -errno
 * to stop. Returns 0: the unmount was made, which took T unless others lie on it. -EBUSY: T was
 * gone before; -EOPNOTSUPP: it can't be done by this caller; or -errno. */
int detach_exactly(const char *path, int (*may_go)(void *argument), void *argument);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * detach-propagation: a lazy unmount that arrives by propagation, which takes a mount although
 * others cover it.
 *
 *      before          after
 *      P               P
 *      └─ S  at m      └─ T  at m
 *         └─ T
 *
 * A child mounts something on a private clone of P at m, lets the clone join P's peer group, and
 * unmounts the thing. The unmount arrives at P, and takes what lies on P at m. What covers that
 * moves down to P: it never goes, and is never out of sight. The kernel takes no mount that has
 * mounts on it anywhere but at its root.
 *
 * It takes the mount that was meant and no other. The clone in the group receives what happens at m
 * on P: if the mount on P goes meanwhile, the thing on the clone goes as well, and there is nothing
 * left to be unmounted. So the caller is asked whether the mount is still where it was after the
 * clone has joined. (If P is private, the clone does not receive from P; then only the time between
 * the question and the unmount is open.)
 */
#pragma once

#include <stddef.h>

struct passage_target;

/* Let @count unmounts arrive at m on P, one after the other. Before each, @may_go is called with
 * @argument: whether the mount that lies on P at m is the one that is to go now; 0, or -errno to
 * stop. Returns 0; -EOPNOTSUPP: there is an obstacle (passage.h), or the kernel is older than 5.15;
 * -EBUSY: others mounted or unmounted there; or -errno. @done: how many unmounts were made, also
 * after an error. */
int detach_by_propagation(const struct passage_target *target, size_t count,
	int (*may_go)(void *argument), void *argument, size_t *done);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * attach: put a mount, given by a descriptor, beneath a top mount.
 *
 *      before          after
 *      P               P
 *      └─ T  at m      └─ S  at m
 *                         └─ T  at S's root
 *
 * There are two ways: the flag MOVE_MOUNT_BENEATH (Linux 6.5), which is one system call; and before
 * that, by propagation (attach-propagation.c). Both give the same mounts, except that by
 * propagation S is a copy that the kernel made, with an id of its own.
 *
 * The kernel attaches beneath the mount that lies on top of the target by then, so the caller
 * verifies by mount ids where the new mount is.
 */
#pragma once

#include <stdbool.h>

enum attach_way {
	ATTACH_UNDECIDED,
	ATTACH_BY_FLAG,
	ATTACH_BY_PROPAGATION,
	ATTACH_IN_NO_WAY,
};

/* Let LIBMNTTUCK_ATTACH=flag|propagation in the environment choose the way, except in a set-user-ID
 * program. Only the project's own programs call this, for their tests: in any other program that
 * uses the library the environment must not decide. */
void attach_use_environment(void);

/* Find out by trying the flag which way the running kernel has. */
enum attach_way attach_choose(void);

/* Attach @tree, detached or a mount to move, beneath the mount whose root is @target. */
int attach_by_flag(int tree, int target);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * attach: a file descriptor to its place beneath a top mount.
 *
 *      before          after
 *      P               P
 *      └─ T  at m      └─ S  at m
 *                         └─ T  at S's root
 *
 * There are two ways. The flag, MOVE_MOUNT_BENEATH, is one system call of Linux 6.5 and later.
 * Before that, the kernel puts a mount beneath another only if it arrives by propagation, so it is
 * let arrive (attach-propagation.c). The mounts are the same afterwards; in the second way S is a
 * copy that the kernel made, with an id of its own.
 *
 * The kernel acts on whatever has come to lie on top of the target meanwhile, so the caller
 * verifies where the source went.
 */
#pragma once

#include <stdbool.h>

enum attach_way {
	ATTACH_UNDECIDED,
	ATTACH_BY_FLAG,
	ATTACH_BY_PROPAGATION,
	ATTACH_IN_NO_WAY,
};

/* The way of the running kernel, found by trying the flag; LIBMNTTUCK_ATTACH=flag|propagation in
 * the environment of a program that is not set-user-ID chooses. */
enum attach_way attach_choose(void);

/* Where to attach. */
struct attach_place {
	int target;	  /* the root of T */
	const char *path; /* of m, from the caller's root directory */
	int parent_id;	  /* P's short id */
	bool parent_is_shared, parent_is_slave;
};

/* Attach @tree, detached or a mount to move, beneath the mount whose root @target is. */
int attach_by_flag(int tree, int target);

/* What keeps a mount from arriving by propagation. */
enum attach_obstacle {
	ATTACH_NO_OBSTACLE,
	ATTACH_PARENT_COVERED,	  /* by another mount, and it is not shared */
	ATTACH_PARENT_NOT_CLONED, /* it is unbindable */
	ATTACH_ROOT_NOT_REACHED, /* P's root, which has to be named to make P a slave for a while */
	ATTACH_NAMESPACE_NOT_ENTERED, /* no CAP_SYS_CHROOT, in a chroot */
};

/* Look for an obstacle, and change nothing: what was found, or -errno. */
int attach_find_obstacle(const struct attach_place *place);

/* One at a time: what P is must not change between looking at it and attaching, and another one who
 * does the same changes it for a moment. The lock lasts as long as a descriptor of it, in the
 * caller or in a child that a killed caller leaves behind. -1: no lock could be had, and one has to
 * do without. */
int attach_lock(void);

/* Attach a copy of @tree, which is detached and private. -EOPNOTSUPP: there is an obstacle.
 * Whatever happens, P's propagation is as before. @tree is no use afterwards. */
int attach_by_propagation(const struct attach_place *place, int tree);

/* Unmount a mount lazily, by its root, which is a directory. A child does it, so no /proc is
 * needed. */
int attach_take_away(int mount);

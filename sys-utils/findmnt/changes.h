/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The changes of a table that --poll prints, and their names.
 */
#pragma once

/* A change is a set of these: a tuck is also a mount or a move, and a reveal is also an unmount. */
enum {
	CHANGE_MOUNT = 1 << 0,
	CHANGE_UMOUNT = 1 << 1,
	CHANGE_REMOUNT = 1 << 2,
	CHANGE_MOVE = 1 << 3,
	CHANGE_TUCK = 1 << 4,	     /* it came beneath the mount that was visible */
	CHANGE_REVEAL = 1 << 5,	     /* it has uncovered a mount at the same path */
	CHANGE_PROPAGATION = 1 << 6, /* its peer group, its master, or whether it can be bound */
	CHANGE_NAMESPACE = 1 << 7,   /* not a mount, but a mount namespace is new */
};

/* The name of the most special one in the set. */
const char *change_name(unsigned int change);

/* The set that @list names, with commas between the names; NULL: all. A change is asked for if one
 * of its bits is. Ends the program if there is no change of a name. */
unsigned int changes_parse(const char *list);

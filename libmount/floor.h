/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * floor: a mount namespace of a child's own in which nobody else mounts. An empty tmpfs, the floor,
 * covers its root, and trees are mounted on directories of the floor. Everything is private, so
 * nothing arrives there until a tree joins a peer group.
 *
 * A thing is a private mount. It is mounted on a tree only so that its unmount propagates from
 * there.
 *
 * All functions make system calls only.
 */
#pragma once

#include <stdbool.h>

struct floor {
	int fd;		     /* the root of the tmpfs; -1: it has not been made */
	int links;	     /* /proc/self/fd; negative: there is no /proc */
	unsigned int places; /* how many directories and files are in use */
};

/* Whether the path of a mount in some namespace is that of a tree on a floor. What arrives there
 * concerns nobody, and is gone in a moment. */
bool floor_has(const char *path);

/* Make an empty tmpfs that is mounted nowhere. Returns a descriptor. */
int floor_make_tree(void);

/* Move to such a namespace. It is a copy of the caller's; the floor covers its root. */
int floor_make(struct floor *floor);

/* Unmount the copies of the caller's mounts, if that is possible. If the caller's namespace has as
 * many mounts as fs.mount-max allows, this one then has room for others. */
void floor_clear(const struct floor *floor);

/* Mount a detached @tree on a new directory, or file, of the floor. */
int floor_place(struct floor *floor, int tree);

/* Mount a thing at @at: an empty directory or file, as @at is one. Returns a descriptor of it. */
int floor_put_thing(struct floor *floor, int at);

/* Unmount a thing and no other mount: no mount can cover it, since it is private. -EBUSY: it has
 * gone already, by an unmount that has arrived. -EOPNOTSUPP: it is a file, and there is no /proc.
 */
int floor_unmount_thing(const struct floor *floor, int thing);

/* Make everything private now: the namespace can live on after the child, if somebody holds it
 * open. */
void floor_dissolve(const struct floor *floor);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * namespace-read: reads one mount namespace once, and all of it.
 *
 * There are four ways, and each fails somewhere:
 *
 *	a process's mountinfo    is the cheapest, but shows only what that process's root leads to,
 *	                         and is slow if the namespace has many slaves
 *	statmount, by id         has every field since Linux 6.18
 *	a child, by setns(2)     reads mountinfo at the namespace's own root; costs a process
 *	a process's mountinfo    again, for a caller without privileges
 *
 * Whether all of it was read is known by the number of mounts, which the kernel tells
 * (NS_MNT_GET_INFO, Linux 6.12). One mount may be missing: the lowest, which the initramfs was
 * unpacked to, since no path leads to it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct snapshot;

/* A mount namespace, and what was read of it. */
struct mntns {
	uint64_t id;	  /* the unique one; 0 where the kernel has none */
	ino_t inode;	  /* of /proc/PID/ns/mnt */
	ino_t owner;	  /* the user namespace that owns it; 0: not known */
	uint32_t mounts;  /* the kernel's count of its mounts; 0: not known */
	uint64_t newest;  /* the highest unique id of its mounts; 0: not known */
	uint32_t counted; /* the kernel's count later on, by namespaces_count(); 0: it is gone */
	bool is_watched;
	int watch;	    /* its mountinfo, where it has no id, for poll(2); if it is_watched */
	bool is_unreported; /* the queue of namespaces_read_watched() has no events of it */
	struct snapshot *snapshot; /* NULL: it could not be read, see error */
	int error;		   /* -errno of reading it */
	bool is_partial;	   /* not all of its mounts were read */
	pid_t pid;	  /* the lowest process in it, by namespaces_find_processes(); 0: none */
	char command[16]; /* that process's name */
};

/* Whether its snapshot has all of its mounts, as far as the kernel tells how many there are. */
bool namespace_is_whole(const struct mntns *mntns);

/* Open a namespace of the list: by its process if it has one, else by its id. -errno; -ENOENT: it
 * is gone. */
int mntns_open(const struct mntns *mntns);

/* A buffer for a table's text, used for one table after the other. Free @data with free(). */
struct table_text {
	char *data;
	size_t size, room;
};

/* Everything that mountinfo has about @mntns, of which id, inode, mounts and pid are filled in as
 * far as they are known. @fd: the namespace, open; or -1. -EPERM: the caller may not enter it. */
int namespace_read_full(const struct mntns *mntns, int fd, bool with_unique_ids,
	struct table_text *text, struct snapshot **ret);

/* Fill in the unique ids where @mntns was read without them, as on Linux before 6.18, of which
 * statmount does not say all that mountinfo does. They stay 0 where the kernel has none. @is_own:
 * the namespace is the caller's. @with_hidden: and add the mounts of another namespace that its
 * mountinfo leaves out, since a root that was moved over them hides them; they have no struct
 * mount.fs. */
void namespace_complete(struct mntns *mntns, bool is_own, bool with_hidden);

/* Ids and targets only, by statmount where that is possible. If mounts came or went meanwhile,
 * @mntns->mounts is counted again. */
int namespace_read_light(struct mntns *mntns, struct table_text *text, struct snapshot **ret);

/* Everything that mountinfo has at the root of the namespace @fd, also of the caller's own. */
int namespace_read_from_root(int fd, struct table_text *text, struct snapshot **ret);

/* Everything about the caller's own namespace, as the caller sees it. */
int namespace_read_own_full(const struct mntns *mntns, bool with_unique_ids, struct snapshot **ret);

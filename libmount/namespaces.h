/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * namespaces: which mount namespaces there are, and a snapshot of each.
 *
 * The kernel walks them by id (NS_MNT_GET_NEXT, Linux 6.12), those without a process too; before
 * that, they are found through the processes in them. Each is read once. The caller's own is always
 * the first.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct snapshot;

struct mntns {
	uint64_t id; /* the unique one; 0 where the kernel has none */
	ino_t inode; /* of /proc/PID/ns/mnt */
	uint32_t mounts;
	struct snapshot *snapshot; /* NULL: could not be read, see error */
	int error;		   /* -errno of the reading */
	pid_t pid;	  /* the lowest process in it, by namespaces_find_processes(); 0: none */
	char command[16]; /* that process's name */
};

struct namespaces {
	struct mntns *list;
	size_t count;
	bool is_full;		 /* read by namespaces_read_full() */
	size_t hidden_processes; /* whose namespace the caller may not even name; by the same */
};

/* Every mount namespace that the caller may see, read light. -ENOENT: no /proc; then @ret holds
 * only the caller's own, as far as that can be read. */
int namespaces_read(struct namespaces **ret);
/* The same, each with all that mountinfo says (struct mount.fs), and also those that only a process
 * leads to: the caller is told of what it may not read. */
int namespaces_read_full(struct namespaces **ret);
void namespaces_free(struct namespaces *namespaces);
static inline void cleanup_namespaces(struct namespaces **namespaces)
{
	namespaces_free(*namespaces);
}

/* Fill in pid and command of every namespace that has a process; reads /proc once. */
void namespaces_find_processes(struct namespaces *namespaces);

/* Read a namespace, open as @namespace_fd, from within. -EPERM: not the caller's to enter. */
int namespace_read_in_child(int namespace_fd, struct snapshot **ret);

/* The namespace that @snapshot is of. */
struct mntns *namespaces_of(const struct namespaces *namespaces, const struct snapshot *snapshot);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * namespaces: which mount namespaces there are, and a snapshot of each.
 *
 * The kernel walks them by id (NS_MNT_GET_NEXT, Linux 6.12), those without a process too, for
 * callers that it lets; else they are found through the processes in them. Each is read once. The
 * caller's own is always the first.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct snapshot;

struct mntns {
	uint64_t id;		   /* the unique one; 0 where the kernel has none */
	ino_t inode;		   /* of /proc/PID/ns/mnt */
	uint32_t mounts;	   /* how many the kernel says there are; 0 where it does not */
	struct snapshot *snapshot; /* NULL: could not be read, see error */
	int error;		   /* -errno of the reading */
	pid_t pid;	  /* the lowest process in it, by namespaces_find_processes(); 0: none */
	char command[16]; /* that process's name */
};

/* The room for a table's text, of one reading after the other. */
struct table_text {
	char *data;
	size_t size, room;
};

struct namespaces {
	struct mntns *list;
	size_t count;
	bool is_full;		 /* read by namespaces_read_full() */
	bool with_unique_ids;	 /* and every mount with its id */
	size_t hidden_processes; /* whose namespace the caller may not even name; by the same */
	/* Whether the walk has found those without a process. -EPERM: the kernel lets only root in
	 * the initial pid namespace walk (since 6.18; see may_see_all_namespaces()); -ENOTTY: it
	 * knows no such walk. */
	int walk_error;
	struct process
		*processes; /* the lowest in each namespace, once they have been looked for */
	size_t process_count;
	bool has_processes;
	struct table_text text;
};

/* Every mount namespace that the caller may see, read light. -ENOENT: no /proc; then @ret holds
 * only the caller's own, as far as that can be read. */
int namespaces_read(struct namespaces **ret);
/* The same, each with all that mountinfo says (struct mount.fs), and also those that only a process
 * leads to: the caller is told of what it may not read. Includes namespaces_find_processes(). */
int namespaces_read_full(struct namespaces **ret);
/* The same, but struct mount.id is not filled in everywhere; it costs less. */
int namespaces_read_full_without_ids(struct namespaces **ret);
void namespaces_free(struct namespaces *namespaces);
static inline void cleanup_namespaces(struct namespaces **namespaces)
{
	namespaces_free(*namespaces);
}

/* Fill in pid and command of every namespace that has a process; reads /proc once. */
void namespaces_find_processes(struct namespaces *namespaces);

/* In namespaces-read.c: all that mountinfo says of @mntns, whose id, inode, mounts and pid are
 * filled in as far as they are known. @fd: it, open; or -1. -EPERM: not the caller's to enter. */
int namespace_read_full(const struct mntns *mntns, int fd, bool with_unique_ids,
	struct table_text *text, struct snapshot **ret);
/* Ids and places alone, by statmount where there is one. */
int namespace_read_light(const struct mntns *mntns, struct table_text *text, struct snapshot **ret);
/* All of the caller's own, as the caller sees it. */
int namespace_read_own_full(const struct mntns *mntns, bool with_unique_ids, struct snapshot **ret);

/* The namespace that @snapshot is of. */
struct mntns *namespaces_of(const struct namespaces *namespaces, const struct snapshot *snapshot);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * namespaces: which mount namespaces there are, and a snapshot of each. Each is read once; the
 * caller's own is always the first.
 *
 * The kernel lists them by id (NS_MNT_GET_NEXT, Linux 6.12), also those without a process, for
 * callers that it allows to. Otherwise they are found by the processes in them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "namespace-processes.h"
#include "namespace-read.h"

struct namespaces {
	struct mntns *list;
	size_t count;
	bool is_full;	      /* read by namespaces_read_full() */
	bool with_unique_ids; /* every struct mount.id is filled in */
	bool with_hidden;     /* also mounts without struct mount.fs */
	bool is_own_only;     /* read by namespaces_read_own() */
	/* 0: the kernel has listed them, so those without a process are found. -EPERM: it lists
	 * them only for root in the initial pid namespace (since 6.18; see
	 * may_see_all_namespaces()). -ENOTTY: it has no such list. */
	int walk_error;
	bool sees_all; /* the list of the kernel has all namespaces */
	/* By own_view_widen(): the path of the caller's root directory in its namespace; NULL: the
	 * root itself. own_error: why mounts that the root directory hides could not be read. */
	char *own_root;
	int own_error;
	struct processes processes;
	int watch; /* each namespace is reported by this queue, see kernel_watch_new(); -1 */
	struct table_text text;
};

/* Read every mount namespace that the caller may see, light. -ENOENT: no /proc; then @ret has the
 * caller's own namespace alone, if that can be read. */
int namespaces_read(struct namespaces **ret);
/* The same, with everything that mountinfo has (struct mount.fs), and with the namespaces that are
 * only found by a process; those may be unreadable. Includes namespaces_find_processes(). */
int namespaces_read_full(struct namespaces **ret);
/* The same, for whom the names of most mounts are enough: on kernels whose statmount does not say
 * all that mountinfo does (before 6.18), mounts that mountinfo does not show have no struct
 * mount.fs. */
int namespaces_read_named(struct namespaces **ret);
/* The same, but faster: struct mount.id is not filled in everywhere. */
int namespaces_read_full_without_ids(struct namespaces **ret);
/* Read the caller's own namespace alone, light, for what can't reach others. */
int namespaces_read_own(struct namespaces **ret);
/* Only which namespaces have a process here: inode, pid and command; the own one need not be the
 * first. -ENOMEM, or the error of reading /proc. */
int namespaces_find(struct namespaces **ret);
/* namespaces_read_full(), and have the queue @watch report each namespace from before it is read,
 * but for those with is_unreported. -EPERM: it can't report the caller's own. */
int namespaces_read_watched(int watch, struct namespaces **ret);
void namespaces_free(struct namespaces *namespaces);
static inline void cleanup_namespaces(struct namespaces **namespaces)
{
	namespaces_free(*namespaces);
}

/* -ENOMEM if a mount's root or target could not be read in any of them; see snapshot_error(). */
int namespaces_error(const struct namespaces *namespaces);

/* Fill in pid and command of every namespace that has a process. Reads /proc once. */
void namespaces_find_processes(struct namespaces *namespaces);

/* Look again which namespaces there are, in a list that namespaces_read_full() or
 * namespaces_read_watched() has made: read and append those that are new, and drop those that are
 * gone. Pointers to the list's members are not valid afterwards. */
int namespaces_read_new(struct namespaces *namespaces);
/* In a list that namespaces_read() has made: read and append those that are not in it. */
int namespaces_add_new(struct namespaces *namespaces);
/* Read one of them again. Its snapshot is NULL if that fails; see mntns->error. */
void namespaces_read_again(struct namespaces *namespaces, struct mntns *mntns);
/* Drop those that the kernel does not know any more. Pointers as above. */
void namespaces_drop_gone(struct namespaces *namespaces);

/* The namespace that @snapshot belongs to. */
struct mntns *namespaces_of(const struct namespaces *namespaces, const struct snapshot *snapshot);

/* Whether a less privileged user namespace than that of the caller's mount namespace owns @mntns.
 * False also if that is not known. */
bool namespaces_is_less_privileged(const struct namespaces *namespaces, const struct mntns *mntns);

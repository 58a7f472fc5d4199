/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* progress: what has been done so far of what was asked for. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "attach.h"
#include "kernel.h"

struct wish;

/* The acts of an operation. */
enum act {
	OF_TUCK = 1,
	OF_REVEAL = 2,
	OF_BENEATH = 4, /* to take away what lies beneath the top mount */
	OF_BOTH = OF_TUCK | OF_REVEAL,
	OF_ALL = OF_BOTH | OF_BENEATH,
	OF_CARRY = 8, /* part of the tuck */
};

struct progress {
	enum attach_way way;  /* by progress_way() */
	int kernel_error;     /* the kernel's answer to the attempt; 0: it has not been tried */
	bool holds_lock;      /* attach_lock(), for all of the operation */
	bool lock_is_foreign; /* somebody else keeps it, so it is not waited for again */
	int origin; /* the caller's tree, if carry_make() has used it up; -1: it has not */
	bool is_attached;
	struct mount_identity attached; /* the new mount */
	bool is_revealed;
	size_t removed;		/* so many mounts have been taken away from beneath the top mount */
	dev_t old_device;	/* what the top mount showed, noted before it is unmounted */
	char *old_root;		/* NULL: not known */
	unsigned int old_flags; /* of that mount, as struct mount has them */
	int old_group;		/* its peer group; 0: none */
	bool has_asked;		/* whether what would show answers, in this check of all rules: */
	int asked, answer;	/* -errno of asking, and of statfs(2) */
};

/* How the source is to be attached; found out once, by trying. */
enum attach_way progress_way(struct progress *progress);

/* Take attach_lock(), if the way of attaching needs it and it is not held yet. Returns a descriptor
 * to close, or -1. */
int progress_lock(struct progress *progress);

/* The source, if it is a tree that the caller made. The descriptor stays where it is. */
int progress_tree(const struct progress *progress, const struct wish *wish);

/* mountinfo's id of the new mount, once it is attached. Where the kernel has unique ids, it is
 * asked for by the descriptor @new if nothing else has told it. */
int progress_attached_id(struct progress *progress, int new);

/* Whether there is, or will be after the tuck, a descriptor of the mount beneath the top mount,
 * which has the unique id @id, or 0. */
bool progress_has_beneath(struct progress *progress, const struct wish *wish, uint64_t id);

/* The acts that are still to be done. */
unsigned int progress_acts(const struct progress *progress, const struct wish *wish);

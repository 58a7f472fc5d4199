/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * wish: what the caller asked for. It is filled in by the public API's setters and is const for
 * everybody else.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "kernel.h"
#include "libmnttuck.h"

enum source_kind {
	SOURCE_NONE,
	SOURCE_BIND,
	SOURCE_RBIND,
	SOURCE_MOVE,
	SOURCE_TREE, /* a detached tree that the caller made */
};

/* A target or a source, as it was given, and the file that it named then. */
struct operand {
	char *path;			/* as it was given */
	char *shell;			/* the same, quoted for a shell command */
	int fd;				/* O_PATH, or a tree; -1: it could not be opened */
	int error;			/* -errno of opening the target */
	struct mount_identity identity; /* the mount that the file is on; see operand_short_id() */
};

/* MOUNT_ATTR_* as mount_setattr(2) takes them. */
struct attributes {
	uint64_t set, clear;
};

struct wish {
	enum mnttuck_rules rules;
	bool refuses_unchecked;
	uint64_t skipped; /* rules that are not checked, a bit for each row of the table */
	enum { GROUPS_BY_RULES, GROUPS_KEPT, GROUPS_LEFT } groups; /* of a clone */
	int namespace_fd; /* to work in; -1: the caller's */
	/* One place of mnttuck_replace_elsewhere(), which does the others by themselves. */
	bool is_one_of_many;
	bool is_alone;	       /* then: nothing there passes mounts on to another namespace */
	dev_t tree_device;     /* then: what a SOURCE_TREE shows */
	const char *tree_root; /* belongs to somebody else; NULL: not known */
	unsigned int
		old_flags; /* then: of the old version at the target, as struct mount has them */
	mnttuck_log log;   /* NULL: none */
	void *log_data;
	mnttuck_confirm confirm; /* NULL: none */
	void *confirm_data;
	unsigned int operations; /* enum mnttuck_operation */

	struct operand target, source;
	enum source_kind kind;

	/* Of the whole tree, and then of the new mount alone. */
	struct attributes tree_attributes, attributes;
	int idmapping_fd; /* a user namespace; -1: none */
	bool idmapping_is_recursive;
	unsigned long propagation; /* MS_SHARED ...; 0: as the kernel makes it */
	bool propagation_is_recursive;
};

void wish_init(struct wish *wish);
void wish_clear(struct wish *wish);

/* Tell the caller's log what is done. */
void wish_tell(const struct wish *wish, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Ask the caller whether to go on: 0, or -ECANCELED. */
int wish_confirm(const struct wish *wish);

/* -ENOMEM. */
int operand_name(struct operand *operand, const char *path);
void operand_clear(struct operand *operand);

/* mountinfo's id of the operand's mount; 0: not known. Where the kernel has unique ids, it is asked
 * for each time: most operations do without. */
int operand_short_id(const struct operand *operand);

/* Whether the new mount stays in the peer groups of the mount that it is a clone of. */
bool wish_keeps_groups(const struct wish *wish);

/* The source as an argument of mount(8), "--bind /tmp". The caller frees it. NULL: there is none,
 * or it is a tree that the caller made. -ENOMEM. */
int wish_source_as_argument(const struct wish *wish, char **ret);

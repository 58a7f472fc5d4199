/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * facts: one tuck and what is known of it.
 *
 * The struct behind the public API. The rules ask it for facts; a fact that costs is read when the
 * first rule asks for it and kept until operation_forget(), because after a refusal by the kernel
 * everything is read anew.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "attach.h"
#include "effects.h"
#include "kernel.h"
#include "libmnttuck.h"
#include "propagation.h"

struct mount;
struct mntns;
struct namespaces;
struct snapshot;

enum source_kind {
	SOURCE_NONE,
	SOURCE_BIND,
	SOURCE_RBIND,
	SOURCE_MOVE,
	SOURCE_TREE, /* a detached tree that the caller made */
};

/* A file, the mount that it is on, and that mount's parent. */
struct located {
	char *path;  /* as it was given */
	char *shell; /* the same, quoted for a shell command */
	int fd;	     /* O_PATH */
	int open_error;
	struct mount_identity identity;

	bool is_read;
	int read_error;		      /* -ENOENT: the mount is not in the caller's namespace */
	bool is_at_root_of_namespace; /* known where its parent is not */
	struct snapshot *snapshot, *parent_snapshot;
	struct mount *mount;  /* NULL: see read_error */
	struct mount *parent; /* NULL: not to be had */
};

/* MOUNT_ATTR_* as mount_setattr(2) takes them. */
struct attributes {
	uint64_t set, clear;
};

struct mnttuck {
	enum mnttuck_rules rules;
	unsigned int operations; /* MNTTUCK_TUCK, MNTTUCK_REVEAL, MNTTUCK_FORCE */

	struct located target;
	struct located source; /* of a tree: no more than the name and what its root is */
	enum source_kind kind;
	int tree; /* the fd to attach: a detached tree, or the moved mount */

	struct attributes attributes, tree_attributes; /* the new mount's; first its whole tree's */
	uint64_t attributes_before;		       /* a moved mount's own, to go back to */
	unsigned long propagation;
	bool propagation_recursive;

	enum attach_way way; /* by operation_way() */

	/* Facts that cost. */
	struct namespaces *namespaces;
	int namespaces_error;
	bool wants_names; /* read namespaces with all that mountinfo says of a mount */
	bool namespaces_have_processes;
	bool place_is_read;
	struct place place; /* of the mount point, on the parent's filesystem */

	bool is_foreseen;
	int foreseen_error;
	struct outlook outlook;

	int kernel_error; /* what the kernel answered to the attempt; 0: not tried */

	/* The report. */
	struct mnttuck_check *checks;
	size_t checks_count;
	char **details;
	bool is_refused;
	struct mnttuck_refusal refusal;
	char *message, *remedy;
	char *outcome;
	struct report_places places;

	bool is_attached;
	struct mount_identity attached;
	bool is_revealed;
};

/* The mount of @located and its parent, read once: 0, or why it can't be. */
int operation_read(struct located *located);

/* Whether there is statmount, or else /proc/self/mountinfo, to read mounts from. */
bool operation_sees_mounts(const struct mnttuck *tuck);

/* How the source is to be attached; found out once. */
enum attach_way operation_way(struct mnttuck *tuck);

/* Whether the new mount stays in the peer groups of the mount that it is a clone of: the kernel's
 * rules allow that. */
bool operation_keeps_groups(const struct mnttuck *tuck);

/* Where to let it arrive by propagation: false if too little is known of the parent. */
bool operation_attach_place(struct mnttuck *tuck, struct attach_place *place);

/* The acts (OF_TUCK, OF_REVEAL) that are still to be done. */
unsigned int operation_acts(const struct mnttuck *tuck);

/* What those will do in every namespace; NULL: that can't be known. The namespaces' snapshots are
 * then as they would be, so no other fact may be asked of them afterwards. */
const struct outlook *operation_outlook(struct mnttuck *tuck);

/* What mnttuck_get_outcome() will answer: what was done, and how it ended. Without memory nothing.
 */
void operation_tell(struct mnttuck *tuck, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* What lies at @path now, bottom first, for a person; NULL: unknown. The caller frees it. */
char *operation_describe_stack(const char *path);

/* Every namespace that the caller may see; NULL: none can be read. */
struct namespaces *operation_namespaces(struct mnttuck *tuck);

/* Whether the target lies on what it lay on when it was read. If not, what has been read of other
 * namespaces since is of another time, and together they tell of a state that never was. */
bool operation_is_steady(const struct mnttuck *tuck);

/* The process that stands for the namespace of @mount. */
struct mntns *operation_namespace_of(struct mnttuck *tuck, const struct mount *mount);

/* The namespace, other than the caller's, that holds the mount of @identity; NULL: none that can be
 * seen.
 * @mount: where that mount goes. */
struct mntns *operation_find_foreign(
	struct mnttuck *tuck, const struct mount_identity *identity, struct mount **mount);

/* A namespace in words: "the mount namespace of process 12 (sleep)". */
struct namespace_text {
	char text[160];
};
struct namespace_text operation_describe_namespace(
	const struct mnttuck *tuck, const struct mntns *where);

/* The mount point that the top mount covers. Its path is NULL where it can't be known. */
const struct place *operation_place(struct mnttuck *tuck);

/* The source as mount(8) is told of it, "--bind /tmp"; NULL for a tree that the caller made. The
 * caller frees it. */
char *operation_source_words(const struct mnttuck *tuck);

/* Drop every fact about mounts, so that it is read anew. */
void operation_forget(struct mnttuck *tuck);

void located_init(struct located *located);
int located_name(struct located *located, const char *path);
void located_clear(struct located *located);

/* @text grows by @item, with @separator before it if it is not the first. 0, or -ENOMEM: then it is
 * NULL. */
int text_add(char **text, const char *separator, const char *item);

/* @path as one word of a shell command; the caller frees it. */
char *shell_quote(const char *path);

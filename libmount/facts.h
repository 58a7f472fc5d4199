/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * facts: what was read, or worked out, for one decision.
 *
 * A fact is read when the first rule asks for it, and kept for that decision. All facts are in one
 * struct, so facts_free() forgets all of them; the next question then reads anew.
 */
#pragma once

#include <stdbool.h>

#include "carry.h"
#include "effects.h"
#include "kernel.h"
#include "mount-point.h"
#include "passage.h"

struct mntns;
struct mount;
struct namespaces;
struct operand;
struct progress;
struct mnttuck_world;
struct snapshot;
struct wish;

/* The mount that an operand is on, and that mount's parent. */
struct located {
	bool is_read;
	int error;		      /* -ENOENT: it is not in the caller's namespace */
	bool is_at_root_of_namespace; /* also known if the parent is not */
	struct snapshot *snapshot, *parent_snapshot;
	struct mount *mount;  /* NULL: see error */
	struct mount *parent; /* NULL: it can't be read */
};

/* What is to be taken away from beneath the top mount. */
struct beneath {
	bool is_read;
	int error;
	struct mount *base;  /* the mount that the first of the list lies on */
	struct mount **list; /* in the caller's namespace, the lowest first */
	size_t count;	     /* 0: nothing lies beneath the top */
	bool is_automount;   /* only an automount lies beneath the top */
	/* The way by which the unmounts arrive, as it is before a plan takes members of the peer
	 * group, or masters, of the base away. */
	struct passage_target passage;
};

struct facts {
	const struct wish *wish;
	struct progress *progress;
	struct mnttuck_world *world;
	bool is_watching;
	int watch;	  /* the caller's mountinfo, opened before all else; -errno: not there */
	bool wants_names; /* namespaces are read with everything that mountinfo has */

	struct located target, source;
	struct namespaces *namespaces; /* the world's, unless owns_namespaces */
	bool owns_namespaces;
	int namespaces_error;
	bool namespaces_have_processes;
	bool own_root_is_read, point_is_read, effects_are_read, carry_is_read;
	int own_root_error, point_error, effects_error, carry_error;
	char *own_root; /* the path of the caller's root directory on its filesystem */
	struct mount_point point;
	struct beneath beneath;
	struct effects effects;
	struct carry carry;
};

/* Forget everything that was read, except what the world keeps. The wish and the progress stay. */
void facts_free(struct facts *facts);
/* The same, and have the world read everything again. */
void facts_forget(struct facts *facts);
/* At the end of an operation: facts_free(), or facts_forget() if the kernel has refused what the
 * rules accept. */
void facts_end(struct facts *facts);

/* Read the mount of the target, or of the source, and its parent: 0, or why that can't be. */
int facts_read_target(struct facts *facts);
int facts_read_source(struct facts *facts);

/* Read a mount alone, anew, as for an operand. Free it by located_free(). */
int located_read(struct located *located, const struct mount_identity *identity);
/* The same, after @other has been read: before statmount the whole table was read for that, so the
 * mount is looked for there. @other stays until @located is freed. */
int located_read_beside(struct located *located, const struct mount_identity *identity,
	const struct located *other);
void located_free(struct located *located);

/* Whether to ask if a mount is locked, which costs a child process. The kernel locks mounts that
 * come from a mount namespace of another user namespace. In the initial one they are very rare:
 * root must have put mounts of a container into a peer group of the host's. So there the kernel is
 * asked first. */
bool facts_may_be_locked(const struct facts *facts);

/* Whether mounts can be read at all: by statmount, or from /proc/self/mountinfo. */
bool facts_see_mounts(const struct facts *facts);

/* -ENOMEM if a root or target of a mount could not be read for want of memory; see
 * snapshot_error(). */
int facts_error(const struct facts *facts);

/* Where to attach by propagation. -ENOENT: the target's parent, or its path, is not known. */
int facts_attach_target(struct facts *facts, struct passage_target *target);

/* Every namespace that the caller may see; NULL: none can be read, see namespaces_error. */
struct namespaces *facts_namespaces(struct facts *facts);

/* The source's mount in the snapshot of the caller's whole namespace; NULL: not known. */
struct mount *facts_source_in_namespace(struct facts *facts);

/* The source's path in the snapshot of the caller's whole namespace, which begins at that
 * namespace's root. Only if facts_namespaces() has an answer. The caller frees it. */
int facts_source_path(struct facts *facts, char **ret);

/* The namespace of @mount, which is of one of facts_namespaces(), with its process. */
struct mntns *facts_namespace_of(struct facts *facts, const struct mount *mount);

/* The namespace, other than the caller's, that has the mount of @operand, and the mount; NULL: none
 * that can be seen. */
struct mntns *facts_find_foreign(
	struct facts *facts, const struct operand *operand, struct mount **mount);

/* The mount point that the target's top mount covers. @ret stays the facts'; its path is NULL if it
 * can't be known. -ENOMEM. */
int facts_mount_point(struct facts *facts, const struct mount_point **ret);

/* The own_root of a question about @parent, the target's, to mount-point.h: it can cost a child
 * process. NULL: can't be known, or -ENOMEM in own_root_error. */
const char *facts_own_root_of(struct facts *facts, struct mount *parent);

/* Whether the target's parent passes what is mounted at the target on to @mount, so that it lands
 * on the root of @mount: 1 or 0; -ENODATA: can't be known; -ENOMEM. */
int facts_parent_passes_on_to(struct facts *facts, struct mount *mount);

/* What lies beneath the top mount, as far as it is to go: one mount or all. An automount is not
 * counted, nor what lies beneath it. To be asked before facts_effects(); errors as there. */
int facts_beneath(struct facts *facts, const struct beneath **ret);

/* The mounts on the top mount, and whether they can be carried over to the source; without a
 * source, whether they can be cloned. Errors as carry_read() and carry_survey(). */
int facts_carry(struct facts *facts, const struct carry **ret);

/* What the acts that are still to be done change, in every namespace. They change the snapshots,
 * which are the facts' own by then, so no other fact may be asked for afterwards. -ENOMEM; -ENOENT:
 * the top mount or its parent was not read; -ENODATA: it can't be known where it is. */
int facts_effects(struct facts *facts, const struct effects **ret);

/* For facts-effects.c: the namespaces, to be changed by a plan; and the own_root of a question
 * about the target's parent to mount-point.h, which can set own_root_error. */
int facts_take_namespaces(struct facts *facts);
const char *facts_own_root_of(struct facts *facts, struct mount *parent);

/* Whether the top mount can be unmounted exactly (detach-exact.h), or why not. */
enum exactness {
	EXACT_POSSIBLE,
	EXACT_NOT_SHARED,  /* what lies beneath is not shared */
	EXACT_IN_GROUP,	   /* the top mount is in the peer group of what lies beneath */
	EXACT_UNBINDABLE,  /* the top mount can't be cloned */
	EXACT_WITH_MOUNTS, /* mounts on the top mount go with it: the kernel keeps what others lie
			      on */
	EXACT_NO_PATH,	   /* no path is known that leads to the top mount */
	EXACT_OLD_KERNEL,
};

/* To be asked after facts_effects(). Can cost a child process, once. */
enum exactness facts_exactness(const struct facts *facts);

/* Whether a mount came or went since the facts were read: in the caller's namespace, and in all
 * others if they were read. To be asked right before an act. */
bool facts_have_changed(const struct facts *facts);

/* Whether the target's mount still lies where it was when it was read. If not, facts that were read
 * since contradict each other. */
bool facts_are_steady(const struct facts *facts);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libmnttuck.h - attach a mount beneath the top mount at a path, with a reason for each refusal
 *
 * One struct mnttuck is one tuck: its target, its source, its settings, and the report of what was
 * found. examples/tuck.c shows its use.
 *
 * Functions that return int return 0 or a positive answer, or a negative errno value. After a
 * negative answer nothing has changed. The functions that change mounts return a positive number if
 * mounts were changed, but something is not as it was meant: mnttuck_get_outcome() says what.
 *
 * The library prints nothing, never exits, leaves errno alone, and may be used in a program with
 * threads, one struct mnttuck by one thread at a time. Results and their strings live until the
 * struct is changed or used for anything else. Every descriptor is close-on-exec.
 */
#ifndef LIBMNTTUCK_H
#define LIBMNTTUCK_H

#include <stddef.h>
#include <stdint.h>

#include "libmnttuck-beneath.h"
#include "libmnttuck-everywhere.h"
#include "libmnttuck-wait.h"
#include "libmnttuck-world.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mnttuck;
struct mnttuck_check;	/* a rule, and the result of checking it */
struct mnttuck_place;	/* a mount point in a mount namespace */
struct mnttuck_refusal; /* why an operation was refused */

/* The operations of a tuck: one of the first two, or both; or one of the last two alone. */
enum mnttuck_operation {
	MNTTUCK_TUCK = 1 << 0,	 /* attach a source beneath the top mount */
	MNTTUCK_REVEAL = 1 << 1, /* unmount the top mount, so that the mount beneath it shows */
	MNTTUCK_FORCE = 1 << 2,	 /* with REVEAL: lose mounts on the top, leave namespaces behind */
	MNTTUCK_REMOVE_BENEATH = 1 << 3, /* unmount the mount directly beneath the top mount */
	MNTTUCK_REMOVE_ALL = 1 << 4,	 /* unmount every mount beneath the top mount */
	MNTTUCK_EVERYWHERE = 1 << 6,	 /* with both: mnttuck_replace_elsewhere() will follow */
	MNTTUCK_EXACT = 1 << 7,		 /* with REVEAL: the kernel takes no other mount */
	MNTTUCK_CARRY = 1 << 5, /* with TUCK: the source gets clones of the mounts on the top */
};

/* Which rules are checked. */
enum mnttuck_rules {
	MNTTUCK_STRICT, /* all: also those that no kernel enforces */
	MNTTUCK_KERNEL, /* of the rules about a tuck those of the running kernel alone; and the
			 * clone of a source path keeps its groups; see mnttuck_keep_groups() */
};

/* How a source path is attached. */
enum mnttuck_source {
	MNTTUCK_BIND,  /* a clone of the directory or file without submounts; private (strict) */
	MNTTUCK_RBIND, /* a clone with its submounts; made private (strict) */
	MNTTUCK_MOVE,  /* the mount itself, which is no longer where it was */
};

/* The result of checking one rule. */
enum mnttuck_verdict {
	MNTTUCK_OK,
	MNTTUCK_REFUSED,
	MNTTUCK_UNCHECKED,     /* only the attempt can tell */
	MNTTUCK_NOT_APPLICABLE /* the rule is not for this target, source or choice of rules */
};

/* How a source was attached. */
enum mnttuck_way {
	MNTTUCK_NOT_ATTACHED,
	MNTTUCK_BY_FLAG,	/* move_mount(2) with MOVE_MOUNT_BENEATH, Linux 6.5 */
	MNTTUCK_BY_PROPAGATION, /* on kernels without that, Linux 5.12 to 6.4 */
};

/* The texts of a refusal, or of a check; each is NULL where there is none. */
enum mnttuck_text {
	MNTTUCK_RULE,	 /* the id of the rule, as in mount_tuck(7); stable, for programs */
	MNTTUCK_OBJECT,	 /* a refusal: the target's or the source's path, as it was given */
	MNTTUCK_MESSAGE, /* a refusal: the reason, one sentence without its full stop */
	MNTTUCK_REMEDY, /* a refusal: what to do: lines of sentences without their full stop, and of
			   commands for a shell, which begin with a tab */
	MNTTUCK_REFUSES, /* a check: what the rule refuses, in one line */
	MNTTUCK_DETAIL,	 /* a check: what was found */
};

/* What a place is. */
enum mnttuck_place_kind {
	MNTTUCK_AFFECTED, /* the operation changes what is mounted there */
	MNTTUCK_APART,	  /* the old version is mounted there, and no unmount reaches it */
	MNTTUCK_FOUND,	  /* mnttuck_find() has found it */
	MNTTUCK_LEFT,	  /* the old version is still there, or what may be an earlier one */
	MNTTUCK_REPLACED, /* mnttuck_replace_elsewhere() has put the new version in its place */
	MNTTUCK_UNSEEN,	  /* what is there could not be seen: MNTTUCK_ERROR says why */
	MNTTUCK_HOLDS,	  /* mnttuck_wait(): who holds it: see MNTTUCK_HOLD */
	MNTTUCK_LOST,	  /* a mount on the old version, which would be unmounted with it */
};

/* The texts of a place; each is NULL where there is none. Mounts are named by their source. */
enum mnttuck_place_text {
	MNTTUCK_COMMAND,   /* the name of the process MNTTUCK_PID */
	MNTTUCK_TARGET,	   /* the path in the namespace */
	MNTTUCK_BENEATH,   /* a tuck: the mount that the new one would lie beneath; NULL: none */
	MNTTUCK_UNMOUNTS,  /* a reveal, or a removal: the mount that would go; NULL: none */
	MNTTUCK_SHOWS,	   /* the mount that a path lookup ends in, or would then end in */
	MNTTUCK_OWN_FLAGS, /* a reveal: "ro,noexec": flags of the place's own, which are set again
			    */
	MNTTUCK_REASON,	   /* LEFT: why it could not be replaced */
	/* AFFECTED, LOST, LEFT: the id of the rule that refuses because of this place, or would if
	 * it were not skipped or forced; NULL: none */
	MNTTUCK_PLACE_RULE,
};

/* The numbers of a place; each is 0 where it is not known. Ids of mounts are those that are never
 * used again (STATX_MNT_ID_UNIQUE, Linux 6.8). */
enum mnttuck_place_number {
	MNTTUCK_KIND,		 /* enum mnttuck_place_kind */
	MNTTUCK_ERROR,		 /* UNSEEN: negative errno; -ENODATA: some of its mounts */
	MNTTUCK_NAMESPACE_ID,	 /* the id that is never used again (Linux 6.12) */
	MNTTUCK_NAMESPACE_INODE, /* of /proc/PID/ns/mnt; UNSEEN: 0: one that was not found */
	MNTTUCK_PID,		 /* the lowest process in the namespace; 0: none is visible */
	MNTTUCK_IS_LEFT,	 /* 1: the old version stays there; 2: maybe an earlier one */
	MNTTUCK_IS_VISIBLE,	 /* FOUND: 1: a path lookup ends in it */
	MNTTUCK_BENEATH_ID,
	MNTTUCK_UNMOUNTS_ID,
	MNTTUCK_SHOWS_ID,
	MNTTUCK_MOUNT_ID, /* FOUND, LEFT, LOST, HOLDS: the mount itself */
	MNTTUCK_HOLD,	  /* HOLDS: enum mnttuck_hold */
};

/* What mnttuck_find() looks for. */
enum mnttuck_find {
	MNTTUCK_STACK, /* the mounts at the target in the caller's namespace, from the bottom */
	MNTTUCK_OLD,   /* where what the target's top mount shows, or showed, is mounted */
	MNTTUCK_NEW,   /* where what the new mount shows is mounted */
};

/* The mounts of an operation. */
enum mnttuck_mount {
	MNTTUCK_NEW_MOUNT,
	MNTTUCK_TOP_MOUNT, /* as it was when the target was set */
};

/* Called with a line without a newline; see mnttuck_set_log(). */
typedef void (*mnttuck_log)(void *data, const char *line);

/* Called right before mounts change; see mnttuck_set_confirm(). */
typedef int (*mnttuck_confirm)(void *data);

/** mnttuck_version - the version of the library, "0.1.0" */
const char *mnttuck_version(void);

/** mnttuck_new - a new, empty tuck, for mnttuck_free(). Returns 0, or -ENOMEM. */
int mnttuck_new(struct mnttuck **ret);

/**
 * mnttuck_free - free @tuck, which may be NULL; what was attached stays, a source that was not goes
 */
void mnttuck_free(struct mnttuck *tuck);

/** mnttuck_set_rules - MNTTUCK_STRICT, the default. Returns 0, or -EINVAL for another value. */
int mnttuck_set_rules(struct mnttuck *tuck, enum mnttuck_rules which);

/**
 * mnttuck_refuse_unchecked - whether a rule that can't be checked refuses
 * @refuses: non-zero: a rule that no kernel enforces refuses if it can't be checked because a mount
 *	namespace can't be found or read. 0, the default: the rule is MNTTUCK_UNCHECKED, with the
 *	reason, and the operation goes on. No effect with MNTTUCK_FORCE.
 *
 * Returns 0.
 */
int mnttuck_refuse_unchecked(struct mnttuck *tuck, int refuses);

/**
 * mnttuck_skip_rule - do not check a rule
 * @rule: the id of a rule that no kernel enforces: receiver-propagates, source-private, carry-*,
 *	reveal-*, beneath-*
 *
 * Returns 0, -ENOENT: there is no such rule; -EPERM: the kernel enforces it.
 */
int mnttuck_skip_rule(struct mnttuck *tuck, const char *rule);

/**
 * mnttuck_keep_groups - whether a clone of a source path stays in its peer groups
 * @keeps: 0: it is made private; non-zero: it stays, and each later tuck of that source doubles the
 *	mounts at the target. Without this call mnttuck_set_rules() decides.
 *
 * Returns 0.
 */
int mnttuck_keep_groups(struct mnttuck *tuck, int keeps);

/**
 * mnttuck_set_log - call @log in the thread of the operation, with a line for each step
 * @log: or NULL
 *
 * Returns 0.
 */
int mnttuck_set_log(struct mnttuck *tuck, mnttuck_log log, void *data);

/**
 * mnttuck_set_confirm - have the caller asked right before mounts change
 * @confirm: called with @data, in the thread of the operation, by mnttuck_attach(),
 *	mnttuck_reveal() and mnttuck_remove_beneath(), when all rules have passed. Non-zero ends the
 *	operation with -ECANCELED, and nothing has changed. NULL: nobody is asked
 *
 * To read all mounts can take long, so a program that must finish what it began blocks its signals
 * here, and not before. Returns 0.
 */
int mnttuck_set_confirm(struct mnttuck *tuck, mnttuck_confirm confirm, void *data);

/**
 * mnttuck_set_namespace - work in another mount namespace
 * @fd: the namespace, /proc/PID/ns/mnt; stays the caller's, a duplicate is kept
 *
 * To be called before the target and the source are set. The target is a path in that namespace,
 * from its root directory. A source path is the caller's: it is cloned at once, by
 * mnttuck_set_source(). A mount can't be moved to another namespace. The library enters the
 * namespace in a thread of its own, for as long as one call takes; no thread of the caller changes.
 * Commands in remedies are for a shell in the caller's namespace.
 *
 * Returns 0, -ENOMEM, -EBUSY if a namespace, target or source is set, -EINVAL if @fd is no mount
 * namespace, or the error of dup(2). The functions that work there then also return the errors of
 * pthread_create(3), unshare(2) and setns(2).
 */
int mnttuck_set_namespace(struct mnttuck *tuck, int fd);

/**
 * mnttuck_set_operations - what is to be done
 * @operations: MNTTUCK_TUCK, the default; MNTTUCK_REVEAL; or both: then the rules of the reveal are
 *	checked before the tuck, too. With MNTTUCK_CARRY the source, always private, gets clones of
 *	the mounts on the top mount before it is attached. With MNTTUCK_FORCE a reveal may lose
 *	mounts on the top mount, leave namespaces behind, and show a version that does not answer.
 *	With MNTTUCK_EXACT a reveal takes the top mount that was checked and no other, whatever
 *	others mount there meanwhile, or is refused.
 *	With MNTTUCK_EVERYWHERE the plan has what mnttuck_replace_elsewhere() would do.
 *	Or MNTTUCK_REMOVE_BENEATH or MNTTUCK_REMOVE_ALL, for mnttuck_remove_beneath().
 *
 * Returns 0, or -EINVAL for another value.
 */
int mnttuck_set_operations(struct mnttuck *tuck, unsigned int operations);

/**
 * mnttuck_set_target - the place beneath whose top mount to attach
 * @dirfd: what a relative @path starts from, or AT_FDCWD
 * @path: the target; symbolic links are followed (open(2) with O_PATH). "": @dirfd itself
 *
 * The target is opened once, here, and used by its descriptor from then on: until mnttuck_wait() or
 * mnttuck_free() the top mount is busy, and only a lazy unmount takes it (MNT_DETACH, umount2(2)).
 * A path that can't be opened is remembered and reported as a refusal by mnttuck_check().
 *
 * Returns 0, -ENOMEM, or -EBUSY if a target was set before.
 */
int mnttuck_set_target(struct mnttuck *tuck, int dirfd, const char *path);

/**
 * mnttuck_set_source - attach a clone of a path, or an existing mount
 * @dirfd: what a relative @path starts from, or AT_FDCWD
 * @path: the source; symbolic links are followed. "": @dirfd itself, a directory or a file
 * @how: MNTTUCK_BIND, MNTTUCK_RBIND or MNTTUCK_MOVE
 *
 * Returns 0, -ENOMEM, -EBUSY if a source was set before, -EINVAL for another value of @how, or for
 * MNTTUCK_MOVE with mnttuck_set_namespace(), or the error of opening @path (open(2)).
 */
int mnttuck_set_source(struct mnttuck *tuck, int dirfd, const char *path, enum mnttuck_source how);

/**
 * mnttuck_set_source_tree - attach a detached tree that the caller made
 * @fd: from fsmount(2), or open_tree(2) with OPEN_TREE_CLONE; stays the caller's, a duplicate is
 * kept
 * @name: what to call it in messages, or NULL
 *
 * It is made private (mount_setattr(2), recursively). With MNTTUCK_CARRY a clone of it is attached.
 *
 * Returns 0, -ENOMEM, -EBUSY if a source was set before, -EINVAL if @fd is of a mount that is
 * attached in the caller's namespace, or the error of dup(2).
 */
int mnttuck_set_source_tree(struct mnttuck *tuck, int fd, const char *name);

/**
 * mnttuck_set_attributes - per-mount flags for the new mount, set before anyone can see it
 * @set: MOUNT_ATTR_* to set (mount_setattr(2)); with MOUNT_ATTR__ATIME in @clear also a mode of
 * atime
 * @clear: MOUNT_ATTR_* to clear
 * @recursive: non-zero: on all mounts of the source's tree
 *
 * There is one setting for all mounts of the tree (@recursive) and one for the new mount alone,
 * which is applied after the first. A later call with the same @recursive replaces an earlier one.
 * A moved mount gets both before it is moved, and its old flags again if it can't be attached; the
 * mounts on it get neither.
 *
 * Returns 0, -EINVAL with MOUNT_ATTR_IDMAP, or -EALREADY: it has been attached.
 */
int mnttuck_set_attributes(struct mnttuck *tuck, uint64_t set, uint64_t clear, int recursive);

/**
 * mnttuck_set_idmapping - map the owners of the new mount's files (MOUNT_ATTR_IDMAP, Linux 5.12)
 * @fd: a user namespace whose mapping is used; stays the caller's, a duplicate is kept
 * @recursive: non-zero: on all mounts of the source's tree
 *
 * Not for a mount that is moved.
 *
 * Returns 0, -EALREADY: it has been attached; or the error of dup(2).
 */
int mnttuck_set_idmapping(struct mnttuck *tuck, int fd, int recursive);

/**
 * mnttuck_set_propagation - the new mount's propagation, once it is attached
 * @propagation: MS_SHARED, MS_SLAVE, MS_PRIVATE or MS_UNBINDABLE (mount(2)); 0, the default, leaves
 *	what the kernel made it: shared, in a new peer group, if the target's parent is shared; else
 *	private
 * @recursive: non-zero: on all mounts of the source's tree
 *
 * Returns 0, -EINVAL for another value, or -EALREADY: it has been attached.
 */
int mnttuck_set_propagation(struct mnttuck *tuck, unsigned long propagation, int recursive);

/**
 * mnttuck_check - check every rule that can be checked, and change nothing
 *
 * Rules about a target or a source that has not been set are not checked: with a target alone, the
 * rules that need no source are. Rules that the kernel enforces, and that would have to read all
 * mounts, are left to the kernel, and to mnttuck_explain().
 *
 * Returns 0, -ENOMEM, or the error of a refusal: -EPERM for caller-capable and source-locked,
 * -ENOSYS for kernel-support, -ENOSPC for mount-limit, -ENOENT for source-deleted, else -EINVAL;
 * mnttuck_get_refusal() then says why.
 */
int mnttuck_check(struct mnttuck *tuck);

/**
 * mnttuck_explain - check every rule, also those that have to read all mounts, and change nothing
 *
 * Goes on after the first refusal, so that mnttuck_next_check() has all of them.
 *
 * Returns as mnttuck_check() does.
 */
int mnttuck_explain(struct mnttuck *tuck);

/**
 * mnttuck_attach - check, and attach the source beneath the top mount at the target
 *
 * Uses move_mount(2) with MOVE_MOUNT_BENEATH (Linux 6.5). Where the kernel does not know the flag,
 * the source arrives by propagation (mount_tuck(7)): a child process mounts it in a mount namespace
 * of its own. The caller sees neither SIGCHLD nor an exit status of that child.
 *
 * All that earlier calls have read is read anew. The outcome is verified by mount ids.
 *
 * Returns 0. 1: it was attached, but not all is as it was meant: mnttuck_get_outcome() says what,
 * and mnttuck_get_outcome_error() is -EBUSY if somebody else mounted or unmounted at the target in
 * that moment, or the error of mount_setattr(2) or umount2(2). Negative, and nothing has changed:
 * -ENOMEM, the error of a refusal as in mnttuck_check(), or the kernel's error where no rule
 * explains it (then mnttuck_get_refusal() is NULL); -EINVAL: there is no target or no source;
 * -EALREADY: it was attached before; -ECANCELED: see mnttuck_set_confirm().
 */
int mnttuck_attach(struct mnttuck *tuck);

/**
 * mnttuck_reveal - check, and unmount the top mount at the target
 *
 * To be called for MNTTUCK_REVEAL; with MNTTUCK_TUCK, after mnttuck_attach(). The unmount is lazy
 * (umount2(2) with MNT_DETACH), so a busy top goes, too, and it travels to every namespace that
 * receives from what lies beneath. On a refusal nothing is changed. The outcome is verified by
 * mount ids here and in each of those namespaces. Flags that a place has of its own (ro, nosuid,
 * nodev, noexec, nosymfollow) are set there on the new version, directly after the unmount.
 *
 * Returns 0. A positive number: the top mount was unmounted, but not all is as it was meant:
 * mnttuck_get_outcome() says what. mnttuck_get_outcome_error() is 0 if the old version was left in
 * that number of places, which mnttuck_next_place() lists: with MNTTUCK_FORCE, in namespaces of
 * less privileged user namespaces, where no unmount reaches them, or if somebody mounted there
 * meanwhile; -EBUSY if somebody else mounted or unmounted at the target in that moment; or the
 * error of verifying, or of setting a flag of a place's own. Negative, and nothing has changed:
 * -ENOMEM; the error of a refusal as in mnttuck_check(); the kernel's error where no rule explains
 * it; -EINVAL: there is no target, or the source has not been attached yet; -EALREADY: it was
 * revealed before; -ECANCELED.
 */
int mnttuck_reveal(struct mnttuck *tuck);

/**
 * mnttuck_plan - find out where the operations would take effect, and change nothing
 *
 * Reads every mount namespace that the caller may see, and works out what the operations that are
 * still to be done would change there. mnttuck_next_place() hands out the result: the target's own
 * place first, what could not be seen last. Rules are not checked: an operation that they refuse
 * has no effect at all; MNTTUCK_PLACE_RULE says of a place that it is a reason to refuse.
 *
 * Returns 0, -ENOMEM, -EINVAL without a target, -ENOENT where the target is no mount of this
 * namespace, -ENODATA where it can't be known what it is mounted on, or the error of reading.
 */
int mnttuck_plan(struct mnttuck *tuck);

/**
 * mnttuck_find - look for mounts, and change nothing
 * @what: enum mnttuck_find. OLD and NEW look in every mount namespace that the caller may see.
 *
 * mnttuck_next_place() hands out the result: places of the kind MNTTUCK_FOUND, and MNTTUCK_UNSEEN
 * last.
 *
 * Returns 0, -ENOMEM, -EINVAL for another value or without a target, -ENOENT: there is no such
 * mount any more, or not yet; or the error of reading.
 */
int mnttuck_find(struct mnttuck *tuck, enum mnttuck_find what);

/**
 * mnttuck_watch - a descriptor to wait with until mounts change
 *
 * poll(2) says POLLIN of it after a mount came or went in one of the namespaces that have a process
 * here, or after such a process ended. For one such event: then call this again, which lets go of
 * the namespaces, and ask anew by mnttuck_find(). To miss nothing, call this before mnttuck_find().
 *
 * Returns the descriptor, which is the struct's and is closed by the next mnttuck_watch() and by
 * mnttuck_free(); -ENOMEM, or the error of epoll_create(2) or of reading /proc.
 */
int mnttuck_watch(struct mnttuck *tuck);

/**
 * mnttuck_next_place - the places of the last plan, find, replacement or wait; a reveal or a
 *	removal adds those that were left. @previous: NULL for the first
 */
const struct mnttuck_place *mnttuck_next_place(
	const struct mnttuck *tuck, const struct mnttuck_place *previous);

/** mnttuck_place_text - a text of a place; NULL: there is none */
const char *mnttuck_place_text(const struct mnttuck_place *place, enum mnttuck_place_text which);

/** mnttuck_place_number - a number of a place; 0: it is not known */
int64_t mnttuck_place_number(const struct mnttuck_place *place, enum mnttuck_place_number which);

/** mnttuck_is_revealed - whether the top mount, or one that was mounted over it, is unmounted */
int mnttuck_is_revealed(const struct mnttuck *tuck);

/** mnttuck_get_refusal - why the last check, explain or act refused; NULL: it did not */
const struct mnttuck_refusal *mnttuck_get_refusal(const struct mnttuck *tuck);

/** mnttuck_refusal_text - a text of a refusal */
const char *mnttuck_refusal_text(const struct mnttuck_refusal *refusal, enum mnttuck_text which);

/** mnttuck_refusal_error - the negative errno that the function has returned */
int mnttuck_refusal_error(const struct mnttuck_refusal *refusal);

/** mnttuck_next_check - the rules in the order of the table; @previous is NULL for the first */
const struct mnttuck_check *mnttuck_next_check(
	const struct mnttuck *tuck, const struct mnttuck_check *previous);

/** mnttuck_check_text - a text of a check */
const char *mnttuck_check_text(const struct mnttuck_check *check, enum mnttuck_text which);

/** mnttuck_check_verdict - the verdict of a check */
enum mnttuck_verdict mnttuck_check_verdict(const struct mnttuck_check *check);

/** mnttuck_is_attached - whether the source has been attached, wherever it now lies */
int mnttuck_is_attached(const struct mnttuck *tuck);

/**
 * mnttuck_get_way - how the source was attached
 *
 * Which way it will be is found by trying, when the rules are checked. By propagation a moved mount
 * is attached as a copy, and the original unmounted (lazily); the copy has an id of its own.
 *
 * Returns MNTTUCK_NOT_ATTACHED before mnttuck_is_attached(), else the way.
 */
enum mnttuck_way mnttuck_get_way(const struct mnttuck *tuck);

/**
 * mnttuck_get_outcome - which mount lies where, if an operation did not end as it was meant
 *
 * Returns one sentence without its full stop, or NULL. Commands may follow, as in a remedy.
 */
const char *mnttuck_get_outcome(const struct mnttuck *tuck);

/** mnttuck_get_outcome_error - the negative errno that goes with mnttuck_get_outcome(); or 0 */
int mnttuck_get_outcome_error(const struct mnttuck *tuck);

/**
 * mnttuck_get_mount_id - the ids of the new mount, or of the top mount
 * @unique_id: for the id that is never used again (STATX_MNT_ID_UNIQUE; 0 before Linux 6.8); or
 *	NULL
 * @mountinfo_id: for the id that /proc/self/mountinfo shows; or NULL
 *
 * Returns 0, -ENOENT before the source is attached, or the target set; -EINVAL for another value.
 */
int mnttuck_get_mount_id(const struct mnttuck *tuck, enum mnttuck_mount which, uint64_t *unique_id,
	int *mountinfo_id);

/**
 * mnttuck_get_mount_fd - a descriptor of the new mount's root
 *
 * It stays the struct's. Of use with openat(2), also while the top mount covers the new one.
 *
 * Returns the descriptor, -ENOENT before the source is attached, or -EOPNOTSUPP: it was attached by
 * propagation, and can't be reached until it is revealed.
 */
int mnttuck_get_mount_fd(const struct mnttuck *tuck);

#ifdef __cplusplus
}
#endif

#endif

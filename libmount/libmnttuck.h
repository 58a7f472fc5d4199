/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libmnttuck.h - attach a mount beneath the top mount at a path, with a reason for each refusal
 *
 * One struct mnttuck is one tuck: its target, its source, its settings, and the report of what was
 * found.
 *
 *	struct mnttuck *tuck;
 *	int r = mnttuck_new(&tuck);
 *
 *	r = r ?: mnttuck_set_target(tuck, AT_FDCWD, "/opt");
 *	r = r ?: mnttuck_set_source(tuck, AT_FDCWD, "/srv/opt-2", MNTTUCK_BIND);
 *	r = r ?: mnttuck_attach(tuck);
 *	if (r < 0 && mnttuck_get_refusal(tuck))
 *		fprintf(stderr, "%s\n", mnttuck_get_refusal(tuck)->message);
 *	mnttuck_free(tuck);
 *
 * Functions that return int return 0 (or a positive answer), or a negative errno value. The library
 * prints nothing, never exits, and may be used in a program with threads, one struct mnttuck by one
 * thread at a time. All strings that it hands out belong to the struct and live as long as it does.
 * Every file descriptor that it opens is close-on-exec.
 */
#ifndef LIBMNTTUCK_H
#define LIBMNTTUCK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct mnttuck;

/* The operations of a tuck: one of the first two, or both. */
enum mnttuck_operation {
	MNTTUCK_TUCK = 1 << 0,	 /* attach a source beneath the top mount */
	MNTTUCK_REVEAL = 1 << 1, /* unmount the top mount, so that the mount beneath it shows */
	MNTTUCK_FORCE = 1 << 2,	 /* with REVEAL: lose mounts on the top, leave namespaces behind */
};

/* Which rules are checked. */
enum mnttuck_rules {
	MNTTUCK_STRICT, /* all: also those that no kernel enforces */
	MNTTUCK_KERNEL, /* only those that the running kernel enforces; and a clone of a source path
			 * stays in its peer groups, which the kernel allows */
};

/* How a source path is attached. */
enum mnttuck_source {
	MNTTUCK_BIND,  /* a clone of the directory or file, without submounts; made private (strict)
			*/
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

/* One rule, and the result of checking it. */
struct mnttuck_check {
	const char *rule;    /* its id, as in mount_tuck(7); stable, for scripts */
	const char *refuses; /* what the rule refuses, in one line */
	enum mnttuck_verdict verdict;
	const char *detail; /* what the check found; NULL: nothing to report */
};

/* One path in one namespace at which mnttuck_plan() found that mounts would be attached or
 * unmounted. */
struct mnttuck_place {
	uint64_t namespace_inode; /* of /proc/PID/ns/mnt; 0, with an error: there may be further
				     namespaces, which were not found */
	int pid;		  /* the lowest process in that namespace; 0: none is visible */
	const char *command;	  /* that process's name; or "" */
	int error; /* negative errno: the namespace could not be read, and the rest is NULL */
	const char *target;    /* the path in that namespace */
	const char *beneath;   /* a tuck: source of the mount that the new one would lie beneath;
				  NULL: nothing is mounted there, it would simply be mounted */
	const char *unmounts;  /* a reveal: source of the mount that would go; NULL: none */
	const char *shows;     /* source of what a path lookup would then end in */
	int is_left;	       /* a reveal: non-zero: the old version would stay there, because
				  something keeps it or because no unmount reaches it */
	const char *own_flags; /* a reveal: "ro,noexec": flags that the old version has there, and
				  not at the target, and that are set on the new one; NULL: none */
};

/* Why a tuck was refused.
 *
 * The remedy is one or more lines: sentences, without their full stop, and commands for a shell. A
 * line that begins with a tab is a command; the sentence before it ends with a colon. A command can
 * be pasted as it is, except for words in capital letters (SOURCE). */
struct mnttuck_refusal {
	const char *rule;    /* its id; stable, for scripts */
	const char *object;  /* the target's or the source's path, as it was given */
	const char *message; /* the reason, one sentence without its full stop */
	const char *remedy;  /* what to do, or NULL; see below */
	int error;	     /* the negative errno that the function returned */
};

/**
 * mnttuck_new - a new, empty tuck
 * @ret: where it goes; free it with mnttuck_free()
 *
 * Returns 0, or -ENOMEM.
 */
int mnttuck_new(struct mnttuck **ret);

/**
 * mnttuck_free - free a tuck, its report and its descriptors
 * @tuck: may be NULL. What was attached stays attached; a source that was not is gone.
 */
void mnttuck_free(struct mnttuck *tuck);

/**
 * mnttuck_set_rules - which rules apply
 * @which: MNTTUCK_STRICT, the default, or MNTTUCK_KERNEL
 *
 * Returns 0, or -EINVAL for another value.
 */
int mnttuck_set_rules(struct mnttuck *tuck, enum mnttuck_rules which);

/**
 * mnttuck_set_operations - what is to be done
 * @operations: MNTTUCK_TUCK, the default; MNTTUCK_REVEAL; or both: then the rules of the reveal are
 *	checked before the tuck, too. With MNTTUCK_FORCE a reveal may lose mounts on the top mount
 *	and leave namespaces on the old version, and the new version is not asked whether it
 *	answers.
 *
 * Returns 0, or -EINVAL for another value.
 */
int mnttuck_set_operations(struct mnttuck *tuck, unsigned int operations);

/**
 * mnttuck_set_target - the place beneath whose top mount to attach
 * @dirfd: what a relative @path starts from, or AT_FDCWD
 * @path: the target; symbolic links are followed (open(2) with O_PATH)
 *
 * The target is opened once, here, and used by its descriptor from then on: until mnttuck_free()
 * the top mount is busy, and only a lazy unmount takes it (MNT_DETACH, umount2(2)). A path that
 * can't be opened is remembered and reported as a refusal by mnttuck_check().
 *
 * Returns 0, -ENOMEM, or -EBUSY if a target was set before.
 */
int mnttuck_set_target(struct mnttuck *tuck, int dirfd, const char *path);

/**
 * mnttuck_set_source - attach a clone of a path, or an existing mount
 * @dirfd: what a relative @path starts from, or AT_FDCWD
 * @path: the source; symbolic links are followed
 * @how: MNTTUCK_BIND, MNTTUCK_RBIND or MNTTUCK_MOVE
 *
 * Returns 0, -ENOMEM, -EBUSY if a source was set before, -EINVAL for another value of @how, or the
 * error of opening @path (open(2)).
 */
int mnttuck_set_source(struct mnttuck *tuck, int dirfd, const char *path, enum mnttuck_source how);

/**
 * mnttuck_set_source_tree - attach a detached tree that the caller made
 * @fd: from fsmount(2), or open_tree(2) with OPEN_TREE_CLONE; stays the caller's, a duplicate is
 * kept
 * @name: what to call it in messages, or NULL
 *
 * The tree is made private before it is attached (mount_setattr(2), recursively).
 *
 * Returns 0, -ENOMEM, -EBUSY if a source was set before, or the error of dup(2).
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
 * Returns 0.
 */
int mnttuck_set_attributes(struct mnttuck *tuck, uint64_t set, uint64_t clear, int recursive);

/**
 * mnttuck_set_propagation - the new mount's propagation, once it is attached
 * @propagation: MS_SHARED, MS_SLAVE, MS_PRIVATE or MS_UNBINDABLE (mount(2)); 0, the default, leaves
 *	what the kernel made it: shared, in a new peer group, if the target's parent is shared; else
 *	private
 * @recursive: non-zero: on all mounts of the source's tree
 *
 * Returns 0, or -EINVAL for another value.
 */
int mnttuck_set_propagation(struct mnttuck *tuck, unsigned long propagation, int recursive);

/**
 * mnttuck_check - check every rule that can be checked, and change nothing
 *
 * Rules about a target or a source that has not been set are not checked: with a target alone, the
 * rules that need no source are. The rules that have to read all mounts are left to the kernel, and
 * to mnttuck_explain().
 *
 * Returns 0, -ENOMEM, or the error of a refusal: -EPERM for caller-capable, -ENOSYS for
 * kernel-support, -ENOSPC for mount-limit, else -EINVAL; mnttuck_get_refusal() then says why.
 */
int mnttuck_check(struct mnttuck *tuck);

/**
 * mnttuck_explain - check every rule, also those that have to read all mounts, and change nothing
 *
 * Goes on after the first refusal, so that mnttuck_get_checks() has all of them.
 *
 * Returns as mnttuck_check() does.
 */
int mnttuck_explain(struct mnttuck *tuck);

/**
 * mnttuck_attach - check, and attach the source beneath the top mount at the target
 *
 * Uses move_mount(2) with MOVE_MOUNT_BENEATH (Linux 6.5). Where the kernel does not know the flag,
 * the source arrives by propagation: a child process, of which the caller sees neither SIGCHLD nor
 * an exit status, lets it, in a mount namespace of its own (mount_tuck(7)). The environment
 * variable LIBMNTTUCK_ATTACH, "flag" or "propagation", chooses, for tests (secure_getenv(3)).
 *
 * On any refusal nothing is changed. The outcome is verified by mount ids: -EBUSY means that the
 * mount was attached, but somebody else mounted or unmounted at the target in that moment and it is
 * not where it was meant to be; mnttuck_get_outcome() says what lies where. A mount whose
 * propagation could not be set after it was attached is reported in the same way, with the error of
 * mount_setattr(2).
 *
 * Returns 0, -ENOMEM, the error of a refusal as in mnttuck_check(), or the kernel's error where no
 * rule explains it (then mnttuck_get_refusal() is NULL). -EALREADY: it was attached before.
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
 * Returns 0; a positive number of places that were left on the old version, which
 * mnttuck_get_outcome() names: with MNTTUCK_FORCE, in namespaces of less privileged user
 * namespaces, where no unmount reaches them, or if somebody mounted there meanwhile;
 * -ENOMEM; the error of a refusal as in mnttuck_check(); the kernel's error where no rule explains
 * it; -EBUSY: an unmount was made, but somebody else mounted or unmounted at the target in that
 * moment, and mnttuck_get_outcome() says what lies where; the error of setting a flag of a place's
 * own, which mnttuck_get_outcome() names; -EINVAL: there is no target, or the
 * source has not been attached yet; -EALREADY: it was revealed before.
 */
int mnttuck_reveal(struct mnttuck *tuck);

/**
 * mnttuck_plan - find out where the operations would take effect, and change nothing
 *
 * Reads every mount namespace that the caller may see, and works out what the operations that are
 * still to be done would change there. mnttuck_get_places() returns the result. Rules are not
 * checked: an operation that they refuse has no effect at all.
 *
 * Returns 0, -ENOMEM, -EINVAL without a target, -ENOENT where the target is no mount of this
 * namespace, -ENODATA where it can't be known what it is mounted on, or the error of reading.
 */
int mnttuck_plan(struct mnttuck *tuck);

/**
 * mnttuck_get_places - what the last mnttuck_plan() found
 * @places: where the array goes; valid until the next plan. The first place is the target's own;
 *	namespaces that could not be read come last.
 *
 * Returns how many there are.
 */
size_t mnttuck_get_places(const struct mnttuck *tuck, const struct mnttuck_place **places);

/**
 * mnttuck_is_revealed - whether the top mount, or another that was mounted over it in that moment,
 * has been unmounted
 */
int mnttuck_is_revealed(const struct mnttuck *tuck);

/**
 * mnttuck_get_refusal - why mnttuck_check(), mnttuck_explain() or mnttuck_attach() refused
 *
 * Returns NULL if none of them did.
 */
const struct mnttuck_refusal *mnttuck_get_refusal(const struct mnttuck *tuck);

/**
 * mnttuck_get_checks - every rule with its verdict, in the order of the table
 * @checks: where the array goes; valid until the next check
 *
 * Returns how many there are.
 */
size_t mnttuck_get_checks(const struct mnttuck *tuck, const struct mnttuck_check **checks);

/**
 * mnttuck_is_attached - whether the source has been attached, wherever it now lies
 */
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
 * Returns one sentence without its full stop, or NULL if all is as it was meant. Commands may
 * follow, on lines that begin with a tab, as in a remedy.
 */
const char *mnttuck_get_outcome(const struct mnttuck *tuck);

/**
 * mnttuck_get_mount_id - the id of the new mount
 * @unique_id: where the id goes that is never used again (STATX_MNT_ID_UNIQUE, Linux 6.8; 0
 * before); or NULL
 * @mountinfo_id: where the id goes that /proc/self/mountinfo shows; or NULL
 *
 * Returns 0, or -ENOENT before the source is attached.
 */
int mnttuck_get_mount_id(const struct mnttuck *tuck, uint64_t *unique_id, int *mountinfo_id);

#ifdef __cplusplus
}
#endif

#endif

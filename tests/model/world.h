/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * world: what one case of the model test happens in: a few mount namespaces and nothing else.
 *
 * The case is a process in a pid namespace of its own, which is in one of its mount namespaces at a
 * time ("current") and goes from one to another by setns(2). Each is kept by a child that sleeps
 * in it, and ends with the case. The first has a new tmpfs as its root, and /proc, which is
 * unbindable so that no copy of it gets in the way; the others were copied from one that there was.
 *
 * Every filesystem is a tmpfs with the same few directories and files, named by the letters of
 * WORLD_NAMES, so that a path that is made up has a fair chance to be there.
 *
 * All chance comes from the seed, and all that is done is noted as a line of shell, so that a case
 * can be told and played again.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct mount;
struct mount_identity;
struct namespaces;

#define WORLD_SPACES 5
#define WORLD_NAMES  "abcf" /* directories, and files "f" */
#define WORLD_PATH   256
#define WORLD_JAIL   "/a" /* of a chroot; see inside.h */

enum inside {
	INSIDE_NOTHING,
	INSIDE_CHROOT_MOUNT,
	INSIDE_CHROOT_DIRECTORY,
	INSIDE_PID,
	INSIDE_USER,
};

/* What the run counts, over all cases. A row of tally_names each. */
enum count {
	/* Of cases: */
	CASES,
	CASES_FAILED,
	CASES_OWN_MOUNT,
	CASES_STACK,
	CASES_SUBMOUNT,
	CASES_MASTERLESS,
	CASES_ANY_OF_THOSE,
	CASES_MANY_NAMESPACES,
	CASES_SET_GROUP,
	CASES_LESS_PRIVILEGED,
	CASES_FLAGS,
	CASES_HIDDEN_ROOT,
	CASES_SELF_BIND,
	CASES_MASK,
	/* Of operations: */
	TUCKS,
	TUCKS_BY_PROPAGATION,
	TUCKS_CARRYING,
	REVEALS,
	TUCKS_AND_REVEALS,
	REVEALS_BY_LIBRARY,
	REVEALS_HIDDEN,
	BENEATH,
	BENEATH_ALL,
	SIGHTS,
	SIGHTS_UNCHECKED,
	SIGHTS_LEFT,
	SIGHTS_REFUSED,
	REFUSED_STRICT,
	REFUSED_KERNEL,
	REFUSED_TRIED,
	REFUSED_REVEAL,
	REFUSED_BENEATH,
	REFUSED_CARRY,
	REMEDIES_PROVED,
	REMEDIES_WITHOUT_COMMAND,
	REMEDIES_OUT_OF_SIGHT,
	REMEDIES_TOO_MANY,
	REMEDIES_FAILED,
	VERDICTS_COMPARED,
	VERDICTS_NOT_COMPARED,
	PLANS,
	PLANS_UNCHECKED,
	PLACES,
	PLACES_STAY,
	MOUNTS,
	COUNTS
};
extern const char *const tally_names[COUNTS];

struct tally {
	unsigned long counts[COUNTS];
};

struct space {
	pid_t sleeper;
	int fd;
	uint64_t id;		 /* 0: the kernel has none */
	bool is_less_privileged; /* another user namespace owns it than the first */
};

struct world {
	uint64_t seed, state;
	struct space spaces[WORLD_SPACES];
	size_t count, current;
	int outside; /* a mount namespace that is none of the case's */
	uint64_t outside_inode;
	int proc; /* /proc, whatever is mounted over it */
	enum inside inside;
	int pids; /* the pid namespace of INSIDE_PID */
	unsigned int filesystems;
	bool verbose;

	struct tally *tally;
	bool has[COUNTS]; /* of this case: CASES_... */

	char *notes;
	size_t notes_size;
	FILE *log;
};

/* Make the first namespace. For a process that is then the case's. */
void world_begin(
	struct world *world, uint64_t seed, enum inside inside, bool verbose, struct tally *tally);

/* A number below @limit, by the seed. */
unsigned int any(struct world *world, unsigned int limit);
/* True @percent times of a hundred. */
bool now_and_then(struct world *world, unsigned int percent);

/* Note what is done in the current namespace, with the error (-errno) that it had, or 0. */
void note(struct world *world, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Tell that the case has failed, with all that was noted; the message may be followed by more. */
void complain(struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The test itself can't go on. */
void give_up(struct world *world, const char *what) __attribute__((noreturn));

static inline void count(struct world *world, enum count what)
{
	world->tally->counts[what]++;
}

/* Go to a namespace. */
void world_enter(struct world *world, size_t space);
/* Go to the root of the current one, which may be another mount than before. */
void world_enter_again(struct world *world);
/* Make one more, a copy of the current one; false: there are enough. @is_less_privileged: by a user
 * namespace below that of the first. */
bool world_copy(struct world *world, bool is_less_privileged);

/* A snapshot of each namespace, with every detail read; the current one is the first. */
struct namespaces *world_read(struct world *world);
/* Whether the root of a namespace is covered, and this kernel does not tell what that hides. */
bool world_hides(struct world *world);
/* Which one @index of what was read is: the current one is the first, the others in their order. */
size_t world_space(const struct world *world, size_t index);

/* A new tmpfs as a detached mount, with its directories: a descriptor. */
int world_filesystem(struct world *world);

/* What tells a mount that was read from others; 0: it is planned. Before Linux 6.12 the id can be
 * that of a mount that has gone, of another filesystem only by chance. */
uint64_t world_id(const struct mount *mount);
/* Whether @mount is the one that was identified. */
bool world_is(const struct mount *mount, const struct mount_identity *identity);

/* The mount that a lookup of @path ends in, in what was read; NULL: it is not there. @is_root:
 * whether at its root. */
struct mount *world_lookup(const struct namespaces *namespaces, const char *path, bool *is_root);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * play: one random tuck, or unmount, or both, planned, done, and compared.
 *
 *	read all namespaces -> plan -> wanted
 *	                    -> the rules' verdict
 *	do it               -> the library's and the kernel's verdict
 *	read all namespaces         -> is
 *
 * After a success the mounts ("is") must be as planned ("wanted"); after a refusal they must be as
 * before. The rules' verdict must agree with the kernel's. After a refusal the remedy is followed,
 * and then the job is tried again.
 */
#pragma once

#include <stdbool.h>

#include "libmnttuck.h"
#include "world.h"

/* One operation, as it is asked for: a tuck, the unmount of a top mount, or one after the other,
 * planned before the first; or the unmount of what lies beneath. */
struct job {
	bool is_tuck, is_reveal, is_beneath;
	char target[WORLD_PATH];

	/* Of a tuck: */
	char source[WORLD_PATH];
	enum mnttuck_source how;
	bool is_new; /* the source is a new filesystem */
	enum mnttuck_rules rules;
	bool by_propagation;
	bool is_carried; /* with the mounts on the top */
	unsigned long propagation;

	/* Of the unmount: */
	bool by_library; /* mnttuck_reveal(); else umount2(2) alone, which no rule stops */
	bool is_forced;

	/* Of what lies beneath: */
	bool takes_all;
	bool is_skipped; /* the rule about who sees it */
};

#define EARLIER_MOST 32

/* What came of it. */
struct outcome {
	int error; /* 0: done; else the rest says why not */
	char rule[64];
	char message[1024], remedy[1024];
	bool is_unchecked; /* something could not be seen, and the library says so */
	int left;	   /* by mnttuck_reveal(): how many places were left on the old version */
	/* The ids of mounts that may show an earlier version, by mnttuck_reveal(). */
	uint64_t earlier[EARLIER_MOST];
	size_t earlier_count;
};
#define LEFT_UNKNOWN 1000000

void play(struct world *world);

/* ---- job.c ---- */

/* Choose one in the current namespace. False: nothing there fits. */
bool job_make(struct world *world, struct job *job);

/* ---- library.c: a job through the public API ---- */

/* What the rules say, and nothing done. @tree: the filesystem, if the job has a new one. */
struct outcome library_explain(struct world *world, const struct job *job, int tree);
/* How many places its plan has. @is_unchecked: and says that it can't have all. */
size_t library_places(struct world *world, const struct job *job, int tree, bool *is_unchecked);
/* What the job asks for, and the unmount by umount2(2) where it is not the library's. */
struct outcome library_do(struct world *world, const struct job *job, int tree);
/* What the job is called in a shell. */
void library_note(struct world *world, const struct job *job, const struct outcome *outcome);

/* ---- verdict.c ---- */

/* Compare what the rules said before (@explained) with what came of it and what the kernel says. */
void verdict_compare(struct world *world, const struct job *job, const struct outcome *explained,
	const struct outcome *outcome);

/* ---- sight.c ---- */

struct table;

/* After the library's reveal: whether everybody sees what the rules promise, and @left, the number
 * of places that the library says are left on the old version, is true. */
void sight_compare(struct world *world, const struct job *job, const struct table *before,
	const struct table *is, int left);
/* Whether it is true that these mounts, which the library has told, stay in sight in other
 * namespaces, and show neither the old version nor the new one. */
void sight_compare_earlier(struct world *world, const struct job *job, const struct table *before,
	const struct table *is, const struct outcome *outcome);

/* Whether a reveal that was done by force would have been a fault of the rules: somebody sees
 * something else than before or than the new version, or is left on the old one. */
bool sight_has_changed(struct world *world, const struct job *job, const struct table *before,
	const struct table *is);

/* Whether somebody sees something else than before. */
bool sight_differs(const struct table *before, const struct table *is);

/* Whether a mount that was in sight is gone. What lay beneath it can look the same. */
bool sight_has_lost(const struct table *before, const struct table *is);

/* Whether the mount is gone that lay beneath the one beneath the top at @path. */
bool sight_has_lost_base(
	const struct table *before, const struct table *is, size_t space, const char *path);

/* ---- remedy.c ---- */

enum remedy {
	REMEDY_FOLLOWED,
	REMEDY_FOLLOWED_BLINDLY, /* its path may lead to another mount than the one that is meant */
	REMEDY_NO_COMMAND,
	REMEDY_FAILED, /* the command did, or was not to the point */
};

/* Do what the refusal says. It may change the job, where that is the remedy. */
enum remedy remedy_follow(struct world *world, const struct outcome *refused, struct job *job);

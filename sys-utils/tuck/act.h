/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * act: the steps that mount --tuck and umount --reveal have in common. These are --fake, the reveal
 * itself with the lines of utab that belong to it, and the messages about both.
 */
#pragma once

#include <stdbool.h>

#include "tuck/act-json.h"
#include "tuck/act-wait.h"

struct mnttuck;

/* One tuck or one reveal. */
struct act {
	struct mnttuck *tuck;
	unsigned int operations; /* MNTTUCK_TUCK ... */
	const char *target;	 /* as it was given, for messages */
	char *place;		 /* its canonical path in the namespace in which the act happens */
	bool is_verbose;
	struct act_json *json; /* --json: in place of what is_verbose prints; or NULL */
	bool is_quiet;	       /* no message if nothing is mounted at the target */
	bool keeps_utab;       /* without --no-mtab */
	bool frees_loop;       /* --detach-loop */
	bool has_begun;	       /* signals wait */
	struct act_wait wait;
	/* What is left to do when the top mount has gone, before the wait; or NULL. Returns the
	 * exit status. */
	int (*finish)(const struct act *act);
};

/* The library's handle for these operations. With LIBMNTTUCK_DEBUG in the environment it tells on
 * standard error what it does. Ends the program without memory. */
struct mnttuck *act_new(unsigned int operations);

/* The argument of --reveal: nothing, "force" or "exact". @how: 0, MNTTUCK_FORCE or MNTTUCK_EXACT.
 * Returns false, after a message, for anything else. */
bool reveal_read_how(const char *argument, unsigned int *how);

/* The canonical path of @path, as mountinfo has it; @path itself if there is no such file. The
 * caller frees it. */
char *canonical_path(const char *path);

/* Give the target to the library, and fill in @act's place. Returns 0, or after a message the exit
 * status. */
int act_set_target(struct act *act);

/* --fake: check all rules, and with --verbose print them and the places. Returns the exit status.
 */
int act_fake(const struct act *act);

/* Print the rules and places, for --verbose, or note them for --json. */
void act_report_tables(const struct act *act);

/* Print why the library returned the error @r. Returns the exit status. */
int act_fail(const struct act *act, int r);

/* Call this before the library is to change mounts: once it is about to, signals wait. While it
 * reads and checks before that, they end the program. @at_once: signals wait from here on, because
 * there is something to be taken back. Returns 0, or after a message the exit status of an
 * interrupted program. */
int act_begin(struct act *act, bool at_once);

/* Take the top mount away, remove its lines from utab, and wait as act->wait says. With
 * act->frees_loop, free its loop device; with MNTTUCK_EVERYWHERE, also replace the old version
 * elsewhere, before and after. Returns the exit status. @error: the library's negative error if
 * the top mount was not unmounted, else 0. With an error nothing is printed, except by
 * MNTTUCK_EVERYWHERE about the other places. */
int act_reveal(const struct act *act, int *error);

/* The same for what lies beneath the top mount: one mount or all. */
int act_remove(const struct act *act, int *error);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --wait: waits until the filesystem that a reveal has unmounted is gone, and prints who holds it.
 */
#pragma once

#include <stdbool.h>

struct act_json;
struct mnttuck;

/* What --wait asks for. */
struct act_wait {
	bool is_wanted;
	int seconds; /* at most; -1: for ever */
};

/* Read the argument of --wait. A wrong one ends the program. */
void act_wait_read(struct act_wait *wait, const char *argument);

/* Wait. To be called after the reveal, for which mnttuck_prepare_wait() has returned @prepared.
 * Who holds the filesystem is noted in @json; NULL: it is printed as a table. Returns the exit
 * status. */
int act_wait_until_gone(const struct act_wait *wait, struct mnttuck *tuck, const char *target,
	int prepared, struct act_json *json);

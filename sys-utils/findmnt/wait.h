/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables for --tucked --wait, kept up to date while it waits.
 *
 * With --namespaces, where the kernel reports events, a namespace is read again only after an event
 * about a mount of it, and new namespaces are looked for every second. A namespace whose events the
 * kernel refuses to this caller is read again then. Without events, all tables are read again when
 * mountinfo reports a change, and, where it does not report every change (wait.c), after a pause
 * that keeps the program at one percent of a processor.
 */
#pragma once

#include <stdbool.h>

#include "findmnt/tables.h"
#include "findmnt/watch.h"

struct command;

struct wait {
	const struct command *command;
	unsigned int needs;
	struct tables tables;
	struct watch watch;
	double next_look;
};

/* Read the tables for the first time. */
void wait_begin(struct wait *wait, const struct command *command, unsigned int needs);
/* Wait until something has changed, and read that again. False: it is @deadline, a time of
 * watch_now(). */
bool wait_for_change(struct wait *wait, double deadline);
/* Try once more to read the namespaces that could not be read: they may have ended. */
void wait_read_unread(struct wait *wait);
/* The program ends next. The tables are not freed: that would take longer than all else that is
 * done after the last event. */
void wait_end(struct wait *wait);

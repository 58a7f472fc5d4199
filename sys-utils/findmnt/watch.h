/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waiting until mounts change, for --poll and --tucked --wait.
 *
 * There are three ways, from the best to the worst:
 *
 *	events     fanotify(7) reports each mount that comes or goes, in order (Linux 6.15, with
 *	           privileges); an event is the mount's unique id
 *	the table  an open mountinfo file tells that something has changed; also a remount, of which
 *	           there is no event
 *	a pause    what neither of them tells is found by reading again after a while
 *
 * An open mountinfo file keeps its namespace from ending. So the table is only used for one
 * namespace, in which somebody is interested anyway; a queue of events keeps none.
 */
#pragma once

#include <stdbool.h>

struct from;

struct watch {
	int events; /* see kernel_watch_new(); -1: none */
	int table;  /* a mountinfo file; -1: none */
};

/* No way at all but the pause. */
#define WATCH_NOTHING ((struct watch){.events = -1, .table = -1})

/* Open the table that @from names, before it is read, so that no change is missed in between.
 * Returns its path, which the caller frees. Ends the program if it can't be opened. */
char *watch_open_table(struct watch *watch, const struct from *from);
/* Open a queue of events, if @from lets the kernel be asked for it; otherwise there is none. */
void watch_open_events(struct watch *watch, const struct from *from);
void watch_close_events(struct watch *watch);
void watch_close(struct watch *watch);
/* Close the queue when this program has ended. The kernel takes 10 milliseconds and more for that,
 * and nobody who waits for the program's end has to wait for it. */
void watch_close_after_end(struct watch *watch);

enum {
	WATCH_EVENTS = 1 << 0,
	WATCH_TABLE = 1 << 1,
};
/* Wait until something changes, or until @until, a time of watch_now(). Returns which of them say
 * so, 0 after that time. */
unsigned int watch_wait(const struct watch *watch, double until);
/* Whether there are events that were not read. */
bool watch_has_events(const struct watch *watch);

#define WATCH_FOREVER 1e18

/* Seconds on the monotonic clock. */
double watch_now(void);
/* Seconds of a processor that the program has used. */
double watch_work(void);
/* When to read again, if reading has begun at @work of watch_work() and is over: so that it takes
 * one percent of a processor at most, and not before @least seconds. */
double watch_next(double work, double least);

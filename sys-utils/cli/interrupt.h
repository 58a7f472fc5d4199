/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * interrupt: SIGINT, SIGTERM and SIGHUP.
 *
 * A program goes through these states:
 *
 *   default   a signal has its default action: it ends the program, also while that waits for a
 *             filesystem that does not answer. There is nothing to undo.
 *   caught    a signal ends the program with mount(8)'s status 8, but does not end a wait for a
 *             filesystem. Nothing has been changed that does not end with the process.
 *   deferred  a signal is only noted, because a child works for the program. The code that
 *             deferred the signals ends the child first.
 *   blocked   a signal stays pending: the mounts are being changed, and that must not stop half
 *             way.
 */
#pragma once

#include <stdbool.h>

void interrupts_catch(void);
void interrupts_block(void);
bool interrupts_pending(void); /* a signal arrived while signals were blocked */

/* Block the signals, and ignore SIGPIPE: from here on the work is finished, even if nobody reads
 * the output any more. Returns false if a signal has already arrived. */
bool interrupts_end(void);

/* The opposite of interrupts_block(). */
void interrupts_unblock(void);

/* Restore the default actions, and let through what was blocked: nothing is left to be finished. */
void interrupts_allow(void);

void interrupts_defer(bool defer);
bool interrupts_arrived(void); /* a signal arrived while signals were deferred */

/* Restore the default actions, for programs that this one starts. */
void interrupts_reset(void);

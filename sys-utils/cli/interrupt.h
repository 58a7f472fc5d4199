/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * interrupt: SIGINT, SIGTERM and SIGHUP while the work can still be given up.
 *
 * Caught, they end the program with mount(8)'s status 8: at once where everything that was begun
 * ends with the process, or, while they are deferred, when the one who defers them has taken it
 * back. Blocked, they wait: what is attached is not left half done.
 */
#pragma once

#include <stdbool.h>

void interrupts_catch(void);
void interrupts_block(void);
bool interrupts_pending(void); /* one arrived while they were blocked */

/* From here on the work is finished, whatever comes, though nobody read any more what is said of it
 * (SIGPIPE). False: one has arrived before. */
bool interrupts_end(void);

void interrupts_defer(bool defer);
bool interrupts_arrived(void); /* one arrived while they were deferred */

void interrupts_reset(void); /* as the program found them, for what it starts */

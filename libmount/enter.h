/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * enter: does the work of a call in the mount namespace that the caller has chosen.
 *
 * A thread can enter a mount namespace only if it shares its root and working directory with no
 * other thread, and can't come back to where it was. So the work is done by a thread that exists
 * for this call alone, and the caller's threads stay as they are. Commands in remedies name the
 * namespace by its number, so that they work from the caller's.
 */
#pragma once

struct mnttuck;

/* Call @work in the mount namespace @namespace_fd; -1: right here. Returns what @work returned, or
 * the error of pthread_create(3), unshare(2) or setns(2). */
int enter_and_run(int namespace_fd, int (*work)(struct mnttuck *tuck, void *argument),
	struct mnttuck *tuck, void *argument);

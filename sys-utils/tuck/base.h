/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --from-base: the program is in a copy of its mount namespace for a while, in which nothing is
 * mounted at the target, so that its path leads to the base. What is mounted there is seen by
 * nobody, and the copy ends when the program has left it: only detached trees remain.
 *
 * Entering the copy by unshare(2) keeps the program's root and working directory. Going back by
 * setns(2) changes both to the root of the namespace, so the program enters its own again by
 * descriptors.
 */
#pragma once

struct base {
	int namespace, root, directory; /* to go back to */
};

/* Enter the copy, in which the stack at @target is taken off. Returns 0, or after a message the
 * exit status, and the program is where it was. Ends the program if it can't go back. */
int base_enter(struct base *base, const char *target);

/* Go back. Ends the program if that fails. */
void base_leave(struct base *base);

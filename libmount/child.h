/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * child: a process for work that the caller must not do in itself, such as entering a mount
 * namespace.
 *
 * It is safe in a program with threads: the child works on a copy of the memory, makes system calls
 * only, and blocks every signal, so that no handler of the caller runs twice. It has no exit
 * signal: the caller gets no SIGCHLD, and waitpid(-1) does not find the child. child_run() always
 * reaps it. If the caller is killed, the child still finishes its work.
 */
#pragma once

#include <stddef.h>

#define CHILD_ANSWER_MAX 4096

/* Run @work in a child and return its answer.
 * @work: is called with @argument, and may write to @answer; returns 0 or a positive answer, or
 *	-errno. It may make system calls only.
 * @answer: @size bytes, at most CHILD_ANSWER_MAX; or NULL and 0
 *
 * Returns what @work returned, or -errno of clone(2) or mmap(2); -EIO: the child was killed. */
int child_run(int (*work)(void *argument, void *answer), void *argument, void *answer, size_t size);

/* The same for work that may hang: the child is killed after @milliseconds, or when the caller
 * ends. -ETIMEDOUT: it was killed. A child that the kernel does not let end then is left, and ends
 * when it can. */
int child_run_within(int milliseconds, int (*work)(void *argument, void *answer), void *argument,
	void *answer, size_t size);

/* Open a file in a child and return the descriptor, or -errno. The child uses the caller's table of
 * descriptors; so @work must return the only descriptor that it opens, and close none. */
int child_open(int (*work)(void *argument, void *answer), void *argument);

/* The same for a file that may make its opener wait, as in child_run_within(). */
int child_open_within(int milliseconds, int (*work)(void *argument, void *answer), void *argument);

/* What a child asks its caller in the middle of its work: whether it may go on. */
struct child_dialog {
	int (*answer)(void *argument); /* called in the caller: 0, or -errno */
	void *argument;
	int ends[2]; /* of a socket: the caller's and the child's; set by child_run_asking() */
};

/* As child_run(), for work that calls child_ask(). If the caller is killed before it has answered,
 * the answer is -ECANCELED. */
int child_run_asking(int (*work)(void *argument, void *answer), void *argument,
	struct child_dialog *dialog, void *answer, size_t size);
int child_ask(const struct child_dialog *dialog);

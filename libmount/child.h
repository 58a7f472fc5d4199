/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * child: a process for what the caller must not do to itself, such as entering a mount namespace.
 *
 * Safe in a program with threads: the child makes system calls and nothing else, on a copy of the
 * memory, with every signal blocked, so that no handler of the caller's runs twice. It has no exit
 * signal: the caller gets no SIGCHLD, and waitpid(-1) does not find it. It is always reaped.
 *
 * Whoever kills the caller does not kill the child: what it has begun it ends.
 */
#pragma once

#include <stddef.h>

#define CHILD_ANSWER_MAX 4096

/* Run @work in a child and bring its answer back.
 * @work: gets @argument, and writes to @answer; returns 0 or a positive answer, or -errno. System
 *	calls only.
 * @answer: @size bytes, at most CHILD_ANSWER_MAX; or NULL and 0
 *
 * What @work returned; or -errno of clone3(2) or mmap(2); -EIO: the child was killed. */
int child_run(int (*work)(void *argument, void *answer), void *argument, void *answer, size_t size);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stage-child: lets a child process make a detached tree, and leaves nothing if it fails.
 *
 *   program ──fork── guard ──fork── worker ── what the worker starts
 *                      │              │
 *                      │              └─ sends the tree's descriptor to the program
 *                      └─ kills all the others if the program or the worker dies. What the worker
 *                         has started becomes the guard's child when its parent ends (subreaper).
 */
#pragma once

#include <stdbool.h>

/* The worker's answer. */
struct staged {
	int status; /* mount(8)'s exit status */
	int error;  /* of the system call that failed, negative; 0: none failed */
	int tree;   /* the detached tree, or -1; the caller closes this and the next two */
	/* If a server may live in a copy of the namespace: the copy, and the directory or file in
	 * it where the new mount may arrive. Else -1. */
	int copy, place;
	bool lacks_subdirectory; /* the filesystem has been mounted, but has not that directory */
	char message[1024];
};

/* The worker's job. It sends one answer to @socket, and returns the status in it. */
typedef int stage_job(const void *errand, int socket);

/* Run @job in the worker. After a success the signals stay blocked, because the caller attaches the
 * tree next. */
void stage_in_child(stage_job *job, const void *errand, struct staged *staged);

/* An answer without descriptors. */
#define STAGED_NOTHING ((struct staged){.tree = -1, .copy = -1, .place = -1})

/* For a job: send @answer, with those of its descriptors that are not -1. */
void stage_answer(int socket, const struct staged *answer);

/* For a job: send a failure. @answer's message becomes "what: error", or @what if @error is 0.
 * Returns @status. */
int stage_answer_failure(
	int socket, struct staged *answer, int status, const char *what, int error);

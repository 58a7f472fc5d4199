/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* namespace-processes: the lowest process of each mount namespace, by one walk over /proc. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct mntns;

struct process {
	ino_t namespace;
	pid_t pid;
	char command[16];
};

struct processes {
	struct process *list; /* the lowest of each namespace */
	size_t count;
	size_t hidden;	/* number of processes whose namespace the caller may not read */
	bool are_known; /* /proc has been searched for them */
};

/* Search /proc, also if that has been done before. -ENOMEM, or the error of reading. */
int processes_look(struct processes *processes);

/* Fill in the process of @mntns, if one is known. */
void processes_fill_in(const struct processes *processes, struct mntns *mntns);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * holders: which processes hold a filesystem, or mounts that have been unmounted: by an open file
 * or directory, a working or root directory, the program that runs, or a mapped file.
 *
 * /proc leads to each of these files, and statx(2) tells the mount and the device of each. No
 * server of a filesystem is asked.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "libmnttuck.h"

/* A mount that may be gone. */
struct held_mount {
	uint64_t unique_id; /* 0: the kernel has none */
	int short_id;
};

/* What may be held. */
struct held {
	dev_t device;	     /* of the filesystem */
	bool is_mounts_only; /* files that were opened by other mounts of it don't count */
	struct held_mount *mounts;
	size_t count;
};

struct holder {
	pid_t pid;
	char command[16];
	enum mnttuck_hold hold;
	char link[80]; /* the file's name below /proc */
	char *path;    /* as /proc tells it: the mount's own path is missing in it */
};

struct holders {
	struct holder *list;
	size_t count;
	size_t hidden; /* how many processes could not be looked at */
};

/* Fill in @holders, which is cleared first. The caller's process is left out. @is_first_enough: end
 * with the first one. -ENOMEM, or the error of reading /proc. */
int holders_find(struct holders *holders, const struct held *held, bool is_first_enough);

/* Whether the caller's own process holds it: 1 or 0, or an error as above. */
int holders_have_self(const struct held *held);

/* Whether @holder still holds it in the way in which it was found. */
bool holder_still_holds(const struct holder *holder, const struct held *held);

void holders_free(struct holders *holders);

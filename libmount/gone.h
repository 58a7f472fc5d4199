/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * gone: waits until the filesystem of a mount that has been unmounted is gone: it is mounted
 * nowhere, nobody holds it, and its loop device is free.
 *
 * The kernel tells when: an inotify watch of the mount's root keeps nothing busy, and gets
 * IN_UNMOUNT when the filesystem ends. That also counts what no process shows, such as a file that
 * is on its way through a socket.
 *
 * If the filesystem is mounted elsewhere, too, and from further up (a bind mount of a directory of
 * it was unmounted), it stays. Then the end of the mounts is waited for: one holder is watched
 * until it lets go, and then the next one is looked for.
 */
#pragma once

#include <sys/types.h>

#include "holders.h"

struct namespaces;
struct places;

/* A loop device, and the image that it has. */
struct image_loop {
	dev_t number; /* 0: the filesystem is not on a loop device that the kernel frees */
	uint64_t device, inode;
};

struct gone {
	struct held held;
	char *root;   /* what of the filesystem the mount shows; NULL: gone_prepare() was not called
		       */
	char *source; /* the device; NULL: unknown */
	struct image_loop loop;
	int watch; /* inotify; -1: none */
};

/* What @gone is before gone_prepare(). */
#define GONE_NOTHING ((struct gone){.watch = -1})

/* Note all that has to be known about the mount @short_id before it is unmounted. @fd: its root.
 * -ENOMEM, or the error of reading. */
int gone_prepare(struct gone *gone, int fd, int short_id);

/* Wait for at most @milliseconds; -1: for ever. 0: it is gone. 1: it is not; @places has who holds
 * it. -ENOMEM, or the error of reading. */
int gone_await(struct gone *gone, int milliseconds, struct places *places);

void gone_clear(struct gone *gone);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * await: one descriptor that tells when a mount comes or goes in any namespace with a process.
 *
 * poll(2) says of a namespace's mountinfo when that happens. An epoll instance watches all of them,
 * with a process of each, and is itself a descriptor to poll.
 */
#pragma once

#include <stddef.h>

struct await {
	int poll; /* the epoll instance; -1: none */
	int *fds;
	size_t count;
};

/* Watch all namespaces that have a process here, in place of those before. Returns @watch's
 * descriptor to poll, or -errno. */
int await_start(struct await *watch);
void await_clear(struct await *watch);

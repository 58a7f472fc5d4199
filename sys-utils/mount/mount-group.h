/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --set-group: puts a mount into the peer group of another one. */
#pragma once

#include <stdbool.h>

/* What is asked for. */
struct group_request {
	const char *from;    /* the mount point whose group is joined; a path of the caller's */
	const char *target;  /* the mount point that joins it, with @mntns a path there */
	const char *mntns;   /* --namespace: a path to a mount namespace, or NULL */
	const char *options; /* propagation flags to be set then, in this order; or NULL */
	bool is_fake;	     /* change nothing */
};

/* Returns the exit status. */
int mount_set_group(const struct group_request *request);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* umount --reveal: take the top mount away, if what lies beneath it will be what shows. */
#pragma once

#include <libmount/libmount.h>
#include <stdbool.h>

struct reveal_request {
	const char *target; /* as it stands on the command line */
	const char *mntns;  /* --namespace: the file of the mount namespace, or NULL */
	bool force;	    /* lose mounts on the top, and leave namespaces behind, if need be */
	bool fake;	    /* check everything, change nothing */
	bool verbose;
	bool quiet; /* --quiet: nothing about a target that is not mounted */
};

/* Reveal what lies beneath the top mount at one target. @context has --no-mtab and
 * no target; it has not entered @request's namespace. Says what is to be said; returns the exit
 * status. */
int umount_reveal(struct libmnt_context *context, const struct reveal_request *request);

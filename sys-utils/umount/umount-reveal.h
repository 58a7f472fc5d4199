/* SPDX-License-Identifier: GPL-2.0-or-later */
/* umount --reveal: take the top mount away, if the mount beneath it will then show; and umount
 * --beneath: take away what lies beneath, if nobody sees it. */
#pragma once

#include <libmount/libmount.h>
#include <stdbool.h>

#include "tuck/act-wait.h"

struct reveal_request {
	const char *target;	 /* as it stands on the command line */
	const char *mntns;	 /* --namespace: the file of the mount namespace, or NULL */
	unsigned int operations; /* MNTTUCK_REVEAL ... (libmnttuck.h) */
	bool fake;		 /* check everything, change nothing */
	bool verbose;
	bool quiet; /* --quiet: no message about a target that is not mounted */
	bool carry; /* --carry */
	struct act_wait wait;
	bool json; /* print rules and places as JSON */
};

/* Do this at one target, and print what there is to say. Of @context only --no-mtab and
 * --detach-loop are used; it must not have entered @request's namespace. Returns the exit status.
 */
int umount_reveal(struct libmnt_context *context, const struct reveal_request *request);

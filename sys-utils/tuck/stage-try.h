/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --try: runs a command in a copy of the mount namespace, in which the new version is on top at the
 * target. Nobody else sees that mount. Whatever the command has started and mounted is gone
 * afterwards: the guard of stage-child.h kills its processes, and the copy ends with them.
 */
#pragma once

struct mnttuck;

/* What is to be tried. */
struct
try {
	const char *command; /* for "sh -c" */
	const char *target;  /* as it was given, for messages */
	const char *place;   /* its canonical path */
};

/* Try the new version, if the rules allow the tuck. Returns 0; 1: the command has failed, a message
 * was printed, and @status is the exit status; or the library's negative error. After a success the
 * signals stay blocked until the new version is attached. */
int stage_try(struct mnttuck *tuck, const struct try *try, int *status);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The staging namespace: stage.h tells what it is for and who is who. */
#pragma once

#include <stdbool.h>

struct libmnt_context;

/* How it went, as the worker tells it. */
struct staged {
	int status; /* mount(8)'s exit status */
	int error;  /* of the system call that failed, negative; 0: none did */
	int tree;   /* the detached tree, or -1; the caller's */
	char message[1024];
};

/* Let libmount mount the prepared @context in a copy of this namespace, at @target (NULL: there is
 * none). After a success the signals that interrupt stay blocked: the next thing is to attach.
 */
void stage_in_namespace(
	struct libmnt_context *context, const char *target, bool has_helper, struct staged *staged);

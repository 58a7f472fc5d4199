/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mount --tuck: from what mount(8) was asked for to the library's calls and text. */
#pragma once

#include <stdbool.h>

struct libmnt_context;

/* What the command line says beyond what libmount's context holds. */
struct tuck_request {
	bool reveal;		 /* --reveal: then take the top mount away */
	bool reveal_force;	 /* --reveal=force */
	bool kernel_rules;	 /* --tuck=kernel or --beneath: only the running kernel's rules */
	bool source_from_caller; /* --source-namespace=caller: SOURCE is the caller's, not
				    --namespace's */
	const char *options;	 /* -o and the like, as they were written, or NULL */
	const char *mntns;	 /* --namespace: a path to a mount namespace, or NULL */
};

/* Attach what @context describes beneath the top mount at its target; prints what there is to say.
 * Options, type, source, target, fake, verbose and the rest are read from the context, on which no
 * mnt_context_set_target_ns() was called. Returns mount(8)'s exit status. */
int mount_tuck(struct libmnt_context *context, const struct tuck_request *request);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A filesystem as a detached tree by fsopen, fsconfig, fsmount: no process, no namespace. */
#pragma once

#include <stdbool.h>

struct libmnt_context;
struct tuck_options;

/* Whether no option needs libmount after the prepared @context has its source: the kernel, or the
 * server of a FUSE filesystem, understands the rest. */
bool direct_is_possible(struct libmnt_context *context, const struct tuck_options *options);

/* Mount a filesystem. @flags: of mount(2). @source and @options may be NULL. Returns the detached
 * tree, which the caller closes, or a negative errno; then *@log is the kernel's message,
 * allocated, or NULL. */
int direct_mount(
	const char *type, unsigned long flags, const char *source, const char *options, char **log);

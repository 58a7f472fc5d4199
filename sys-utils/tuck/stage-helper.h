/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The third way of stage.h: a helper, or libmount, mounts in a copy of the namespace. */
#pragma once

#include <stdbool.h>

struct libmnt_context;
struct staged;

/* Let libmount mount the prepared @context in a copy of this namespace, at @target. NULL for
 * @target fails: there is no directory to mount on. @subdirectory: clone that directory alone, or
 * NULL. After a success the signals stay blocked, because the caller attaches the tree next. */
void stage_in_namespace(struct libmnt_context *context, const char *target, bool has_helper,
	const char *subdirectory, struct staged *staged);

/* The tree has been attached, and may have propagated to @place in the @copy. Unmount it there: if
 * a later unmount did not propagate, the mount there would keep its own server alive. */
void stage_leave_copy(int copy, int place);

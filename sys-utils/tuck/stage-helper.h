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

/* The tree has been attached. Unmount what has arrived of it in the @copy at @place: there it would
 * keep its own server alive if its unmount did not arrive, too. */
void stage_leave_copy(int copy, int place);

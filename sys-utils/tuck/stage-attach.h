/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attaching a staged mount where an ordinary mount goes: on top. */
#pragma once

#include <stdbool.h>

struct libmnt_context;
struct stage;
struct tuck_options;

/* Whether the context, to which fstab has been applied, asks for a directory of a filesystem
 * (X-mount.subdir). */
bool has_subdirectory(struct libmnt_context *context);

/* Take X-mount.subdir out of the options of the context, to which fstab has been applied, if it
 * asks for no new mount. The option means nothing then, but libmount 2.38 would bind a directory of
 * the root filesystem for it, and make the remount there: "ro" would make the root filesystem
 * read-only. */
void drop_needless_subdirectory(struct libmnt_context *context);

/* As mnt_context_mount(), for a mount with X-mount.subdir. If that fails for a reason which
 * libmount has no words for, the program ends, with a message. */
int mount_subdirectory(struct libmnt_context *context);

/* End the program, with a message: @stage has failed. */
_Noreturn void stage_fail(struct libmnt_context *context, const struct stage *stage);

/* A subdirectory has been attached on @place, a canonical path: correct its line in utab, where
 * libmount has written the filesystem's root. */
void stage_settle_line(const char *place);

/* Attach the tree of @stage on top of the file that is open as @target, set the propagation that
 * @options ask for, and tell @context. Returns 0 or -errno. */
int stage_attach(struct libmnt_context *context, const struct stage *stage,
	const struct tuck_options *options, int target);

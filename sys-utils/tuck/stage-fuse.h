/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stage-fuse: a FUSE filesystem whose server lives in the caller's own namespace.
 *
 * A server that uses libfuse 3.3 or later serves a filesystem that is mounted already: if its mount
 * point is /dev/fd/N, it takes descriptor N as the open /dev/fuse, and mounts nothing. So the
 * filesystem is made here, as a detached tree, and the server is started as mount.fuse3 starts it,
 * with that path. The server sees what the caller sees: what is mounted and unmounted later, too.
 *
 * Whether a server understands /dev/fd/N can only be tried. One that uses libfuse 2 tries to mount
 * on what the path leads to, and would succeed with /dev/fuse itself. Therefore the descriptor is
 * of a device file that has been removed from a filesystem of its own, where nothing can be
 * mounted.
 */
#pragma once

#include <stdbool.h>

struct libmnt_context;
struct staged;

/* Whether it is worth a try with the prepared @context, whose helper is mount.fuse: the program is
 * there, no option is one of mount.fuse's or libfuse's own, and the program does not choose kernel
 * options by itself. */
bool fuse_is_possible(struct libmnt_context *context);

/* Mount @context and start its server. @target: the target's path, or NULL. A failure means that
 * the server has to be started by its helper; it has printed nothing. */
void fuse_stage(struct libmnt_context *context, const char *target, struct staged *staged);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libmnttuck-world.h - operations that share what they read; a part of libmnttuck.h
 */
#ifndef LIBMNTTUCK_WORLD_H
#define LIBMNTTUCK_WORLD_H

#ifdef __cplusplus
extern "C" {
#endif

struct mnttuck;
struct mnttuck_world; /* what was read of all mount namespaces */

/**
 * mnttuck_world_new - what several operations share, for mnttuck_world_free()
 *
 * It keeps what was read of all mount namespaces. Before that is used again, the kernel is asked
 * for what came or went since, and only that is read. Without it each struct mnttuck reads
 * everything for itself.
 *
 * Returns 0, or -ENOMEM.
 */
int mnttuck_world_new(struct mnttuck_world **ret);

/** mnttuck_world_free - free a world that no struct mnttuck uses any more, or NULL */
void mnttuck_world_free(struct mnttuck_world *world);

/**
 * mnttuck_set_world - use what other operations have read
 * @world: stays the caller's; all that share it are to be used by one thread at a time. NULL, the
 *	default: share nothing.
 *
 * Returns 0.
 */
int mnttuck_set_world(struct mnttuck *tuck, struct mnttuck_world *world);

#ifdef __cplusplus
}
#endif

#endif

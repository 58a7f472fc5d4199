/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inside: where the library is called, while the layouts are made, and compared, from outside.
 *
 *	chroot-mount      in a chroot to WORLD_JAIL, where something is mounted at first
 *	chroot-directory  the same, and WORLD_JAIL is a plain directory at first
 *	pid               in a pid namespace that has none of the other namespaces' processes,
 *	                  with the /proc of that pid namespace
 *	user              the whole run is in a user namespace
 *
 * Layouts go on outside of the chroot, too, and may mount something on WORLD_JAIL, or unmount it.
 */
#pragma once

#include "play.h"
#include "world.h"

/* Make the place in a new world. */
void inside_begin(struct world *world);

/* Whether the place is in the current namespace. */
bool inside_is_there(const struct world *world);

/* Whether the library can be asked about @path: it is below the chroot, if there is one. */
bool inside_has(const struct world *world, const char *path);

/* Whether the library has a /proc in the current namespace. */
bool inside_has_proc(void);

/* Call @call there, with the job's paths as they are there. */
struct outcome inside_call(struct world *world,
	struct outcome (*call)(struct world *world, const struct job *job, int tree),
	const struct job *job, int tree);

/* The namespace of a process that was told inside. */
size_t inside_space(const struct world *world, pid_t process);

/* @path, which was told inside, as it is outside. */
void inside_to_outside(const struct world *world, const char *path, char outside[WORLD_PATH]);

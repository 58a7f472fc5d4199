/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout: random mounts in the namespaces of a case, and more of those.
 */
#pragma once

#include <stdbool.h>

#include "world.h"

/* Make a layout out of an empty world. */
void layout_build(struct world *world);

/* One step more of the same. */
void layout_step(struct world *world);

/* Mounts that copy each other have become too many for another step. */
bool layout_is_too_large(struct world *world);

enum pick {
	PICK_ANY,   /* a directory or a file, maybe one with something mounted on it */
	PICK_MOUNT, /* what a mount shows, other than the root */
	PICK_TOP,   /* the same, and rather one whose parent passes mounts on */
};

/* A path of the current namespace. False: there is none. */
bool layout_pick(struct world *world, enum pick what, char path[WORLD_PATH]);

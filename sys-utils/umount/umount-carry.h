/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * umount --reveal --carry: the mounts on the top mount are carried over to what lies beneath.
 *
 *	before:  /opt  T   the top mount, with mounts on it
 *	         /opt  B   lies beneath
 *	after:   /opt  C   a clone of B, with clones of the mounts on T
 *
 * No path leads to B while T covers it, so nothing can be mounted on B. Therefore a clone of B is
 * tucked between the two, as mount --tuck --reveal --carry tucks a new version, and B is taken away
 * when T is gone.
 */
#pragma once

#include <stdbool.h>

struct act;

/* Do it for @model, whose operations are MNTTUCK_REVEAL and maybe MNTTUCK_FORCE, and print what
 * there is to say. Returns the exit status. */
int umount_carry(const struct act *model, bool is_fake);

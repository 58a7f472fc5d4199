/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * play: one random tuck, or unmount, planned, done, and compared.
 *
 *	read all namespaces -> plan -> wanted
 *	                    -> the rules' verdict
 *	do it               -> the library's and the kernel's verdict
 *	read all namespaces         -> is
 *
 * Where it was done, what is must be what was wanted; where it was refused, what was before. What
 * the rules said before must be what the kernel said then. A refusal's remedy is followed, and then
 * it is tried again.
 */
#pragma once

#include <stdbool.h>

#include "libmnttuck.h"
#include "world.h"

/* One tuck, as it is asked for. */
struct job {
	char target[WORLD_PATH], source[WORLD_PATH];
	enum mnttuck_source how;
	bool is_new; /* the source is a new filesystem */
	enum mnttuck_rules rules;
	bool by_propagation;
	unsigned long propagation;
	bool then_reveal; /* unmount the top afterwards, planned before the tuck */
};

/* Why it was refused. */
struct refused {
	char rule[64];
	char message[1024], remedy[1024];
	int error;
};

void play(struct world *world);

/* ---- remedy.c ---- */

enum remedy {
	REMEDY_FOLLOWED,
	REMEDY_NO_COMMAND,
	REMEDY_OUT_OF_SIGHT, /* its path leads to another mount than the one that it is about */
};

/* Do what the refusal says. It may change the job, where that is the remedy. */
enum remedy remedy_follow(struct world *world, const struct refused *refused, struct job *job);

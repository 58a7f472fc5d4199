/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state: what there is, as text that can be compared: the mounts of all namespaces with their
 * propagation, utab, and what must not be left over (loop devices, files, processes).
 *
 * Numbers of mounts, peer groups and devices are new each time, so they are replaced by their rank
 * in a state that was before ("12"), or among what is new since ("+1"). So a mount that was there
 * before is told from one just like it in its place; and the same change of the same layout is
 * always the same text.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct place_list {
	const char *const *holders; /* processes, one in each namespace */
	size_t holders_count;
	const char *const *directories; /* where nothing may be left */
	size_t directories_count;
	const char *loops; /* loop devices of files below this path are ours */
};

struct label {
	char kind;
	unsigned long long value;
};

struct state {
	char *mounts, *utab, *rest;
	struct label *labels;
	size_t labels_count;
};

/* Ends this process where it can't be read. */
void state_read(const struct place_list *list, const struct state *before, struct state *state);
void state_clear(struct state *state);
void state_print_difference(const struct state *wanted, const struct state *is);

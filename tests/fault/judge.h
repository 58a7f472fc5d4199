/* SPDX-License-Identifier: GPL-2.0-or-later */
/* judge: whether a command with a fault in it ended as it should. */
#pragma once

#include <stdbool.h>
#include <string.h>

#include "inject.h"
#include "state.h"

/* How the command can end. */
struct expected {
	const char *program; /* its name, as messages begin with it */
	struct state before, half,
		finished; /* the states before, after half of the work, after all of it */
	bool has_half;
	struct run first; /* the undisturbed run */
};

/* How a state compares with the expected ones. */
struct sight {
	bool is_before, is_half, is_finished; /* the mounts; more than one may be so */
	bool utab_is_before, utab_is_half, utab_is_finished;
	bool nothing_is_left;
};

static inline bool is_same(const char *one, const char *other)
{
	return strcmp(one, other) == 0;
}

struct sight look(const struct expected *expected, const struct state *now);

/* What is wrong, in words; NULL: nothing. @is_mute: the fault was in writing the message. */
const char *judge(const struct expected *expected, const struct run *run, const struct sight *sight,
	bool is_mute);

/* Whether the file @allowed has this judgement about this fault in this row. */
bool is_excused(const char *allowed, const char *row, const char *fault, const char *judgement);

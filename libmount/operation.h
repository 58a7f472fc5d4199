/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * operation: the struct behind the public API, and the functions of the API that fill it and ask
 * about it. tuck.c and reveal.c have those that change mounts, find.c those that look for mounts,
 * results.c those that hand out what was found.
 */
#pragma once

#include "await.h"
#include "facts.h"
#include "findings.h"
#include "gone.h"
#include "known-world.h"
#include "places.h"
#include "progress.h"
#include "source.h"
#include "wish.h"

struct mnttuck {
	struct wish wish;
	struct progress progress;
	struct source source;
	struct facts facts;
	struct report report;
	struct places places;
	struct await watch;
	struct gone gone;
	struct mnttuck_world world; /* unless it shares one */
};

/* Put clones of the mounts on the top mount onto the source, if that is asked for. 1: the source is
 * a copy now, with these clones; 0: there is nothing to carry; -errno. */
int operation_carry_over(struct mnttuck *tuck);

/* The kernel refused what the rules accept, with @error: read everything anew and find out why.
 * Returns the error of the rule that explains it, or @error. */
int operation_explain(struct mnttuck *tuck, int error);

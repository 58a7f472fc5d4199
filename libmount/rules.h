/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rules: the table of rules. A rule is one row here and one check.
 *
 * The checks before the kernel is asked, the explanation after it has refused, the table that mount
 * --tuck --fake --verbose prints, the section in mount_tuck(7) and the tests all come from this
 * table.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "libmnttuck.h"
#include "progress.h"

struct facts;
struct finding;
struct report;

/* What a rule looks at, which must be there. */
enum rule_about {
	ABOUT_CALLER,
	ABOUT_TARGET,
	ABOUT_SOURCE, /* and the target */
};

/* Which kernels and which choice of rules a rule is for. */
enum rule_scope {
	SCOPE_KERNEL,	    /* every kernel enforces it, or its act is no tuck: always checked */
	SCOPE_KERNEL_TRIED, /* some kernels enforce it: with MNTTUCK_KERNEL the kernel is asked
			       first */
	SCOPE_STRICT,	    /* no kernel enforces it: checked with MNTTUCK_STRICT */
};

struct rule {
	const char *id;
	const char *refuses;
	enum rule_about about;
	enum act act; /* for which acts it is checked */
	bool is_late; /* costs a read of all mounts: checked only to explain */
	enum rule_scope scope;
	int error; /* the negative errno of its refusal */
	int (*check)(struct facts *facts, struct finding *finding); /* see checks.h */
};

extern const struct rule rules[];
extern const size_t rules_count;

enum rules_depth {
	RULES_FIRST, /* the cheap ones, up to the first refusal */
	RULES_ALL,   /* every rule, to explain */
};

/* Check the rules and fill in the report. 0, the error of the first refusal, or -ENOMEM. */
int rules_check(struct facts *facts, struct report *report, enum rules_depth depth);

/* Find the rule @id, which no kernel enforces: its row, or -ENOENT, or -EPERM: the kernel does. */
int rules_find_ours(const char *id);

/* The kernel has attached the source: rules that were left to the kernel become MNTTUCK_OK. */
void rules_accept(const struct wish *wish, struct report *report);

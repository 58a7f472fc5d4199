/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rules: the table of rules. A rule is one row here and one function.
 *
 * The checks before the kernel is asked, the explanation after it refused, the table that mount
 * --tuck --fake
 * --verbose prints, the section in mount_tuck(7) and the tests all come from this table.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "libmnttuck.h"

struct finding;
struct mount;

/* What a rule looks at, which must be there. */
enum rule_about {
	ABOUT_CALLER,
	ABOUT_TARGET,
	ABOUT_SOURCE, /* and the target */
};

/* Which of the two acts it is a rule of. */
enum rule_act {
	OF_TUCK = 1,
	OF_REVEAL = 2,
	OF_BOTH = OF_TUCK | OF_REVEAL,
};

/* Whom a rule is for. */
enum rule_scope {
	SCOPE_KERNEL,	    /* every kernel enforces it: checked always */
	SCOPE_KERNEL_TRIED, /* some kernels do: MNTTUCK_KERNEL asks the kernel first */
	SCOPE_STRICT,	    /* none does: MNTTUCK_STRICT only */
};

struct rule {
	const char *id;
	const char *refuses;
	enum rule_about about;
	enum rule_act act;
	bool is_late; /* costs a read of all mounts: only to explain */
	enum rule_scope scope;
	int error; /* the negative errno of its refusal */
	enum mnttuck_verdict (*check)(struct mnttuck *tuck, struct finding *finding);
};

extern const struct rule rules[];
extern const size_t rules_count;

/* What a check has to say: why, and what to do. Both the finding's owner's. */
struct finding {
	char *detail;
	char *remedy;
};

/* Set one of them; for a refusal's detail and remedy the sentence goes without its full stop. */
void finding_detail(struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void finding_remedy(struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

enum rules_depth {
	RULES_FIRST, /* what is cheap, up to the first refusal */
	RULES_ALL,   /* every rule, to explain */
};

/* Check the rules, fill the report. 0, or the error of the first refusal; -ENOMEM. */
int rules_check(struct mnttuck *tuck, enum rules_depth depth);

/* The kernel has attached it: what was left to the kernel to find is not so. */
void rules_accept(struct mnttuck *tuck);

/* Whether the target's parent passes what is mounted at the place on to @mount, which shows that
 * place as its root: 1 or 0; -ENODATA: can't be known. */
int parent_passes_on_to(struct mnttuck *tuck, struct mount *mount);

/* The checks, by the room that they are in. */
enum mnttuck_verdict check_kernel_support(struct mnttuck *tuck, struct finding *finding);
enum mnttuck_verdict check_caller_capable(struct mnttuck *tuck, struct finding *finding);
enum mnttuck_verdict check_target_mounted(struct mnttuck *tuck, struct finding *finding);
enum mnttuck_verdict check_target_namespace(struct mnttuck *tuck, struct finding *finding);
enum mnttuck_verdict check_target_root(struct mnttuck *tuck, struct finding *finding);
enum mnttuck_verdict check_target_locked(struct mnttuck *tuck, struct finding *finding);
enum mnttuck_verdict check_parent_propagates(struct mnttuck *tuck, struct finding *finding);
enum mnttuck_verdict check_receiver_propagates(struct mnttuck *tuck, struct finding *finding);
enum mnttuck_verdict check_mount_limit(struct mnttuck *tuck, struct finding *finding);
enum mnttuck_verdict check_source_namespace(struct mnttuck *tuck, struct finding *finding);
enum mnttuck_verdict check_source_kind(struct mnttuck *tuck, struct finding *finding);
enum mnttuck_verdict check_source_loop(struct mnttuck *tuck, struct finding *finding);
enum mnttuck_verdict check_source_private(struct mnttuck *tuck, struct finding *finding);
enum mnttuck_verdict check_source_detachable(struct mnttuck *tuck, struct finding *finding);
enum mnttuck_verdict check_source_uncovered(struct mnttuck *tuck, struct finding *finding);
enum mnttuck_verdict check_source_bindable(struct mnttuck *tuck, struct finding *finding);
enum mnttuck_verdict check_reveal_beneath(struct mnttuck *tuck, struct finding *finding);
enum mnttuck_verdict check_reveal_propagates(struct mnttuck *tuck, struct finding *finding);
enum mnttuck_verdict check_reveal_children(struct mnttuck *tuck, struct finding *finding);
enum mnttuck_verdict check_reveal_incomplete(struct mnttuck *tuck, struct finding *finding);

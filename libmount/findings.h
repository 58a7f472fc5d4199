/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * findings: what one check found, and the report of all of them, which the public API hands out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "libmnttuck.h"

struct facts;

/* What one check found, and what to do. Both strings are without their full stop. In the remedy, a
 * line that begins with a tab is a command for a shell. */
struct finding {
	char *detail; /* NULL: nothing to say */
	char *remedy; /* NULL: none */
	int error;    /* -ENOMEM: there was no memory for the detail */
};

void finding_detail(struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Append a sentence to the remedy. If a command follows, it ends with a colon. */
void finding_remedy(struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Append a command, on a line of its own. @template: see commands.h. */
void finding_command(struct finding *finding, const char *template, ...)
	__attribute__((format(printf, 2, 3)));
/* Append commands that have been made already, separated by COMMANDS_SEPARATOR. */
void finding_commands(struct finding *finding, const char *commands);
/* Append the command that does what was asked for, by force. */
void finding_force(struct finding *finding, const struct facts *facts);
void finding_clear(struct finding *finding);

/* One rule, and the result of checking it. */
struct mnttuck_check {
	const char *rule;    /* its id, as in mount_tuck(7) */
	const char *refuses; /* what the rule refuses, in one line */
	enum mnttuck_verdict verdict;
	const char *detail; /* what the check found; NULL: nothing to report */
};

/* Why an operation was refused. */
struct mnttuck_refusal {
	const char *rule;    /* its id */
	const char *object;  /* the target's or the source's path, as it was given */
	const char *message; /* the reason, one sentence without its full stop */
	const char *remedy;  /* what to do, or NULL */
	int error;	     /* the negative errno that the function returned */
};

struct report {
	struct mnttuck_check *checks; /* one for each rule that was asked for */
	char **details;		      /* their strings */
	size_t count;
	bool is_refused;
	struct mnttuck_refusal refusal; /* the first */
	char *message, *remedy;		/* its strings */
	bool is_partial;		/* mounts were changed, but not all is as it was meant */
	char *outcome;			/* for mnttuck_get_outcome() */
	int outcome_error;
};

/* Forget all checks and the refusal; then there is room for @room checks, the same number each
 * time. -ENOMEM. */
int report_start(struct report *report, size_t room);

/* Append a check that has not been made yet. The strings are not copied. */
void report_add(struct report *report, const char *rule, const char *refuses);

/* Fill in what mnttuck_get_outcome() returns: what was done, and how it ended. Without memory it
 * says only that the operation was done in part. */
void report_say(struct report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Append a sentence, which begins a line of its own. */
void report_say_line(struct report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Append a command, or several separated by COMMANDS_SEPARATOR, to that. */
void report_say_commands(struct report *report, const char *commands);

/* Append to that, after a semicolon. */
void report_say_more(struct report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Note @r, with which a public function that has changed mounts ended. Returns what that function
 * is to return: 0, or a positive number if @r is one or an error. */
int report_end(struct report *report, int r);

/* Forget how the last operation ended. */
void report_begin(struct report *report);

void report_clear(struct report *report);

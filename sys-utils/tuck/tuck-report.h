/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the library found, as text for a person: wrapped lines on standard error, a table on
 * standard output. */
#pragma once

struct mnttuck;
struct mnttuck_refusal;

/* "mount: /opt: cannot tuck here [rule]: why." and the remedy, wrapped and indented. What is
 * refused is the @operation: MNTTUCK_TUCK or MNTTUCK_REVEAL. */
void report_refusal(
	const struct mnttuck_refusal *refusal, unsigned int operation, const char *target);

/* One more line that belongs to the message before it. */
void report_continued(const char *prefix, const char *text);

/* "mount: /opt: what became of it" */
void report_outcome(const char *target, const char *text);

/* The rules with their verdicts, as a table. */
void report_checks(const struct mnttuck *tuck);

/* What a forced reveal has lost, on standard error. */
void report_lost(const struct mnttuck *tuck, const char *target);

/* Work out what report_places() prints. Where that can't be known, say so: -errno. */
int report_foresee(struct mnttuck *tuck, const char *target);

/* Where it takes effect, as a table with the columns of @operations (MNTTUCK_TUCK ...); namespaces
 * that could not be read go to standard error. */
void report_places(const struct mnttuck *tuck, unsigned int operations);

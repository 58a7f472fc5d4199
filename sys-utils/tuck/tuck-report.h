/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages on standard error about what the library found. Long ones are wrapped. */
#pragma once

#include <stdbool.h>

struct mnttuck;
struct mnttuck_place;
struct mnttuck_refusal;

/* Print "mount: /opt: cannot tuck here [rule]: why." and the remedy, wrapped and indented.
 * @operation is refused: MNTTUCK_TUCK, MNTTUCK_REVEAL or MNTTUCK_REMOVE_BENEATH ... */
void report_refusal(
	const struct mnttuck_refusal *refusal, unsigned int operation, const char *target);

/* The same about a tuck that something else than the library refuses. */
void report_refused_by(const char *target, const char *rule, const char *message);

/* Print one more line, indented, that belongs to the message before it. */
void report_continued(const char *prefix, const char *text);

/* Print "mount: /opt: the outcome". */
void report_outcome(const char *target, const char *text);

/* Print where a tuck has also come to lie on top, where that is no reason to refuse. */
void report_landings(const struct mnttuck *tuck, const char *target);

/* Print which mounts a reveal has unmounted together with the top, by force or where that is no
 * reason to refuse. */
void report_lost(const struct mnttuck *tuck, const char *target);

/* Print what came of a place of mnttuck_replace_elsewhere(): one that was replaced only if
 * @is_verbose. */
void report_place(const struct mnttuck_place *place, const char *target, bool is_verbose);

/* Print what could not be seen, and why; @place is a MNTTUCK_UNSEEN. */
void report_unseen(const struct mnttuck_place *place);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the library found, as text for a person: wrapped lines on standard error, a table on
 * standard output. */
#pragma once

struct mnttuck;
struct mnttuck_refusal;

/* "mount: /opt: cannot tuck here [rule]: why." and the remedy, wrapped and indented. */
void report_refusal(const struct mnttuck_refusal *refusal, const char *target);

/* One more line that belongs to the message before it. */
void report_continued(const char *prefix, const char *text);

/* The rules with their verdicts, as a table. */
void report_checks(const struct mnttuck *tuck);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judge: whether a command with a fault in it ended as it should.
 *
 *	status 0	the work is done, and the output is that of the undisturbed run
 *	16		the mounts are as after a success (utab could not be written)
 *	64		the mounts are as after a success, or after its first half (--half)
 *	another		everything is as before
 *
 * In any case nothing is left over, nothing crashed or hangs, and a status other than 0 comes with
 * a message.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "judge.h"

struct sight look(const struct expected *expected, const struct state *now)
{
	struct sight sight = {
		.is_before = is_same(now->mounts, expected->before.mounts),
		.is_half = expected->has_half && is_same(now->mounts, expected->half.mounts),
		.is_finished = is_same(now->mounts, expected->finished.mounts),
		.utab_is_before = is_same(now->utab, expected->before.utab),
		.utab_is_half = expected->has_half && is_same(now->utab, expected->half.utab),
		.utab_is_finished = is_same(now->utab, expected->finished.utab),
	};

	sight.nothing_is_left = (sight.is_before && is_same(now->rest, expected->before.rest)) ||
				(sight.is_half && is_same(now->rest, expected->half.rest)) ||
				(sight.is_finished && is_same(now->rest, expected->finished.rest));
	return sight;
}

/* Whether it is a message in the project's form, with a text of some length. */
static bool is_message(const char *program, const char *text)
{
	size_t length = strlen(program);

	return strncmp(text, program, length) == 0 && text[length] == ':' &&
	       strlen(text) > length + 10 && !strstr(text, "Success") && !strstr(text, "(null)") &&
	       !strstr(text, "Unknown error");
}

static const char *judge_status(
	const struct expected *expected, const struct run *run, const struct sight *sight)
{
	if (run->status == expected->first.status) {
		if (!sight->is_finished)
			return "it says it is done, but the work is not";
		if (!sight->utab_is_finished)
			return "it says it is done, but utab is not up to date";
		/* If the command prints messages without a fault, other messages change its output.
		 */
		return is_same(run->output, expected->first.output) ||
				       !is_same(run->messages, expected->first.messages)
			       ? NULL
			       : "it says it is done, but the output is another";
	}
	switch (WEXITSTATUS(run->status)) {
	case 16:
		return sight->is_half || sight->is_finished ? NULL
							    : "status 16, but nothing is mounted";
	case 64:
		return sight->is_half || sight->is_finished ? NULL
							    : "status 64, but no half is done";
	case 1:
	case 2:
	case 8:
	case 32:
		if (!sight->is_before)
			return "the status says that nothing changed, but the mounts did";
		return sight->utab_is_before ? NULL
					     : "the status says that nothing changed, but utab did";
	default:
		return "a status that is not in the manual";
	}
}

const char *judge(const struct expected *expected, const struct run *run, const struct sight *sight,
	bool is_mute)
{
	const char *reason;

	if (run->is_late)
		return "it hangs";
	if (!WIFEXITED(run->status) || run->crashed)
		return "it crashed";
	if (!sight->is_before && !sight->is_half && !sight->is_finished)
		return "the mounts are neither as before nor as they should become";
	if (!sight->utab_is_before && !sight->utab_is_half && !sight->utab_is_finished)
		return "utab is neither as before nor as it should become";
	reason = judge_status(expected, run, sight);
	if (reason)
		return reason;
	if (!sight->nothing_is_left)
		return "something is left over";
	if (WEXITSTATUS(run->status) != 0 && !is_mute &&
		!is_message(expected->program, run->messages))
		return "no message, or none that says anything";
	return NULL;
}

/* ---- the accepted faults: rows of ROW | FAULT | JUDGEMENT | REASON, of which the first three are
 * patterns ---- */

static char *next_field(char **rest)
{
	char *field = strsep(rest, "|");
	size_t length;

	if (!field)
		return NULL;
	field += strspn(field, " \t");
	length = strlen(field);
	while (length && strchr(" \t\n", field[length - 1]))
		field[--length] = '\0';
	return field;
}

bool is_excused(const char *allowed, const char *row, const char *fault, const char *judgement)
{
	FILE *file = allowed ? fopen(allowed, "re") : NULL;
	char *line = NULL;
	size_t size = 0;
	bool is_found = false;

	while (file && !is_found && getline(&line, &size, file) >= 0) {
		char *rest = line, *rows = next_field(&rest), *faults = next_field(&rest);
		char *judgements = next_field(&rest);

		is_found = *line != '#' && judgements && fnmatch(rows, row, 0) == 0 &&
			   fnmatch(faults, fault, 0) == 0 && fnmatch(judgements, judgement, 0) == 0;
	}
	if (file)
		fclose(file);
	free(line);
	return is_found;
}

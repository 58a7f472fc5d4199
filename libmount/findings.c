/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "findings.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "facts.h"
#include "progress.h"
#include "util.h"
#include "wish.h"
#include "words.h"

/* The string takes the place of @to, which is freed. */
static int set_string(char **to, const char *format, va_list arguments)
{
	free(steal_pointer(to));
	if (vasprintf(to, format, arguments) >= 0)
		return 0;
	*to = NULL;
	return -ENOMEM;
}

void finding_detail(struct finding *finding, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	finding->error = set_string(&finding->detail, format, arguments);
	if (finding->detail)
		text_make_printable(finding->detail);
	va_end(arguments);
}

/* Append a line to the remedy. @separator: what stands before the line, if it is not the first.
 * Without memory there is no remedy. */
static void __attribute__((format(printf, 3, 0))) add_remedy_line(
	struct finding *finding, const char *separator, const char *format, va_list arguments)
{
	_cleanup_free_ char *line = NULL;

	if (set_string(&line, format, arguments) < 0) {
		free(steal_pointer(&finding->remedy));
		return;
	}
	text_make_printable(line);
	text_add(&finding->remedy, separator, line);
}

void finding_remedy(struct finding *finding, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_remedy_line(finding, "\n", format, arguments);
	va_end(arguments);
}

void finding_command(struct finding *finding, const char *template, ...)
{
	_cleanup_free_ char *format = command_format(template);
	va_list arguments;

	va_start(arguments, template);
	if (format)
		add_remedy_line(finding, COMMANDS_SEPARATOR, format, arguments);
	else
		free(steal_pointer(&finding->remedy));
	va_end(arguments);
}

void finding_commands(struct finding *finding, const char *commands)
{
	text_add(&finding->remedy, COMMANDS_SEPARATOR, commands);
}

void finding_force(struct finding *finding, const struct facts *facts)
{
	_cleanup_free_ char *line = NULL, *source = NULL;
	const struct wish *wish = facts->wish;

	if (!(progress_acts(facts->progress, wish) & OF_TUCK))
		finding_command(finding, "{umount here} --reveal=force %s", wish->target.shell);
	else if (command_with_force(&line) == 0 && line)
		finding_commands(finding, line);
	else if (wish_source_as_argument(wish, &source) == 0)
		finding_command(finding, "{mount here} --tuck --reveal=force %s %s",
			source ?: "SOURCE", wish->target.shell);
}

void finding_clear(struct finding *finding)
{
	free(finding->detail);
	free(finding->remedy);
	*finding = (struct finding){0};
}

static void forget_checks(struct report *report)
{
	for (size_t i = 0; i < report->count; i++)
		free(steal_pointer(&report->details[i]));
	report->count = 0;
	report->is_refused = false;
	free(steal_pointer(&report->message));
	free(steal_pointer(&report->remedy));
}

int report_start(struct report *report, size_t room)
{
	forget_checks(report);
	if (!report->checks)
		report->checks = calloc(room, sizeof(*report->checks));
	if (!report->details)
		report->details = calloc(room, sizeof(*report->details));
	return report->checks && report->details ? 0 : -ENOMEM;
}

void report_add(struct report *report, const char *rule, const char *refuses)
{
	report->checks[report->count++] = (struct mnttuck_check){
		.rule = rule,
		.refuses = refuses,
		.verdict = MNTTUCK_UNCHECKED,
	};
}

void report_say(struct report *report, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (set_string(&report->outcome, format, arguments) == 0)
		text_make_printable(report->outcome);
	va_end(arguments);
}

int report_end(struct report *report, int r)
{
	report->is_partial = r != 0;
	report->outcome_error = r < 0 ? r : 0;
	return r < 0 ? 1 : r;
}

void report_begin(struct report *report)
{
	free(steal_pointer(&report->outcome));
	report->is_partial = false;
	report->outcome_error = 0;
}

void report_say_more(struct report *report, const char *format, ...)
{
	_cleanup_free_ char *more = NULL;
	va_list arguments;

	va_start(arguments, format);
	set_string(&more, format, arguments);
	va_end(arguments);
	if (more) {
		text_make_printable(more);
		text_add(&report->outcome, "; ", more);
	}
}

void report_say_line(struct report *report, const char *format, ...)
{
	_cleanup_free_ char *line = NULL;
	va_list arguments;

	va_start(arguments, format);
	set_string(&line, format, arguments);
	va_end(arguments);
	if (line && report->outcome) {
		text_make_printable(line);
		text_add(&report->outcome, "\n", line);
	}
}

void report_say_commands(struct report *report, const char *commands)
{
	if (report->outcome)
		text_add(&report->outcome, COMMANDS_SEPARATOR, commands);
}

void report_clear(struct report *report)
{
	forget_checks(report);
	free(report->checks);
	free(report->details);
	free(report->outcome);
	*report = (struct report){0};
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "findings.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "util.h"

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
	va_end(arguments);
}

void finding_remedy(struct finding *finding, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	set_string(&finding->remedy, format, arguments);
	va_end(arguments);
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
	set_string(&report->outcome, format, arguments);
	va_end(arguments);
}

void report_clear(struct report *report)
{
	forget_checks(report);
	free(report->checks);
	free(report->details);
	free(report->outcome);
	*report = (struct report){0};
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "findings.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
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
	va_end(arguments);
}

/* Whether a command of mount or umount begins at @text, in a format, that does not name a
 * namespace.
 */
static bool is_command(const char *text)
{
	static const char option[] = "--namespace";

	return strncmp(text, "mount ", 6) == 0 && text[6] && strchr("-%/", text[6]) &&
	       strncmp(text + 6, option, sizeof(option) - 1) != 0;
}

/* @format with the option for the caller's namespace in each command. The caller frees it. */
static char *name_namespace(const char *format)
{
	const char *option = words_own_namespace();
	size_t size = strlen(format) + 1;
	char *named, *end;

	for (const char *at = format; *at; at++)
		size += is_command(at) ? 2 * strlen(option) : 0;
	named = end = malloc(size);
	while (named && *format) {
		size_t copied = is_command(format) ? 6 : 1;

		end = mempcpy(end, format, copied);
		format += copied;
		for (const char *from = copied == 6 ? option : ""; *from; from++) {
			if (*from == '%')
				*end++ = '%';
			*end++ = *from;
		}
	}
	if (named)
		*end = '\0';
	return named;
}

void finding_remedy(struct finding *finding, const char *format, ...)
{
	/* pivot_root(8) has no such option, so its commands are for a shell in the namespace. */
	_cleanup_free_ char *named = strstr(format, "pivot_root") ? NULL : name_namespace(format);
	va_list arguments;

	va_start(arguments, format);
	set_string(&finding->remedy, named ?: format, arguments);
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

void report_say_more(struct report *report, const char *format, ...)
{
	_cleanup_free_ char *more = NULL;
	va_list arguments;

	va_start(arguments, format);
	set_string(&more, format, arguments);
	va_end(arguments);
	if (more)
		text_add(&report->outcome, "; ", more);
}

void report_clear(struct report *report)
{
	forget_checks(report);
	free(report->checks);
	free(report->details);
	free(report->outcome);
	*report = (struct report){0};
}

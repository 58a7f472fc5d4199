/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libmnttuck.h"
#include "util.h"

#define LINE_WIDTH 100

/* Print @text wrapped at spaces; what follows the first line is indented below the program's name.
 * Commands in quotes are not broken: a quoted word has no meaning of its own to a person, but to a
 * shell. */
static void print_wrapped(FILE *stream, const char *text, size_t column)
{
	size_t indent = strlen(program_invocation_short_name) + 2;
	bool is_quoted;

	while (*text) {
		size_t length = 0;

		is_quoted = *text == '\'';
		while (text[length] && (is_quoted || text[length] != ' ')) {
			length++;
			if (is_quoted && text[length] == '\'' && strchr(" .", text[length + 1]))
				is_quoted = false;
		}
		if (column > indent && column + 1 + length > LINE_WIDTH) {
			fprintf(stream, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', stream);
			column++;
		}
		fwrite(text, 1, length, stream);
		column += length;
		text += length;
		text += strspn(text, " ");
	}
	fputc('\n', stream);
}

void report_refusal(const struct mnttuck_refusal *refusal, const char *target)
{
	size_t indent = strlen(program_invocation_short_name) + 2;
	_cleanup_free_ char *line = NULL;
	int n;

	/* What is refused is the target; what it is about may be the source. */
	if (refusal->object && strcmp(refusal->object, target) != 0)
		n = asprintf(&line, "%s: cannot tuck %s here [%s]: %s.", target, refusal->object,
			refusal->rule, refusal->message);
	else
		n = asprintf(&line, "%s: cannot tuck here [%s]: %s.", target, refusal->rule,
			refusal->message);
	if (n < 0)
		return;
	fflush(stdout);
	fprintf(stderr, "%s: ", program_invocation_short_name);
	print_wrapped(stderr, line, indent);
	if (refusal->remedy) {
		fprintf(stderr, "%*s", (int)indent, "");
		print_wrapped(stderr, refusal->remedy, indent);
	}
}

void report_continued(const char *prefix, const char *text)
{
	fprintf(stderr, "%*s%s%s\n", (int)strlen(program_invocation_short_name) + 2, "", prefix,
		text);
}

void report_checks(const struct mnttuck *tuck)
{
	static const char *const verdicts[] = {
		[MNTTUCK_OK] = "ok",
		[MNTTUCK_REFUSED] = "refused",
		[MNTTUCK_UNCHECKED] = "unchecked",
		[MNTTUCK_NOT_APPLICABLE] = "-",
	};
	const struct mnttuck_check *checks;
	size_t count = mnttuck_get_checks(tuck, &checks);

	printf("%-20s %-9s %s\n", "RULE", "VERDICT", "DETAIL");
	for (size_t i = 0; i < count; i++)
		printf("%-20s %-9s %s\n", checks[i].rule, verdicts[checks[i].verdict],
			checks[i].detail
				?: checks[i].verdict == MNTTUCK_REFUSED ? checks[i].refuses
									: "");
	fflush(stdout);
}

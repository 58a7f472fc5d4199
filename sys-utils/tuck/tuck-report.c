/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tuck/tuck-report.h"

#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/print.h"
#include "i18n.h"
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
		print_bytes(stream, text, length);
		column += length;
		text += length;
		text += strspn(text, " ");
	}
	fputc('\n', stream);
}

/* As warnx(), in parts that others have chosen. */
static void begin_message(const char *text)
{
	fflush(stdout);
	fprintf(stderr, "%s: ", program_invocation_short_name);
	print_text(stderr, text);
}

static void end_message(const char *text)
{
	print_text(stderr, text);
	fputc('\n', stderr);
}

void report_refusal(
	const struct mnttuck_refusal *refusal, unsigned int operation, const char *target)
{
	bool is_reveal = operation == MNTTUCK_REVEAL;
	size_t indent = strlen(program_invocation_short_name) + 2;
	_cleanup_free_ char *line = NULL;
	int n;

	/* What is refused is the target; what it is about may be the source. */
	if (refusal->object && strcmp(refusal->object, target) != 0)
		n = asprintf(&line,
			is_reveal ? _("%s: cannot reveal %s here [%s]: %s.")
				  : _("%s: cannot tuck %s here [%s]: %s."),
			target, refusal->object, refusal->rule, refusal->message);
	else
		n = asprintf(&line,
			is_reveal ? _("%s: cannot reveal here [%s]: %s.")
				  : _("%s: cannot tuck here [%s]: %s."),
			target, refusal->rule, refusal->message);
	fflush(stdout);
	if (n < 0) {
		/* No memory: then in one line. */
		begin_message(target);
		fprintf(stderr, " [%s]: ", refusal->rule);
		end_message(refusal->message);
		return;
	}
	fprintf(stderr, "%s: ", program_invocation_short_name);
	print_wrapped(stderr, line, indent);
	if (refusal->remedy) {
		fprintf(stderr, "%*s", (int)indent, "");
		print_wrapped(stderr, refusal->remedy, indent);
	}
}

void report_continued(const char *prefix, const char *text)
{
	fprintf(stderr, "%*s%s", (int)strlen(program_invocation_short_name) + 2, "", prefix);
	end_message(text);
}

void report_outcome(const char *target, const char *text)
{
	begin_message(target);
	fputs(": ", stderr);
	end_message(text);
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
	for (size_t i = 0; i < count; i++) {
		printf("%-20s %-9s ", checks[i].rule, verdicts[checks[i].verdict]);
		print_text(stdout, checks[i].detail
					   ?: checks[i].verdict == MNTTUCK_REFUSED
					      ? checks[i].refuses
					      : "");
		putchar('\n');
	}
	fflush(stdout);
}

void report_lost(const struct mnttuck *tuck, const char *target)
{
	const struct mnttuck_check *checks;
	size_t count = mnttuck_get_checks(tuck, &checks);

	for (size_t i = 0; i < count; i++)
		if (strcmp(checks[i].rule, "reveal-children") == 0 && checks[i].detail)
			report_outcome(target, checks[i].detail);
}

/* ---- where it takes effect ---- */

static const char *text_of_namespace(const struct mnttuck_place *place)
{
	static char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)place->namespace_inode);
	return text;
}

static const char *text_of_target(const struct mnttuck_place *place)
{
	return place->target;
}

static const char *text_of_beneath(const struct mnttuck_place *place)
{
	return place->beneath ?: "-";
}

static const char *text_of_unmounts(const struct mnttuck_place *place)
{
	/* What the new mount lies beneath and the unmount doesn't come to stays, too. */
	return place->unmounts ?: place->is_left || place->beneath ? "(stays)" : "-";
}

static const char *text_of_shows(const struct mnttuck_place *place)
{
	return place->shows;
}

static const struct place_column {
	const char *name;
	unsigned int operations; /* shown for any of these */
	const char *(*text)(const struct mnttuck_place *place);
} place_columns[] = {
	{"NS", MNTTUCK_TUCK | MNTTUCK_REVEAL, text_of_namespace},
	{"TARGET", MNTTUCK_TUCK | MNTTUCK_REVEAL, text_of_target},
	{"BENEATH", MNTTUCK_TUCK, text_of_beneath},
	{"UNMOUNTS", MNTTUCK_REVEAL, text_of_unmounts},
	{"SHOWS", MNTTUCK_REVEAL, text_of_shows},
};

static void report_unread(const struct mnttuck_place *place)
{
	_cleanup_free_ char *text = NULL;

	fflush(stdout);
	if (!place->namespace_inode)
		warnx(_("not every mount namespace can be found: %s"), strerror(-place->error));
	else if (place->pid && asprintf(&text,
				       _("mount namespace %llu of process %d (%s) could not be "
					 "read: %s"),
				       (unsigned long long)place->namespace_inode, place->pid,
				       place->command, strerror(-place->error)) >= 0) {
		begin_message(text);
		end_message("");
	} else {
		warnx(_("mount namespace %llu could not be read: %s"),
			(unsigned long long)place->namespace_inode, strerror(-place->error));
	}
}

int report_foresee(struct mnttuck *tuck, const char *target)
{
	int r = mnttuck_plan(tuck);

	if (r < 0)
		warnx(_("%s: where it takes effect can't be known: %s"), target, strerror(-r));
	return r;
}

void report_places(const struct mnttuck *tuck, unsigned int operations)
{
	const struct mnttuck_place *places;
	size_t count = mnttuck_get_places(tuck, &places), widths[ELEMENTS(place_columns)];

	for (size_t c = 0; c < ELEMENTS(place_columns); c++) {
		widths[c] = strlen(place_columns[c].name);
		for (size_t i = 0; i < count; i++) {
			size_t width =
				places[i].error ? 0 : strlen(place_columns[c].text(&places[i]));

			widths[c] = width > widths[c] ? width : widths[c];
		}
	}
	for (size_t i = 0; i <= count && count; i++) {
		const char *separator = "";

		if (i > 0 && places[i - 1].error) {
			report_unread(&places[i - 1]);
			continue;
		}
		for (size_t c = 0; c < ELEMENTS(place_columns); c++) {
			const char *text =
				i ? place_columns[c].text(&places[i - 1]) : place_columns[c].name;
			bool is_last = c + 1 == ELEMENTS(place_columns) ||
				       !(place_columns[c + 1].operations & operations);

			if (!(place_columns[c].operations & operations))
				continue;
			fputs(separator, stdout);
			print_padded(stdout, text, is_last ? 0 : widths[c]);
			separator = " ";
		}
		putchar('\n');
	}
	fflush(stdout);
}

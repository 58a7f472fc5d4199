/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tuck/tuck-report.h"

#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/print.h"
#include "i18n.h"
#include "libmnttuck.h"
#include "util.h"

/* The columns of the terminal that standard error is; without a terminal no line is too long. */
static size_t line_width(void)
{
	struct winsize size;

	if (!isatty(STDERR_FILENO))
		return SIZE_MAX;
	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40 ? size.ws_col : 80;
}

/* Print the first @length bytes of @text, a sentence of which @column columns are there already,
 * wrapped to the terminal. Lines after the first are indented by @indent columns. */
static void print_wrapped(
	FILE *stream, const char *text, size_t length, size_t indent, size_t column)
{
	const char *end = text + length;
	size_t width = line_width();

	while (text < end) {
		size_t word = strcspn(text, " ");

		word = word < (size_t)(end - text) ? word : (size_t)(end - text);
		if (column > indent && width < SIZE_MAX && column + 1 + word > width) {
			fprintf(stream, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', stream);
			column++;
		}
		print_bytes(stream, text, word);
		column += word;
		text += word;
		text += strspn(text, " ");
	}
}

/* Print @text, sentences and commands, each from a line of its own. @column: what is printed of the
 * first line already. A command is not wrapped, so that it can be pasted. */
static void print_lines(FILE *stream, const char *text, size_t column)
{
	size_t indent = strlen(program_invocation_short_name) + 2;

	for (;;) {
		size_t length = strcspn(text, "\n");

		if (*text == '\t')
			print_bytes(stream, text + 1, length - 1);
		else
			print_wrapped(stream, text, length, indent, column);
		fputc('\n', stream);
		text += length;
		if (!*text++)
			break;
		fprintf(stream, "%*s", (int)indent, "");
		column = indent;
	}
}

/* A message as warnx() prints it. Its parts may be text that users have chosen, so control
 * characters are replaced. */
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

	/* The message begins with the target; the refused object may be the source. */
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
		/* No memory to wrap the text: print it on one line. */
		begin_message(target);
		fprintf(stderr, " [%s]: ", refusal->rule);
		end_message(refusal->message);
		return;
	}
	fprintf(stderr, "%s: ", program_invocation_short_name);
	print_wrapped(stderr, line, strlen(line), indent, indent);
	fputc('\n', stderr);
	if (refusal->remedy) {
		fprintf(stderr, "%*s", (int)indent, "");
		print_lines(stderr, refusal->remedy, indent);
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
	fputc(':', stderr);
	print_lines(stderr, text, strlen(program_invocation_short_name) + 2 + strlen(target) + 1);
}

/* Print what was found by @rule, which did not refuse it. */
static void report_found(const struct mnttuck *tuck, const char *target, const char *rule)
{
	const struct mnttuck_check *checks;
	size_t count = mnttuck_get_checks(tuck, &checks);

	for (size_t i = 0; i < count; i++)
		if (strcmp(checks[i].rule, rule) == 0 && checks[i].verdict == MNTTUCK_OK &&
			checks[i].detail)
			report_outcome(target, checks[i].detail);
}

void report_landings(const struct mnttuck *tuck, const char *target)
{
	report_found(tuck, target, "receiver-propagates");
}

void report_lost(const struct mnttuck *tuck, const char *target)
{
	report_found(tuck, target, "reveal-automount");
	report_found(tuck, target, "reveal-propagates");
	report_found(tuck, target, "reveal-children");
}

void report_unread_namespace(const struct mnttuck_place *place)
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

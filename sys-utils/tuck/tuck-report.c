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

/* The length of the command that @text begins with; 0: it begins with none. A command ends at the
 * end of the text, or at a semicolon that is not quoted. */
static size_t command_length(const char *text)
{
	static const char *const programs[] = {"mount ", "umount ", "findmnt ", "pivot_root ",
		"sysctl ", "systemctl ", "nsenter ", "unshare "};
	bool is_quoted = false, is_command = false;
	size_t length = 0;

	for (size_t i = 0; i < ELEMENTS(programs); i++)
		is_command |= strncmp(text, programs[i], strlen(programs[i])) == 0;
	while (is_command && text[length] && (is_quoted || strncmp(text + length, "; ", 2) != 0))
		is_quoted ^= text[length++] == '\'';
	return length;
}

/* Print @text, wrapped to the terminal. Lines after the first are indented by the width of
 * "PROGRAM:
 * ". On a terminal a command, after a colon, has a line of its own and is not wrapped, so that it
 * can be copied. Elsewhere each text is one line. */
static void print_wrapped(FILE *stream, const char *text, size_t column)
{
	size_t indent = strlen(program_invocation_short_name) + 2, width = line_width();
	bool ends_with_colon = false;

	while (*text) {
		size_t length = ends_with_colon && width < SIZE_MAX ? command_length(text) : 0;
		bool is_command = length > 0;

		if (!is_command)
			length = strcspn(text, " ");
		if (column > indent &&
			(is_command || (width < SIZE_MAX && column + 1 + length > width))) {
			fprintf(stream, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', stream);
			column++;
		}
		print_bytes(stream, text, length);
		/* What follows a command begins on a new line. */
		column = is_command ? width : column + length;
		ends_with_colon = text[length - 1] == ':';
		text += length;
		text += strspn(text, " ");
	}
	fputc('\n', stream);
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

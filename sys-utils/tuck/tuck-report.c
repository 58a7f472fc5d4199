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

/* Print the first @length bytes of @text, a sentence, wrapped to the terminal. @column: how many
 * columns of the first line are used already. Later lines are indented by @indent columns. */
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

/* Where @text ends with a command that is its only one; NULL: it does not. */
static const char *find_only_command(const char *text)
{
	const char *command = strstr(text, "\n\t");

	return command && !strchr(command + 1, '\n') ? command : NULL;
}

/* Print @text, sentences and commands, each from a line of its own. @column: what is printed of the
 * first line already. A command is not wrapped, so that it can be pasted. Without a terminal no
 * line is too long: then a single command ends the line of its sentence, for programs that read
 * lines. */
static void print_lines(FILE *stream, const char *text, size_t column)
{
	size_t indent = strlen(program_invocation_short_name) + 2;
	const char *only = line_width() == SIZE_MAX ? find_only_command(text) : NULL;

	for (;;) {
		size_t length = strcspn(text, "\n");

		if (*text == '\t')
			print_bytes(stream, text + 1, length - 1);
		else
			print_wrapped(stream, text, length, indent, column);
		text += length;
		if (text == only) {
			fputc(' ', stream);
			text++;
			continue;
		}
		fputc('\n', stream);
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

/* The format of a refusal. Its arguments are the target, with @has_object the refused object, the
 * rule, and the message. */
static const char *refusal_format(unsigned int operation, bool has_object)
{
	if (operation & MNTTUCK_TUCK)
		return has_object ? _("%s: cannot tuck %s here [%s]: %s.")
				  : _("%s: cannot tuck here [%s]: %s.");
	if (operation & MNTTUCK_REVEAL)
		return has_object ? _("%s: cannot reveal %s here [%s]: %s.")
				  : _("%s: cannot reveal here [%s]: %s.");
	return has_object ? _("%s: cannot take away what lies beneath %s [%s]: %s.")
			  : _("%s: cannot take away what lies beneath [%s]: %s.");
}

/* @object: what is refused, if that is not the target; or NULL. */
static void print_refusal(unsigned int operation, const char *target, const char *object,
	const char *rule, const char *message, const char *remedy)
{
	size_t indent = strlen(program_invocation_short_name) + 2;
	_cleanup_free_ char *line = NULL;
	int n;

	/* The message begins with the target; the refused object may be the source. */
	if (object && strcmp(object, target) != 0)
		n = asprintf(&line, refusal_format(operation, /* has_object= */ true), target,
			object, rule, message);
	else
		n = asprintf(&line, refusal_format(operation, /* has_object= */ false), target,
			rule, message);
	fflush(stdout);
	if (n < 0) {
		/* No memory to wrap the text: print it on one line. */
		begin_message(target);
		fprintf(stderr, " [%s]: ", rule);
		end_message(message);
		return;
	}
	fprintf(stderr, "%s: ", program_invocation_short_name);
	print_wrapped(stderr, line, strlen(line), indent, indent);
	fputc('\n', stderr);
	if (remedy) {
		fprintf(stderr, "%*s", (int)indent, "");
		print_lines(stderr, remedy, indent);
	}
}

void report_refusal(
	const struct mnttuck_refusal *refusal, unsigned int operation, const char *target)
{
	print_refusal(operation, target, mnttuck_refusal_text(refusal, MNTTUCK_OBJECT),
		mnttuck_refusal_text(refusal, MNTTUCK_RULE),
		mnttuck_refusal_text(refusal, MNTTUCK_MESSAGE),
		mnttuck_refusal_text(refusal, MNTTUCK_REMEDY));
}

void report_refused_by(const char *target, const char *rule, const char *message)
{
	print_refusal(MNTTUCK_TUCK, target, NULL, rule, message, NULL);
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
	const struct mnttuck_check *check = NULL;

	while ((check = mnttuck_next_check(tuck, check))) {
		const char *detail = mnttuck_check_text(check, MNTTUCK_DETAIL);

		if (strcmp(mnttuck_check_text(check, MNTTUCK_RULE), rule) == 0 &&
			mnttuck_check_verdict(check) == MNTTUCK_OK && detail)
			report_outcome(target, detail);
	}
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

void report_unseen(const struct mnttuck_place *place)
{
	long long inode = mnttuck_place_number(place, MNTTUCK_NAMESPACE_INODE);
	int error = (int)mnttuck_place_number(place, MNTTUCK_ERROR);
	int pid = (int)mnttuck_place_number(place, MNTTUCK_PID);
	_cleanup_free_ char *text = NULL;

	fflush(stdout);
	if (!inode)
		warnx(_("not every mount namespace can be found: %s"), strerror(-error));
	else if (error == -ENODATA)
		warnx(_("some mounts of mount namespace %lld are out of sight"), inode);
	else if (pid &&
		 asprintf(&text, _("mount namespace %lld of process %d (%s) could not be read: %s"),
			 inode, pid, mnttuck_place_text(place, MNTTUCK_COMMAND),
			 strerror(-error)) >= 0) {
		begin_message(text);
		end_message("");
	} else {
		warnx(_("mount namespace %lld could not be read: %s"), inode, strerror(-error));
	}
}

/* "/data in mount namespace 4026532210 of process 12 (sleep)". */
static char *words_of_place(const struct mnttuck_place *place)
{
	const char *path = mnttuck_place_text(place, MNTTUCK_TARGET);
	long long inode = mnttuck_place_number(place, MNTTUCK_NAMESPACE_INODE);
	int pid = (int)mnttuck_place_number(place, MNTTUCK_PID);
	char *text;
	int n;

	if (pid)
		n = asprintf(&text, _("%s in mount namespace %lld of process %d (%s)"), path, inode,
			pid, mnttuck_place_text(place, MNTTUCK_COMMAND));
	else
		n = asprintf(&text, _("%s in mount namespace %lld"), path, inode);
	return n < 0 ? NULL : text;
}

void report_place(const struct mnttuck_place *place, const char *target, bool is_verbose)
{
	int64_t kind = mnttuck_place_number(place, MNTTUCK_KIND);
	_cleanup_free_ char *where = NULL, *text = NULL;

	if (kind == MNTTUCK_UNSEEN) {
		if (is_verbose)
			report_unseen(place);
		return;
	}
	where = words_of_place(place);
	if (kind == MNTTUCK_REPLACED && is_verbose)
		print_line(stdout, _("%s: replaced at %s.\n"), program_invocation_short_name,
			where ?: mnttuck_place_text(place, MNTTUCK_TARGET));
	if (kind != MNTTUCK_LEFT)
		return;
	if (asprintf(&text, _("the old version stays at %s: %s"),
		    where ?: mnttuck_place_text(place, MNTTUCK_TARGET),
		    mnttuck_place_text(place, MNTTUCK_REASON)) < 0)
		text = NULL;
	report_outcome(target, text ?: mnttuck_place_text(place, MNTTUCK_REASON));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "commands.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "words.h"

static const struct {
	const char *name;      /* the program's own */
	const char *installed; /* what configure's --program-prefix and the like make of it */
} programs[] = {
	[COMMAND_MOUNT] = {"mount", MOUNT_NAME},
	[COMMAND_UMOUNT] = {"umount", UMOUNT_NAME},
	[COMMAND_FINDMNT] = {"findmnt", FINDMNT_NAME},
};

/* Of the process, like own_namespace in words.c. */
static char *called[ELEMENTS(programs)];
static char **command_line;

/* What stands before and after the program's name in the name that it was called by. */
struct surroundings {
	char *before;
	const char *after;
};

/* Split @path at the last @name in its last part. -ENOENT: it has no such name; -ENOMEM. */
static int split(const char *path, const char *name, struct surroundings *ret)
{
	const char *slash = strrchr(path, '/'), *at = NULL;
	_cleanup_free_ char *directory = NULL;

	for (const char *next = slash ? slash + 1 : path; (next = strstr(next, name)); next++)
		at = next;
	if (!at)
		return -ENOENT;
	/* A command may be pasted elsewhere. */
	if (slash && *path != '/' && !(directory = getcwd(NULL, 0)))
		return -errno;
	ret->after = at + strlen(name);
	if (asprintf(&ret->before, "%s%s%.*s", directory ?: "", directory ? "/" : "",
		    (int)(at - path), path) < 0)
		return -ENOMEM;
	return 0;
}

int commands_called(enum command_program program, char **argv)
{
	struct surroundings around = {0};
	int r = argv[0] ? split(argv[0], programs[program].name, &around) : -ENOENT;
	_cleanup_free_ char *before = r < 0 ? NULL : around.before;

	command_line = argv[0] ? argv : NULL;
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (size_t i = 0; i < ELEMENTS(programs); i++) {
		_cleanup_free_ char *name = NULL;

		if (asprintf(&name, "%s%s%s", before, programs[i].name, around.after) < 0) {
			name = NULL;
			return -ENOMEM;
		}
		free(called[i]);
		called[i] = shell_quote(name);
		if (!called[i])
			return -ENOMEM;
	}
	return 0;
}

const char *command_name(enum command_program program)
{
	return called[program] ?: programs[program].installed;
}

/* What the word in braces at @text stands for. Returns its length; 0: it is no such word. */
static size_t read_word(const char *text, const char **name, const char **option)
{
	static const char here[] = " here";

	for (size_t i = 0; *text == '{' && i < ELEMENTS(programs); i++) {
		size_t length = 1 + strlen(programs[i].name);
		bool is_here;

		if (strncmp(text + 1, programs[i].name, length - 1) != 0)
			continue;
		is_here = strncmp(text + length, here, strlen(here)) == 0;
		length += is_here ? strlen(here) : 0;
		if (text[length] != '}')
			continue;
		*name = command_name((enum command_program)i);
		*option = is_here ? words_own_namespace() : "";
		return length + 1;
	}
	return 0;
}

/* Print @text so that it is itself in a format. */
static void print_for_format(FILE *stream, const char *text)
{
	for (; *text; text++) {
		if (*text == '%')
			fputc('%', stream);
		fputc(*text, stream);
	}
}

char *command_format(const char *template)
{
	char *format = NULL;
	size_t size;
	FILE *stream = open_memstream(&format, &size);

	while (stream && *template) {
		const char *name, *option;
		size_t length = read_word(template, &name, &option);

		if (!length) {
			fputc(*template ++, stream);
			continue;
		}
		print_for_format(stream, name);
		if (*option) {
			/* It ends with the blank that separates it from what follows. */
			fputc(' ', stream);
			print_for_format(stream, option);
			length += template[length] == ' ';
		}
		template += length;
	}
	if (stream && (ferror(stream) | fclose(stream)) != 0) {
		free(format);
		format = NULL;
	}
	return format;
}

int command_make(char **ret, const char *template, ...)
{
	_cleanup_free_ char *format = command_format(template);
	va_list arguments;
	int length;

	*ret = NULL;
	if (!format)
		return -ENOMEM;
	va_start(arguments, template);
	length = vasprintf(ret, format, arguments);
	va_end(arguments);
	if (length < 0) {
		*ret = NULL;
		return -ENOMEM;
	}
	text_make_printable(*ret);
	return 0;
}

/* Whether @word is the option @name, or an abbreviation that begins with @shortest; also with an
 * argument. */
static bool is_option(const char *word, const char *name, const char *shortest)
{
	return strncmp(word, shortest, strlen(shortest)) == 0 &&
	       strncmp(word, name, strcspn(word, "=")) == 0;
}

static bool is_reveal(const char *word)
{
	return is_option(word, "--reveal", "--rev");
}

static bool has_reveal(void)
{
	for (char **word = command_line; word && *word && strcmp(*word, "--") != 0; word++)
		if (is_reveal(*word))
			return true;
	return false;
}

/* What stands for @word of the command line if it is done by force; NULL: @word itself. --replace
 * reveals without being asked. */
static const char *word_with_force(const char *word)
{
	if (is_reveal(word))
		return "--reveal=force";
	return is_option(word, "--replace", "--rep") && !has_reveal() ? "--replace --reveal=force"
								      : NULL;
}

/* Whether an option of @word may be a password, such as "password=" of mount.cifs(8). Messages go
 * into logs. */
static bool has_password(const char *word)
{
	const char *option = strcasestr(word, "pass");

	return option && strchr(option, '=');
}

int command_with_force(char **ret)
{
	_cleanup_free_ char *line = NULL;
	bool are_operands = false;
	int r = 0;

	*ret = NULL;
	for (char **word = command_line; word && *word && r == 0; word++) {
		_cleanup_free_ char *quoted = NULL;

		if (has_password(*word))
			return 0;
		are_operands = are_operands || strcmp(*word, "--") == 0;
		if (word == command_line)
			quoted = strdup(command_name(COMMAND_MOUNT));
		else if (!are_operands && word_with_force(*word))
			quoted = strdup(word_with_force(*word));
		else
			quoted = shell_quote(*word);
		r = quoted ? text_add(&line, " ", quoted) : -ENOMEM;
	}
	if (line)
		text_make_printable(line);
	*ret = steal_pointer(&line);
	return r;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a program's command line by the program's table of options, and prints --help from it.
 *
 * The tables are in mount-rows.c, umount-rows.c and findmnt-rows.c. A table says what each option
 * does; options.c knows only how options are written, so it is the same for all three programs.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct libmnt_context;

/* What the options of a program are read into; each program defines its own. */
struct command;

/* One option. A row without a letter and a name is a heading of --help. */
struct row {
	const char *name;     /* the long option, or NULL */
	int letter;	      /* the short one, or 0 */
	int has_arg;	      /* as in struct option */
	const char *argument; /* as --help shows it; an optional one with brackets: "[=force]" */
	const char *help;     /* NULL: the help of another row mentions this option */
	/* What the option does: one of these two. read() returns false for bad usage. */
	bool (*read)(struct command *command, const struct row *row, const char *argument);
	size_t flag; /* the offset in struct command of a bool that becomes true; 0: none */
	/* For read() and before() of the table; options.c does not use these six. */
	int (*enable)(struct libmnt_context *context, int on);
	int (*set)(struct libmnt_context *context, const char *argument);
	size_t member; /* the offset in struct command of what read() sets */
	const char *value;
	unsigned long flags;
	bool anyone; /* doesn't cost an ordinary user the program's privileges */
	/* Which options can't be combined. */
	unsigned int kinds;    /* a set of bits: the kinds of options that this one belongs to */
	unsigned int excludes; /* the kinds that can't be given together with this option */
	bool added;	       /* util-linux has no such option */
};

struct option_table {
	const struct row *rows;
	size_t count;
	const char *usage; /* the first lines of --help */
	const char *more;  /* the last lines of --help */
	int help_column;   /* of --help: where the descriptions begin */
	char separator;	   /* of --help: between a long option and its required argument */
	/* Called for each option that is given, before the row's read(); NULL: nothing to do. */
	void (*before)(struct command *command, const struct row *row, const char *argument);
};

/* Read the options into @command. Returns the index of the first operand. A wrong option ends the
 * program. */
int options_read(const struct option_table *table, struct command *command, int argc, char **argv);

/* Read the number @text, of digits alone and at most @limit. Returns false for anything else. */
bool option_number(const char *text, unsigned long long limit, unsigned long long *number);

/* Print --help, and end the program with status 0. */
_Noreturn void print_help(const struct option_table *table);

/* Print "bad usage" and the hint to --help, and end the program with status 1. */
_Noreturn void usage_error(void);
/* The same with the hint alone. */
_Noreturn void usage_hint(void);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of mount(8) and umount(8): a table of options, and who reads it. */
#pragma once

#include <libmount/libmount.h>
#include <stdbool.h>
#include <stddef.h>

/* What the options of a program are read into; each program has its own. */
struct command;

/* One option. A row without a letter and a name is a heading of --help. */
struct row {
	const char *name; /* the long option, or NULL */
	int letter;	  /* the short one, or 0 */
	int has_arg;	  /* as in struct option */
	const char *argument;
	const char *help; /* NULL: another row's help mentions it */
	/* What it does, one of these four. read() returns false for bad usage. */
	bool (*read)(struct command *command, const struct row *row, const char *argument);
	int (*enable)(struct libmnt_context *context, int on);
	int (*set)(struct libmnt_context *context, const char *argument);
	size_t flag;	       /* of a bool in struct command that becomes true; 0: none */
	const char *value;     /* for read() */
	unsigned long flags;   /* for read() */
	unsigned int kinds;    /* a set of bits: what it is ... */
	unsigned int excludes; /* ... and what no other option given with it may be */
	bool added;	       /* not an option of util-linux's */
	bool anyone;	       /* doesn't cost an ordinary user the program's privileges */
};

struct option_table {
	const struct row *rows;
	size_t count;
	const char *usage; /* what --help begins with */
	const char *more;  /* and ends with */
};

/* Read the options into @command and @context. Returns the index of the first operand; everything
 * that is wrong ends the program. */
int options_read(const struct option_table *table, struct command *command,
	struct libmnt_context *context, int argc, char **argv);

/* --help and --version. */
_Noreturn void print_help(const struct option_table *table);
_Noreturn void print_version(void);

/* The two lines of a usage error, or the second alone; ends the program with status 1. */
_Noreturn void usage_error(void);
_Noreturn void usage_hint(void);

/* Says that the option needs a newer libmount, and ends the program. */
_Noreturn void option_too_old(const struct row *row, const char *version);

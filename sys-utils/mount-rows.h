/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One row for each option of mount(8). */
#pragma once

#include "mount-options.h"

struct row {
	const char *name; /* the long option, or NULL */
	int letter;	  /* the short one, or 0 */
	int has_arg;	  /* as in struct option */
	const char *argument;
	const char *help; /* NULL: another row's help mentions it */
	bool (*read)(struct command *command, const struct row *row, const char *argument);
	int (*enable)(struct libmnt_context *context, int on); /* for read_switch */
	const char *value;				       /* for read_option, read_tag, ... */
	unsigned long flags;				       /* for read_operation */
	enum option_group group;
	bool added;  /* not an option of util-linux's */
	bool anyone; /* doesn't cost an ordinary user the program's privileges */
};

extern const struct row rows[];
extern const size_t row_count;

/* The rows of --help and --version; both end the program. */
bool print_help(struct command *command, const struct row *row, const char *argument);
bool print_version(struct command *command, const struct row *row, const char *argument);

/* What an unreadable line of fstab gives: a warning, and the next line. */
int skip_bad_line(struct libmnt_table *table, const char *file, int line);

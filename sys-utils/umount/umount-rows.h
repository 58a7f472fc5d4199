/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of umount(8): its options, and what is read of them for main() to act on. */
#pragma once

#include <libmount/libmount.h>

#include "cli/options.h"

struct command {
	struct libmnt_context *context;
	char **argv;	   /* the command line, and ... */
	int first_operand; /* ... where its options end */
	const char *types; /* --types, or NULL */
	char *mntns;	   /* --namespace: a path */
	bool all;
	bool all_targets;
	bool recursive;
	bool quiet;
	bool reveal;
	bool reveal_force;
};

extern const struct option_table umount_options;

/* Give back what the options allocated, the context included. */
void command_release(struct command *command);

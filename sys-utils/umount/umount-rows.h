/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of umount(8): its options, and the values that they set. */
#pragma once

#include <libmount/libmount.h>

#include "cli/options.h"
#include "tuck/act-wait.h"

struct command {
	struct libmnt_context *context;
	char **argv;		  /* all words of the command line */
	int first_operand;	  /* index of the first word after the options */
	const char *types;	  /* --types, or NULL */
	const char *test_options; /* --test-opts, or NULL */
	char *mntns;		  /* --namespace: a path */
	bool all;
	bool all_targets;
	bool recursive;
	bool quiet;
	bool graceful;
	bool reveal;
	unsigned int reveal_how; /* MNTTUCK_FORCE, MNTTUCK_EXACT or 0 */
	bool carry;
	struct act_wait wait; /* --wait */
	bool beneath;
	bool beneath_all;
	bool json;
};

extern const struct option_table umount_options;

/* Free the context, and what the options have allocated. */
void command_release(struct command *command);

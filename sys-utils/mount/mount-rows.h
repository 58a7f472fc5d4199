/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of mount(8): its options, and the values that they set. */
#pragma once

#include <libmount/libmount.h>

#include "cli/options.h"
#include "tuck/act-wait.h"

struct command {
	struct libmnt_context *context;
	char **argv;		    /* all words of the command line */
	struct libmnt_table *fstab; /* --fstab's entries, or NULL: the system's */
	const char *types;
	const char *test_options; /* --test-opts */
	const char *source;	  /* --source */
	char *tag;		  /* --label, --uuid: the tag, which is the source then */
	const char *target;	  /* --target */
	char *mntns;		  /* --namespace: a path */
	char *options;		  /* -o and the like, all of them, as they were written */
	char *map;		  /* --map-users, --map-groups: the value of X-mount.idmap */
	unsigned long operation;  /* MS_BIND, MS_MOVE ... */
	int options_mode;	  /* --options-mode, or 0 */
	int options_source;	  /* --options-source, or 0 */
	bool options_source_force;
	bool map_is_namespace; /* --map-users /proc/PID/ns/user */
	bool all;
	bool propagation; /* --make-shared ... */
	bool show_labels;
	bool tuck;
	bool reveal;
	unsigned int reveal_how; /* MNTTUCK_FORCE, MNTTUCK_EXACT or 0 */
	bool everywhere;
	bool carry;
	bool replace;
	bool kernel_rules;
	bool source_from_caller;
	struct act_wait wait; /* --wait */
	const char *try;      /* --try: a command, or NULL */
	bool json;
	bool from_base;
	const char *set_group; /* --set-group: a mount point, or NULL */
};

extern const struct option_table mount_options;

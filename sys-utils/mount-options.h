/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of mount(8), read: what main() then acts on. */
#pragma once

#include <libmount/libmount.h>
#include <stdbool.h>

/* Of each of these sets of options, a command may use one. */
enum option_group {
	GROUP_NONE,
	GROUP_SOURCE,	 /* --label, --uuid, --source */
	GROUP_OPERATION, /* --bind, --rbind, --move */
	GROUP_COUNT
};

struct command {
	struct libmnt_context *context;
	struct libmnt_table *fstab; /* --fstab's entries, or NULL: the system's */
	const char *chosen[GROUP_COUNT];
	const char *types;
	const char *source;	 /* --source */
	char *tag;		 /* --label, --uuid: the tag, which is the source then */
	const char *target;	 /* --target */
	char *mntns;		 /* --namespace: a path */
	char *map;		 /* --map-users, --map-groups: the value of X-mount.idmap */
	unsigned long operation; /* MS_BIND, MS_MOVE ... */
	int options_mode;	 /* --options-mode, or 0 */
	int options_source;	 /* --options-source, or 0 */
	bool options_source_force;
	bool map_is_namespace; /* --map-users /proc/PID/ns/user */
	bool all;
	bool propagation; /* --make-shared ... */
	bool show_labels;
	bool tuck;
	bool kernel_rules;
	bool source_from_caller;
};

/* Read the options into @command and its context. Returns the index of the first operand; --help,
 * --version and everything that is wrong end the program. */
int command_read(struct command *command, int argc, char **argv);

/* Give back what command_read() allocated, the context included. */
void command_release(struct command *command);

/* The two lines of every usage error; ends the program with status 1. */
_Noreturn void usage_error(void);

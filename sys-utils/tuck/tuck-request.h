/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What mount --tuck is asked to do. The request is filled in once, from the command line and fstab,
 * and does not change afterwards.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "libmnttuck.h"
#include "tuck/act-wait.h"
#include "tuck/tuck-options.h"

struct libmnt_context;

/* What the command line says and libmount's context does not hold. */
struct tuck_command {
	bool reveal;		 /* --reveal: then take the top mount away */
	unsigned int reveal_how; /* MNTTUCK_FORCE, MNTTUCK_EXACT or 0 */
	bool everywhere;	 /* --everywhere: also where the reveal does not reach */
	bool carry;		 /* --carry: with clones of the mounts on the top mount */
	bool kernel_rules;	 /* --tuck=kernel or --beneath: only the running kernel's rules */
	bool source_from_caller; /* --source-namespace=caller: SOURCE is the caller's, not
				    --namespace's */
	struct act_wait wait;	 /* --wait */
	const char *try;	 /* --try: a command, or NULL */
	bool json;		 /* --json */
	bool from_base;		 /* --from-base: SOURCE and options as TARGET's base has them */
	const char *options;	 /* -o and the like, as they were written, or NULL */
	const char *mntns;	 /* --namespace: a path to a mount namespace, or NULL */
};

/* How the source becomes a tree that can be attached. */
enum source_kind {
	SOURCE_PATH,   /* bind or move: the library opens the path */
	SOURCE_STAGED, /* stage.h: libmount mounts it */
};

struct tuck_request {
	unsigned int operations;  /* MNTTUCK_TUCK, with --reveal also MNTTUCK_REVEAL ... */
	enum mnttuck_rules rules; /* --tuck=strict or kernel */
	enum source_kind kind;
	enum mnttuck_source how;     /* of SOURCE_PATH */
	char *written;		     /* all options, as they were written; may be "" */
	struct tuck_options options; /* from the command line and fstab, as they were written */
	char *source;		     /* NULL: none */
	char *target;		     /* with --target-prefix */
	bool has_type;		     /* a type other than "auto" */
	const char *mntns_path;	     /* --namespace, or NULL */
	int mntns;		     /* its descriptor, or -1 */
	bool source_from_caller;
	bool from_base;
	bool is_fake, is_verbose, is_json;
	bool keeps_utab;      /* without --no-mtab */
	struct act_wait wait; /* --wait */
	const char *try;      /* --try: a command, or NULL */
	bool is_excused;      /* "nofail", and the source does not exist: nothing to do */
};

/* Fill in @request from @context, @command and fstab. Nothing else is done yet; for a tuck the
 * propagation options have to be removed from the context, because they are for the attached mount
 * and not for the source. Returns 0, or after a message mount(8)'s exit status. */
int tuck_request_read(struct tuck_request *request, struct libmnt_context *context,
	const struct tuck_command *command);

void tuck_request_clear(struct tuck_request *request);

/* The type of the file at @path in the mount namespace @mntns (-1: the caller's); 0: no file. */
mode_t file_type(const char *path, int mntns);

/* Remove the propagation options from those of @context, which are set after the mount. libmount
 * (seen with 2.41) would write no line in utab for a mount that has them. */
void clear_propagation(struct libmnt_context *context);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What mount --tuck is to do, read from libmount's context once. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "libmnttuck.h"
#include "mount/mount-tuck.h"
#include "tuck/stage.h"

/* What the source is, and so which way it goes. */
enum kind {
	KIND_PATH,   /* bind or move: the library takes the path */
	KIND_STAGED, /* libmount mounts it */
};

struct tuck_job {
	struct libmnt_context *context;
	const struct tuck_request *request;
	struct mnttuck *tuck;
	unsigned int operations; /* MNTTUCK_TUCK, and with --reveal the rest */
	enum kind kind;
	enum mnttuck_source how;
	unsigned long flags; /* of mount(2), without the propagation flags */
	unsigned long propagation;
	bool is_propagation_recursive;
	char *options;	       /* as written, on the command line and in fstab */
	char *source, *target; /* as given; libmount's own change as it prepares */
	char *place;	       /* the target's canonical path, in its namespace */
	int mntns;	       /* descriptor of --namespace, or -1 */
	bool has_source;       /* the library has it */
	bool is_prepared;      /* libmount's context is, perhaps with a loop device */
	struct stage stage;
	char *moved_from;  /* the canonical path of a moved mount */
	size_t utab_lines; /* that the target had before */
};

/* Fill in @job's source, target, flags and kind from its context and fstab. What is for the
 * attached mount, its propagation, is taken out of the context. Returns 0 or mount(8)'s exit
 * status, having said why. */
int job_read(struct tuck_job *job);

/* The file's type at @path in @mntns (-1: the caller's); 0: there is none. */
mode_t job_file_type(const char *path, int mntns);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* progress: what has been done so far of what was asked for. */
#pragma once

#include <stdbool.h>

#include "attach.h"
#include "kernel.h"

struct wish;

/* The two acts of an operation. */
enum act {
	OF_TUCK = 1,
	OF_REVEAL = 2,
	OF_BOTH = OF_TUCK | OF_REVEAL,
};

struct progress {
	enum attach_way way; /* by progress_way() */
	int kernel_error;    /* the kernel's answer to the attempt; 0: it has not been tried */
	bool is_attached;
	struct mount_identity attached; /* the new mount */
	bool is_revealed;
	bool has_asked;	   /* whether what would show answers, in this check of all rules: */
	int asked, answer; /* -errno of asking, and of statfs(2) */
};

/* How the source is to be attached; found out once, by trying. */
enum attach_way progress_way(struct progress *progress);

/* The acts that are still to be done. */
unsigned int progress_acts(const struct progress *progress, const struct wish *wish);

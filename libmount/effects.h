/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * effects: what a plan (plan.h) means for the operation: one entry for each mount point that the
 * tuck, the reveal, or both change.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct mount;
struct plan;
struct plan_source;

/* What happens at one mount point. */
struct effect {
	struct mount *on; /* a tuck: the mount that receives; a reveal: the mount that then shows */
	struct mount *arrives; /* the new mount there; NULL: none, or only a reveal */
	struct mount *beneath; /* the mount that the new one lies beneath; NULL: none is there */
	struct mount *top;     /* the mount that a reveal would unmount; NULL: none */
	struct mount *keeps;   /* a mount on @top because of which @top stays; NULL: none */
	bool stays;	       /* @top is not unmounted */
};

struct effects {
	struct effect *list; /* the target's own is the first */
	size_t count;
	struct mount **lost; /* mounts on the top mount, which are unmounted with it */
	size_t lost_count;
	/* A mount that the reveal would unmount although it is not the old version, or that is to
	 * show and would be unmounted; NULL: none. */
	struct mount *taken;
	/* A mount that would cover what lies beneath the top mount; NULL: none. */
	struct mount *hides;
};

void effects_clear(struct effects *effects);

/* Plan a tuck of @source beneath @top, with @propagation (MS_SHARED ...; 0: the kernel's choice).
 * Returns as plan_tuck() does. */
int effects_tuck(struct effects *effects, struct plan *plan, struct mount *top,
	const struct plan_source *source, unsigned long propagation);

/* Plan the reveal of what lies beneath @top; after effects_tuck(), if there is a tuck. -ENOMEM. */
int effects_reveal(struct effects *effects, struct plan *plan, struct mount *top);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * effects: what a plan (plan.h) means for the operation: one entry for each mount point that the
 * tuck, the reveal, or both change.
 *
 * A reveal is right where the old version gives way to the new one: where a lookup of the mount
 * point ended in the old version before and ends in the new one afterwards, or where it ends in the
 * same mount as before. The old version is every mount that shows what the top mount shows: the
 * same root on the same filesystem.
 *
 * A place that an update has left behind shows an earlier version. Later updates arrive beneath
 * that and are taken away again, so nothing changes there:
 *
 *	the target   left behind, before and after the update to v3
 *	v3           v3'               v3'
 *	└─ v2        └─ v2'            └─ v1'
 *	                └─ v1'            └─ a mount of its own
 *	                   └─ a mount of its own
 *
 * The kernel does not remember that v1' was a copy of what was mounted at the target: its group has
 * ended. A cover that a service has made by itself looks the same. So v1' is told by its kind: an
 * image's filesystem over an image's, a directory of the same filesystem, or an overlay over an
 * overlay; and v1' is not newer than the mount that was to go.
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
	bool lands_on_top;     /* the new mount covers what is mounted there */
	struct mount *top;     /* the mount that a reveal would unmount; NULL: none */
	struct mount *keeps;   /* because of this mount the old version stays; NULL: none */
	bool stays;	       /* @top is not unmounted */
	struct mount *shows;   /* what a lookup of the mount point ends in after a reveal */
	bool is_left;	       /* ... which is the old version */
	bool is_earlier;       /* ... which may be an earlier version than that */
	/* Flags that the old version had here and not at the target, and that what shows then has
	 * not got: MOUNT_ATTR_RDONLY ... */
	unsigned int own_flags;
	bool mask_is_in_group; /* the mount that showed here before was shared or a slave */
	/* A mount that covers one on the old version, and would slide down to this mount point;
	 * NULL: none. */
	struct mount *slides;
	bool is_unmasked; /* a mount that is not the old version would be unmounted, and showed;
			     beneath: any mount that showed */
};

struct effects {
	struct effect *list; /* the target's own is the first */
	size_t count;
	/* Mounts on the old version that would be unmounted with it, and that the new version does
	 * not have at the same path. */
	struct mount **lost;
	size_t lost_count;
	bool takes_inside; /* mounts on the old version go with it, lost or not */
	/* Mounts that would go on showing the old version because no unmount reaches them. */
	struct mount **apart;
	size_t apart_count;
	/* A mount of the target's own stack that the reveal would unmount besides the top mount, or
	 * that is to show and would be unmounted; NULL: none. */
	struct mount *taken;
	/* A mount that would cover what lies beneath the top mount; NULL: none. */
	struct mount *hides;
};

/* Which mounts are listed that go on showing the old version because no unmount reaches them. */
enum effects_apart {
	APART_IF_SHARED, /* all, if the new mount passes mounts on; else none is meant to follow */
	APART_ALL,
	APART_NONE,
};

/* How effects of a reveal are judged. */
struct effects_view {
	enum effects_apart apart;
	/* The flags that the old version has at the target; flags that it has elsewhere besides
	 * these are a place's own. As struct mount has them. */
	unsigned int old_flags;
};

void effects_clear(struct effects *effects);

/* Plan a tuck of @source beneath @top, with @propagation (MS_SHARED ...; 0: the kernel's choice).
 * Returns as plan_tuck() does. */
int effects_tuck(struct effects *effects, struct plan *plan, struct mount *top,
	const struct plan_source *source, unsigned long propagation);

/* Plan the unmount of the @count mounts of @list, each of which covers the one before, as it
 * arrives by propagation. -ENOMEM. */
int effects_beneath(
	struct effects *effects, struct plan *plan, struct mount *const *list, size_t count);

/* Plan the reveal of what lies beneath @top; after effects_tuck(), if there is a tuck. -ENOMEM. */
int effects_reveal(struct effects *effects, struct plan *plan, struct mount *top,
	const struct effects_view *view);

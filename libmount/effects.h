/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * effects: what one operation will do in every namespace: plan, played for it, sorted by place, and
 * told in words.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct mnttuck;
struct mnttuck_place;
struct mount;

/* One place at which mounts would come or go. */
struct effect {
	struct mount *on;      /* a tuck: what receives the new mount; a reveal: what then shows */
	struct mount *arrives; /* the new mount there; NULL: none, or a reveal only */
	struct mount *beneath; /* what it lies beneath; NULL: nothing is there */
	struct mount *top;     /* what a reveal would take; NULL: nothing */
	struct mount *keeps;   /* the mount on it that keeps it there */
	bool stays;	       /* it is not taken */
};

struct outlook {
	struct effect *effects; /* the target's own is the first */
	size_t count;
	struct mount **lost; /* mounts on the top mount, which go with it */
	size_t lost_count;
	/* What a reveal would take that is not the old version there, or, if that is the new one,
	 * would leave the place without; NULL: nothing. */
	struct mount *taken;
	/* What would show at the target in place of what lies beneath the top; NULL: that shows. */
	struct mount *hides;
};

/* Play what is still to be done on the operation's namespaces. -ENOMEM; -ENOENT: the top mount, or
 * what it lies on, is not in what was read; -ENODATA: its place can't be known. */
int outlook_make(struct mnttuck *tuck, struct outlook *outlook);
void outlook_clear(struct outlook *outlook);

/* The same in words: what the public API hands out. */
struct report_places {
	struct mnttuck_place *list;
	size_t count;
};
void report_places_clear(struct report_places *places);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What has changed since the last time, for --poll: from a table that was read again, or from the
 * kernel's events.
 *
 * A table tells everything about the mounts that are there now. It does not tell the order of
 * changes, nor of mounts that have come and gone in between; events tell that, but not of remounts.
 * So where there are events, the table is only asked about mounts that are there before and after.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "findmnt/known.h"

struct kernel_mount_event;
struct libmnt_fs;
struct tables;

struct change {
	unsigned int kinds; /* CHANGE_* */
	const struct known_mount *entry;
	/* Before and after the change; NULL: it was not there, or gone before it could be read. */
	struct libmnt_fs *before, *after;
};

struct comparison {
	struct known known;
	/* Namespaces of which @known has the mounts, by their inodes. */
	ino_t *namespaces;
	size_t namespace_count;
	unsigned int reading;	  /* the number of the last one */
	bool events_tell;	  /* events tell of mounts that come, go and move, in each namespace
				     without is_unreported; mounts are found by their unique ids */
	bool with_propagate_from; /* to be read, too */
	bool has_lost_events;
	void (*report)(void *data, const struct change *change);
	void *data;
};

/* Take all mounts of @tables for known, without a report. */
void comparison_begin(struct comparison *comparison, const struct tables *tables);
/* Report what has changed. If events tell, none of them may be waiting from before the reading. */
void comparison_read(struct comparison *comparison, const struct tables *tables);
/* Report what the event tells. @namespaces: where the mount may be. */
void comparison_take(struct comparison *comparison, const struct kernel_mount_event *event,
	const struct namespaces *namespaces);
/* If the namespace is new, take its mounts for known, and report the namespace. */
void comparison_add_namespace(struct comparison *comparison, const struct mntns *mntns);
/* Forget the mounts of namespaces that are not in the list. */
void comparison_drop_namespaces(struct comparison *comparison, const struct namespaces *namespaces);
void comparison_clear(struct comparison *comparison);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "findmnt/wait.h"

#include <err.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "findmnt/request.h"
#include "findmnt/row.h"
#include "i18n.h"
#include "kernel.h"
#include "namespaces.h"
#include "snapshot.h"
#include "util.h"

/* ---- events ---- */

#define MOST_EVENTS 256 /* read at once */

static int compare_two_ids(const void *a, const void *b)
{
	const uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;

	return one < other ? -1 : one > other;
}

static bool has_any(const struct mntns *mntns, const uint64_t *ids, size_t count)
{
	struct mount *mount;

	snapshot_for_each (mount, mntns->snapshot)
		if (bsearch(&mount->id, ids, count, sizeof(*ids), compare_two_ids))
			return true;
	return false;
}

/* Whether a mount that has come is in the namespace now. */
static bool has_new(const struct mntns *mntns, const uint64_t *ids, size_t count)
{
	struct statmount_buffer buffer = {0};
	bool has = false;

	for (size_t i = 0; i < count && !has; i++)
		has = kernel_statmount(ids[i], mntns->id, KERNEL_STATMOUNT_MNT_BASIC, &buffer) == 0;
	free(buffer.data);
	return has;
}

/* Returns whether it could be read. */
static bool read_one(struct namespaces *namespaces, struct mntns *mntns)
{
	namespaces_read_again(namespaces, mntns);
	if (mntns->snapshot)
		tables_order_stacks(mntns->snapshot);
	return mntns->snapshot;
}

/* Read the namespaces again in which one of these mounts was or is. */
static void read_changed(
	struct wait *wait, const struct kernel_mount_event *events, size_t event_count)
{
	struct namespaces *namespaces = wait->tables.namespaces;
	uint64_t known[MOST_EVENTS] = {0}, new[MOST_EVENTS] = {0};
	size_t known_count = 0, new_count = 0;
	bool is_gone = false;

	for (size_t i = 0; i < event_count; i++)
		if (events[i].detached)
			known[known_count++] = events[i].id;
		else
			new[new_count++] = events[i].id;
	qsort(known, known_count, sizeof(*known), compare_two_ids);
	for (size_t i = 0; i < namespaces->count; i++) {
		struct mntns *mntns = &namespaces->list[i];

		if (mntns->snapshot &&
			(has_any(mntns, known, known_count) || has_new(mntns, new, new_count)))
			is_gone = !read_one(namespaces, mntns) || is_gone;
	}
	if (is_gone)
		namespaces_drop_gone(namespaces);
}

static void read_every_one(struct wait *wait)
{
	struct namespaces *namespaces = wait->tables.namespaces;

	for (size_t i = 0; i < namespaces->count; i++)
		read_one(namespaces, &namespaces->list[i]);
	namespaces_drop_gone(namespaces);
}

static void read_after_events(struct wait *wait)
{
	struct kernel_mount_event events[MOST_EVENTS];
	bool are_lost = false;
	int count;

	while ((count = kernel_watch_read(wait->watch.events, events, ELEMENTS(events))) > 0) {
		for (int i = 0; i < count; i++)
			are_lost = are_lost || !events[i].id;
		if (!are_lost)
			read_changed(wait, events, (size_t)count);
	}
	if (count < 0)
		errx(EXIT_FAILURE, _("can't read the kernel's events about mounts: %s"),
			strerror(-count));
	if (are_lost)
		read_every_one(wait);
}

static void read_unreported(struct namespaces *namespaces)
{
	for (size_t i = 0; i < namespaces->count; i++)
		if (namespaces->list[i].is_unreported)
			read_one(namespaces, &namespaces->list[i]);
}

static void look_for_new(struct wait *wait)
{
	struct namespaces *namespaces = wait->tables.namespaces;
	size_t count;

	read_unreported(namespaces);
	namespaces_drop_gone(namespaces);
	count = namespaces->count;
	errno = -namespaces_read_new(namespaces);
	if (errno)
		err(EXIT_FAILURE, _("can't read the mount namespaces"));
	for (size_t i = count; i < namespaces->count; i++)
		if (namespaces->list[i].snapshot)
			tables_order_stacks(namespaces->list[i].snapshot);
}

void wait_read_unread(struct wait *wait)
{
	struct namespaces *namespaces = wait->tables.namespaces;

	if (wait->watch.events < 0)
		return;
	/* The list stays as it is: rows of the output point into it. */
	for (size_t i = 0; i < namespaces->count; i++)
		if (!namespaces->list[i].snapshot)
			namespaces_read_again(namespaces, &namespaces->list[i]);
}

/* ---- tables ---- */

static void read_anew(struct wait *wait)
{
	tables_free(&wait->tables);
	tables_read_namespaces(
		&wait->command->from, &wait->command->want, wait->needs, &wait->tables);
}

/* Whether the tables have to be read again after a pause, because nothing reports that a regular
 * file or namespaces without events have changed, or that a task has ended. */
static bool needs_pause(const struct wait *wait)
{
	const struct from *from = &wait->command->from;

	return from->all_namespaces || from->files.count || from->tasks.count;
}

static void plan_look(struct wait *wait, double work)
{
	if (wait->watch.events >= 0)
		wait->next_look = watch_next(work, 1);
	else
		wait->next_look = needs_pause(wait) ? watch_next(work, 0.2) : WATCH_FOREVER;
}

/* False: no events are to be had. */
static bool has_begun_with_events(struct wait *wait)
{
	struct tables *tables = &wait->tables;
	const struct mount *first;

	watch_open_events(&wait->watch, &wait->command->from);
	if (wait->watch.events < 0 || tables_read_watched(&wait->command->from, wait->watch.events,
					      wait->needs, tables) < 0)
		return false;
	first = tables->count ? snapshot_mount(tables->list[0]->snapshot, 0) : NULL;
	return first && first->id;
}

void wait_begin(struct wait *wait, const struct command *command, unsigned int needs)
{
	double work = watch_work();

	*wait = (struct wait){.command = command, .needs = needs, .watch = WATCH_NOTHING};
	if (!command->from.all_namespaces)
		free(watch_open_table(&wait->watch, &command->from));
	if (!command->from.all_namespaces || !has_begun_with_events(wait)) {
		watch_close_events(&wait->watch);
		read_anew(wait);
	}
	plan_look(wait, work);
}

bool wait_for_change(struct wait *wait, double deadline)
{
	unsigned int ready =
		watch_wait(&wait->watch, deadline < wait->next_look ? deadline : wait->next_look);
	bool is_time = watch_now() >= wait->next_look;
	double work = watch_work();

	if (!ready && !is_time)
		return false;
	if (wait->watch.events < 0) {
		read_anew(wait);
	} else {
		if (ready & WATCH_EVENTS)
			read_after_events(wait);
		if (is_time)
			look_for_new(wait);
		tables_list_again(&wait->tables);
	}
	if (is_time || wait->watch.events < 0)
		plan_look(wait, work);
	return true;
}

void wait_end(struct wait *wait)
{
	watch_close_after_end(&wait->watch);
	watch_close(&wait->watch);
}

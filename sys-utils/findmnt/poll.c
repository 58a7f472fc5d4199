/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --poll: print each mount, unmount, remount and move when it happens; with --namespaces in every
 * mount namespace.
 *
 * watch.c says that something has happened, poll-compare.c finds out what, poll-match.c chooses.
 * The watch begins before the first table is read, so that nothing is missed between the two.
 */
#include <err.h>
#include <errno.h>
#include <libmount.h>
#include <stdlib.h>
#include <string.h>

#include "findmnt/changes.h"
#include "findmnt/jobs.h"
#include "findmnt/output.h"
#include "findmnt/poll-compare.h"
#include "findmnt/poll-match.h"
#include "findmnt/request.h"
#include "findmnt/row.h"
#include "findmnt/tables.h"
#include "findmnt/watch.h"
#include "i18n.h"
#include "kernel.h"
#include "util.h"

struct poll {
	const struct command *command;
	struct from from; /* how the tables are read again */
	struct output *output;
	struct watch watch;
	struct comparison comparison;
	struct tables tables; /* the first ones; with events, their namespaces are kept up to date
			       */
	unsigned int wanted;  /* CHANGE_* */
	unsigned int needs;
	char *target;			/* of --target */
	bool is_stale;			/* something may have changed of which there is no event */
	double next_look, next_reading; /* for new namespaces; for what nothing tells */
	size_t printed;
};

/* ---- printing ---- */

static void print_change(void *data, const struct change *change)
{
	struct poll *poll = data;
	const struct want *want = &poll->command->want;
	struct mount mount = change->entry->mount;
	struct output_row row = {
		.fs = change->after
			      ?: change->kinds & CHANGE_UMOUNT ? change->before
							       : NULL,
		.mount = &mount,
		.old_fs = change->before,
		.mntns = &change->entry->mntns,
		.change = change->kinds,
	};

	if (!(change->kinds & poll->wanted) || (want->first_only && poll->printed) ||
		!poll_wants(&poll->from, want, poll->target, &poll->comparison.known, change))
		return;
	if (!output_add(poll->output, NULL, &row))
		return;
	output_print_lines(poll->output);
	poll->printed++;
}

/* ---- reading ---- */

static void read_tables(const struct poll *poll, struct tables *tables)
{
	tables_read_namespaces(&poll->from, &poll->command->want, poll->needs, tables);
}

/* Read the tables for the first time, with the queue of events open. False: the kernel reports no
 * events, or does not tell enough about the mounts that they are about. */
static bool begin_with_events(struct poll *poll)
{
	struct tables *tables = &poll->tables;
	const struct mount *first;

	if (poll->watch.events < 0)
		return false;
	poll->from.source = SOURCE_LISTMOUNT;
	if (tables_read_watched(&poll->from, poll->watch.events, poll->needs, tables) < 0)
		return false;
	first = tables->count ? snapshot_mount(tables->list[0]->snapshot, 0) : NULL;
	if (first && first->id)
		return true;
	tables_free(tables);
	return false;
}

static void begin_poll(struct poll *poll)
{
	const struct from *from = &poll->command->from;
	struct comparison *comparison = &poll->comparison;
	double work = watch_work();

	comparison->events_tell = begin_with_events(poll);
	if (!comparison->events_tell) {
		watch_close_events(&poll->watch);
		poll->from.source = SOURCE_KERNEL;
		poll->from.source_given = !from->all_namespaces;
		read_tables(poll, &poll->tables);
	}
	poll->target = poll_target(&poll->command->want);
	comparison_begin(comparison, &poll->tables);
	poll->next_reading = watch_next(work, 1);
	poll->next_look =
		comparison->events_tell && from->all_namespaces ? watch_now() + 1 : WATCH_FOREVER;
}

/* Read every table again and compare. With events, nothing is compared if another event has come
 * meanwhile: then the table is newer than what is known. */
static void read_again(struct poll *poll)
{
	struct tables tables = {0};
	double work = watch_work();

	if (poll->comparison.events_tell && poll->from.all_namespaces) {
		tables.namespaces = poll->tables.namespaces;
		for (size_t i = 0; i < tables.namespaces->count; i++)
			namespaces_read_again(tables.namespaces, &tables.namespaces->list[i]);
		tables_list_read(&tables);
	} else {
		read_tables(poll, &tables);
	}
	poll->next_reading = watch_next(work, 1);
	if (!poll->comparison.events_tell || !watch_has_events(&poll->watch)) {
		comparison_read(&poll->comparison, &tables);
		poll->is_stale = false;
	}
	if (tables.namespaces == poll->tables.namespaces)
		free(tables.list);
	else
		tables_free(&tables);
}

/* Look for new namespaces, and forget those that are gone. */
static void look(struct poll *poll)
{
	struct namespaces *namespaces = poll->tables.namespaces;
	double work = watch_work();

	errno = -namespaces_read_new(namespaces);
	if (errno)
		err(EXIT_FAILURE, _("can't read the mount namespaces"));
	comparison_drop_namespaces(&poll->comparison, namespaces);
	for (size_t i = 0; i < namespaces->count; i++)
		if (namespaces->list[i].snapshot)
			comparison_add_namespace(&poll->comparison, &namespaces->list[i]);
	poll->next_look = watch_next(work, 1);
}

static void take_events(struct poll *poll)
{
	struct kernel_mount_event events[256];
	int count;

	while ((count = kernel_watch_read(poll->watch.events, events, ELEMENTS(events))) > 0)
		for (int i = 0; i < count; i++)
			comparison_take(&poll->comparison, &events[i], poll->tables.namespaces);
	if (count < 0)
		errx(EXIT_FAILURE, _("can't read the kernel's events about mounts: %s"),
			strerror(-count));
	poll->is_stale = poll->is_stale || poll->comparison.has_lost_events;
}

/* ---- the job ---- */

static bool is_done(const struct poll *poll)
{
	return poll->command->want.first_only && poll->printed;
}

static double earlier(double one, double other)
{
	return one < other ? one : other;
}

static void follow(struct poll *poll)
{
	const struct job *job = &poll->command->job;
	double end = job->timeout < 0 ? WATCH_FOREVER : watch_now() + job->timeout / 1e3;

	while (!is_done(poll)) {
		double next = earlier(poll->next_look, poll->next_reading);
		unsigned int ready =
			watch_wait(&poll->watch, poll->is_stale ? watch_now() : earlier(end, next));

		if (ready && job->timeout >= 0)
			end = watch_now() + job->timeout / 1e3;
		if (ready & WATCH_EVENTS)
			take_events(poll);
		if (ready & WATCH_TABLE || watch_now() >= poll->next_reading)
			poll->is_stale = true;
		if (watch_now() >= poll->next_look)
			look(poll);
		if (poll->is_stale && !is_done(poll) &&
			!(poll->comparison.events_tell && watch_has_events(&poll->watch)))
			read_again(poll);
		if (!ready && watch_now() >= end)
			break;
	}
}

int job_poll(const struct command *command, struct output *output)
{
	struct poll poll = {
		.command = command,
		.from = command->from,
		.output = output,
		.watch = WATCH_NOTHING,
		.comparison = {.report = print_change, .data = &poll},
		.wanted = changes_parse(command->job.poll_actions),
		.needs = output_needs(output) | NEEDS_UNIQUE_IDS,
	};

	int status;

	poll.from.cache = NULL;
	if (poll.from.files.count)
		poll.from.files.count = 1;
	if (poll.from.tasks.count)
		poll.from.tasks.count = 1;
	poll.comparison.with_propagate_from = poll.needs & NEEDS_PROPAGATE_FROM;
	output_start(output, /* is_tree= */ false);
	if (!poll.from.all_namespaces)
		free(watch_open_table(&poll.watch, &poll.from));
	watch_open_events(&poll.watch, &poll.from);
	begin_poll(&poll);
	status = tables_tell_unread(&command->from, &poll.tables, command->job.verbose);
	follow(&poll);
	comparison_clear(&poll.comparison);
	tables_free(&poll.tables);
	watch_close(&poll.watch);
	free(poll.target);
	return status;
}

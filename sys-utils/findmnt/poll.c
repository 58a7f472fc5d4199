/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --poll: print each mount, unmount, remount and move when it happens.
 *
 * When the table changes, the kernel marks an open mountinfo file with POLLPRI. libmount compares
 * the new table with the one before, and says what has changed.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "findmnt/jobs.h"
#include "findmnt/match.h"
#include "findmnt/output.h"
#include "findmnt/request.h"
#include "findmnt/row.h"
#include "findmnt/tables.h"
#include "i18n.h"
#include "util.h"

static const struct {
	const char *name;
	int change;
} actions[] = {
	{"mount", MNT_TABDIFF_MOUNT},
	{"umount", MNT_TABDIFF_UMOUNT},
	{"remount", MNT_TABDIFF_REMOUNT},
	{"move", MNT_TABDIFF_MOVE},
};

/* Returns a set of bits, 1 << MNT_TABDIFF_*: the changes that are asked for. */
static unsigned int parse_actions(const char *list)
{
	unsigned int wanted = 0;

	for (size_t i = 0; !list && i < ELEMENTS(actions); i++)
		wanted |= 1U << actions[i].change;
	while (list && *list) {
		size_t length = strcspn(list, ","), i = 0;

		while (i < ELEMENTS(actions) &&
			(strncmp(actions[i].name, list, length) != 0 || actions[i].name[length]))
			i++;
		if (i == ELEMENTS(actions))
			errx(EXIT_FAILURE,
				_("--poll takes mount, umount, move and remount, not \"%.*s\""),
				(int)length, list);
		wanted |= 1U << actions[i].change;
		list += length;
		list += *list == ',';
	}
	return wanted;
}

/* Print the changes between two tables; returns how many lines. */
static size_t print_changes(const struct matcher *matcher, struct output *output,
	struct libmnt_tabdiff *difference, unsigned int wanted)
{
	struct libmnt_iter *iterator = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *before, *after;
	size_t printed = 0;
	int change;

	if (!iterator)
		err(EXIT_FAILURE, _("failed to initialize libmount iterator"));
	while (mnt_tabdiff_next_change(difference, iterator, &before, &after, &change) == 0) {
		struct output_row row = {
			.fs = change == MNT_TABDIFF_UMOUNT ? before : after,
			.old_fs = change == MNT_TABDIFF_MOUNT ? NULL : before,
			.change = change,
		};

		if (!(wanted >> change & 1) || !matcher_matches(matcher, row.fs, NULL))
			continue;
		output_add(output, NULL, &row);
		output_print_lines(output);
		printed++;
		if (matcher->want->first_only)
			break;
	}
	mnt_free_iter(iterator);
	return printed;
}

static const char *mountinfo_path(const struct from *from, char *buffer, size_t size)
{
	if (from->files.count)
		return from->files.list[0];
	if (!from->tasks.count)
		return "/proc/self/mountinfo";
	snprintf(buffer, size, "/proc/%s/mountinfo", from->tasks.list[0]);
	return buffer;
}

int job_poll(const struct command *command, struct output *output)
{
	const struct from *from = &command->from;
	const struct matcher matcher = matcher_of(from, &command->want);
	unsigned int wanted = parse_actions(command->job.poll_actions), parse_errors = 0;
	struct libmnt_tabdiff *difference = mnt_new_tabdiff();
	struct libmnt_table *before, *after;
	_cleanup_close_ int fd = -1;
	char buffer[64];
	const char *path = mountinfo_path(from, buffer, sizeof(buffer));
	size_t printed = 0;
	int ready = 0;

	output_start(output, /* is_tree= */ false);
	if (!difference)
		err(EXIT_FAILURE, _("failed to initialize libmount tabdiff"));
	before = table_of_file(from, SOURCE_KERNEL, path, &parse_errors);
	if (!before)
		err(EXIT_FAILURE, _("can't read %s"), path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err(EXIT_FAILURE, _("cannot open %s"), path);
	while (!(command->want.first_only && printed)) {
		struct pollfd change = {.fd = fd, .events = POLLPRI};

		ready = poll(&change, 1, command->job.timeout);
		if (ready <= 0)
			break;
		after = table_of_file(from, SOURCE_KERNEL, path, &parse_errors);
		if (!after || mnt_diff_tables(difference, before, after) < 0)
			err(EXIT_FAILURE, _("can't read %s"), path);
		printed += print_changes(&matcher, output, difference, wanted);
		mnt_unref_table(before);
		before = after;
	}
	if (ready < 0)
		err(EXIT_FAILURE, _("poll() failed"));
	mnt_unref_table(before);
	mnt_free_tabdiff(difference);
	return EXIT_SUCCESS;
}

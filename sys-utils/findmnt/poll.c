/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * findmnt-poll: --poll, what is mounted, unmounted, remounted and moved, as it happens.
 *
 * The kernel marks an open mountinfo file with POLLPRI when the table changes; what changed is
 * libmount's comparison of the table before with the table after. Each change is printed at once.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "findmnt/findmnt.h"
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

/* A bit for each change that is asked for. */
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
static size_t print_changes(const struct findmnt *findmnt, struct output *output,
	struct libmnt_tabdiff *difference, unsigned int wanted)
{
	struct libmnt_iter *iterator = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *before, *after;
	size_t printed = 0;
	int change;

	if (!iterator)
		err(EXIT_FAILURE, _("failed to initialize libmount iterator"));
	while (mnt_tabdiff_next_change(difference, iterator, &before, &after, &change) == 0) {
		struct row row = {
			.fs = change == MNT_TABDIFF_UMOUNT ? before : after,
			.old_fs = change == MNT_TABDIFF_MOUNT ? NULL : before,
			.change = change,
		};

		if (!(wanted >> change & 1) || !findmnt_matches(findmnt, row.fs, NULL))
			continue;
		output_add(output, NULL, &row);
		output_print_lines(output);
		printed++;
		if (findmnt->first_only)
			break;
	}
	mnt_free_iter(iterator);
	return printed;
}

static const char *mountinfo_path(const struct findmnt *findmnt, char *buffer, size_t size)
{
	if (findmnt->files.count)
		return findmnt->files.list[0];
	if (!findmnt->tasks.count)
		return "/proc/self/mountinfo";
	snprintf(buffer, size, "/proc/%s/mountinfo", findmnt->tasks.list[0]);
	return buffer;
}

int findmnt_poll(struct findmnt *findmnt)
{
	unsigned int wanted = parse_actions(findmnt->poll_actions);
	struct libmnt_tabdiff *difference = mnt_new_tabdiff();
	struct output *output = output_new(findmnt, /* tree= */ false);
	struct libmnt_table *before, *after;
	_cleanup_close_ int fd = -1;
	char buffer[64];
	const char *path = mountinfo_path(findmnt, buffer, sizeof(buffer));
	size_t printed = 0;
	int ready = 0;

	if (!difference)
		err(EXIT_FAILURE, _("failed to initialize libmount tabdiff"));
	before = findmnt_parse_table(findmnt, SOURCE_KERNEL, path);
	if (!before)
		err(EXIT_FAILURE, _("can't read %s"), path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err(EXIT_FAILURE, _("cannot open %s"), path);
	while (!(findmnt->first_only && printed)) {
		struct pollfd change = {.fd = fd, .events = POLLPRI};

		ready = poll(&change, 1, findmnt->timeout);
		if (ready <= 0)
			break;
		after = findmnt_parse_table(findmnt, SOURCE_KERNEL, path);
		if (!after || mnt_diff_tables(difference, before, after) < 0)
			err(EXIT_FAILURE, _("can't read %s"), path);
		printed += print_changes(findmnt, output, difference, wanted);
		mnt_unref_table(before);
		before = after;
	}
	if (ready < 0)
		err(EXIT_FAILURE, _("poll() failed"));
	mnt_unref_table(before);
	mnt_free_tabdiff(difference);
	output_free(output);
	return EXIT_SUCCESS;
}

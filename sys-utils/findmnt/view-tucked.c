/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * findmnt-tucked: --tucked, what lies beneath what at the same path, and --wait for the end of it.
 *
 * A line is a path: the mount that shows, and the one that would show if it were gone. What matches
 * is the one that shows, that is the old version; so "who still has it" is a matter of -S or -t.
 */
#include <err.h>
#include <stdlib.h>
#include <time.h>

#include "findmnt/findmnt.h"
#include "namespaces.h"
#include "snapshot.h"
#include "util.h"

static size_t add_tucked_of_namespace(
	const struct findmnt *findmnt, const struct mntns *mntns, struct output *output)
{
	struct mount *mount;
	size_t added = 0;

	snapshot_for_each (mount, mntns->snapshot) {
		struct mount *beneath = mount->parent;
		struct row row = {
			.fs = mount->fs,
			.mount = mount,
			.tucked = beneath,
			.mntns = mntns,
		};

		if (!mount_is_cover(mount) || mount_cover(mount) ||
			!findmnt_matches(findmnt, mount->fs, mount))
			continue;
		added += output_add(output, NULL, &row) != NULL;
		if (findmnt->first_only && added)
			break;
	}
	return added;
}

static size_t add_tucked(const struct findmnt *findmnt, struct output *output)
{
	size_t added = 0;

	for (size_t i = 0; i < findmnt->namespaces->count; i++)
		if (findmnt->namespaces->list[i].snapshot && !(findmnt->first_only && added))
			added += add_tucked_of_namespace(
				findmnt, &findmnt->namespaces->list[i], output);
	return added;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int findmnt_show_tucked(struct findmnt *findmnt)
{
	const struct timespec pause = {.tv_nsec = 200000000};
	double start = seconds();
	struct output *output;
	size_t added;
	int status;

	/* What can't be read now may be gone at the next look; the last one is what is told of. */
	for (;;) {
		output = output_new(findmnt, /* tree= */ false);
		findmnt_read_namespaces(findmnt);
		added = add_tucked(findmnt, output);
		if (!findmnt->wait || !added ||
			(findmnt->wait_seconds >= 0 && seconds() - start >= findmnt->wait_seconds))
			break;
		output_free(output);
		findmnt_free_namespaces(findmnt);
		nanosleep(&pause, NULL);
	}
	status = findmnt_tell_unread(findmnt);
	findmnt_free_namespaces(findmnt);
	if (added)
		output_print(output);
	output_free(output);
	if (status)
		return status;
	return (added == 0) == findmnt->wait ? EXIT_SUCCESS : EXIT_FAILURE;
}

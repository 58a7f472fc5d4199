/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --propagation=receivers TARGET: every place where a new mount at TARGET would appear.
 *
 * The new mount lies on some mount, at a directory of that mount's filesystem. Every mount that
 * receives from that one and shows the directory gets a copy there: beneath what is already mounted
 * there (ACTION tuck), or on the directory itself (ACTION mount). Mounts that show the same as the
 * top mount, but receive nothing, are listed as well (ACTION stays).
 *
 *	TARGET is a mount point, to tuck at:     on the parent mount, at the mount point
 *	to mount on it, or any other directory:  on the mount that the directory belongs to
 *
 * In a chroot, mounts of the same namespace that the chroot hides may receive, too. So the caller's
 * namespace is read at its own root, and the paths of its mounts begin there.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "findmnt/jobs.h"
#include "findmnt/match.h"
#include "findmnt/output.h"
#include "findmnt/request.h"
#include "findmnt/row.h"
#include "findmnt/tables.h"
#include "findmnt/task-path.h"
#include "i18n.h"
#include "kernel.h"
#include "namespaces.h"
#include "own-view.h"
#include "path.h"
#include "plan-mount.h"
#include "plan.h"
#include "snapshot.h"
#include "util.h"
#include "words.h"

/* Where @target leads, in the caller's namespace or in that of --task: its path there, without
 * symbolic links, and what is there. The caller frees @path. -errno. */
static int find_target(
	const struct from *from, const char *target, char **path, struct mount_identity *identity)
{
	const char *task = from->tasks.count ? from->tasks.list[0] : NULL;
	_cleanup_free_ char *here = NULL;
	_cleanup_close_ int fd = -1;
	int r;

	if (!task || *target != '/') {
		here = path_canonical(target);
		if (!here)
			return -errno;
	}
	if (!task) {
		*path = steal_pointer(&here);
		return kernel_identify(AT_FDCWD, *path, AT_STATX_DONT_SYNC, identity);
	}
	fd = task_path_open(task, here ?: target);
	r = fd < 0 ? fd : kernel_identify(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, identity);
	return r < 0 ? r : task_path_of_fd(task, fd, path);
}

static struct mount *mount_in_table(
	const struct tables *tables, const char *path, const struct mount_identity *identity)
{
	const struct snapshot *snapshot = tables->namespaces->list[0].snapshot;
	struct mount *mount = snapshot ? snapshot_find(snapshot, identity->short_id) : NULL;

	if (!mount)
		errx(EXIT_FAILURE, _("%s: its mount is not in the table that was read"), path);
	return mount;
}

/* The mount that a new mount at @path would lie on. @mount: what a lookup of the path ends in. */
static struct mount *mount_below_new(struct mount *mount, bool is_tuck, const char *path)
{
	if (!is_tuck)
		return mount;
	if (!mount->parent || strcmp(path, "/") == 0)
		errx(EXIT_FAILURE, _("%s: nothing can be tucked at the root directory"), path);
	/* A top mount with another mount beneath it has that one as its parent. */
	return mount->parent;
}

static const struct mntns *namespace_of(const struct tables *tables, const struct mount *mount)
{
	if (tables->count == 1)
		return tables->list[0];
	return namespaces_of(tables->namespaces, mount->snapshot);
}

/* What rows go to: the heading of the namespace that the last row was of. */
struct receivers {
	struct output *output;
	const struct tables *tables;
	const struct matcher *matcher; /* of what is there now */
	const struct mntns *mntns;
	struct libscols_line *heading;
	size_t added;
};

/* Places of one namespace mostly follow each other. */
static struct libscols_line *heading_of(struct receivers *receivers, const struct mntns *mntns)
{
	if (mntns && mntns != receivers->mntns) {
		output_end_heading(receivers->output, receivers->heading);
		receivers->heading = output_add_heading(
			receivers->output, mntns, mntns == receivers->tables->namespaces->list);
		receivers->mntns = mntns;
	}
	return receivers->heading;
}

/* @at: the mount whose path is printed. Where no path leads to it, it is left out. */
static void add_row(struct receivers *receivers, struct output_row *row, struct mount *at)
{
	_cleanup_free_ char *path = NULL;

	if (!row->fs || !mount_target(at) ||
		(receivers->matcher->want->first_only && receivers->added) ||
		!matcher_matches(receivers->matcher, row->fs, row->mount))
		return;
	path = words_of_path(receivers->tables->namespaces, at);
	if (!path)
		err(EXIT_FAILURE, NULL);
	row->label = path;
	receivers->added +=
		output_add(receivers->output, heading_of(receivers, row->mntns), row) != NULL;
}

static void add_receiver(
	struct receivers *receivers, const struct mntns *mntns, const struct plan_change *place)
{
	struct mount *shown = place->other ?: place->on;
	struct output_row row = {
		.fs = shown->fs,
		.mount = shown,
		.action = place->other ? "tuck" : "mount",
		.mntns = mntns,
	};

	add_row(receivers, &row, place->mount);
}

static bool is_receiver(const struct plan *plan, const struct mount *mount)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->changes[i].other == mount)
			return true;
	return false;
}

/* Mounts that show the same as @top, and receive nothing: when @top is replaced, they stay. */
static void add_staying(struct receivers *receivers, const struct plan *plan, struct mount *top)
{
	const struct tables *tables = receivers->tables;

	for (size_t i = 0; i < tables->count; i++) {
		struct mount *mount;

		snapshot_for_each (mount, tables->list[i]->snapshot) {
			struct output_row row = {
				.fs = mount->fs,
				.mount = mount,
				.action = "stays",
				.mntns = tables->list[i],
			};

			if (mount->fs && mount != top && !is_receiver(plan, mount) &&
				plan_is_same_version(mount, top) && plan_in_sight(mount))
				add_row(receivers, &row, mount);
		}
	}
}

static void add_receivers(
	struct receivers *receivers, const struct from *from, const char *target, bool never_tucked)
{
	/* Where copies appear does not depend on what the new mount shows. */
	const struct plan_source source = {.root = "/"};
	const struct tables *tables = receivers->tables;
	struct plan plan = {.namespaces = tables->namespaces};
	_cleanup_free_ char *path = NULL, *full_path = NULL;
	const struct mntns *mntns = NULL;
	struct mount_identity identity = {0};
	struct mount *top, *below;
	int r = find_target(from, target, &path, &identity);

	if (r < 0) {
		errno = -r;
		err(EXIT_FAILURE, "%s", target);
	}
	top = mount_in_table(tables, path, &identity);
	below = mount_below_new(top, identity.is_root && !never_tucked, path);
	full_path = own_view_path(tables->namespaces, path);
	if (!full_path)
		err(EXIT_FAILURE, NULL);
	r = plan_mount(&plan, below, full_path, /* top= */ NULL, &source);
	if (r < 0)
		errx(EXIT_FAILURE, _("%s: where it would come to can't be known: %s"), target,
			strerror(-r));
	for (size_t i = 0; i < plan.count; i++) {
		if (!mntns || mntns->snapshot != plan.changes[i].on->snapshot)
			mntns = namespace_of(tables, plan.changes[i].on);
		add_receiver(receivers, mntns, &plan.changes[i]);
	}
	/* If @below is private, no mount would receive, and none is listed because it does not. */
	if (top != below && below->group)
		add_staying(receivers, &plan, top);
	plan_clear(&plan);
}

int job_receivers(const struct command *command, struct output *output)
{
	const char *target = command->want.mountpoint ?: command->want.target;
	struct want others = command->want;
	_cleanup_(tables_free) struct tables tables = {0};
	struct matcher matcher;
	struct receivers receivers = {
		.output = output,
		.tables = &tables,
		.matcher = &matcher,
	};
	int status, hidden;

	if (!target)
		errx(EXIT_FAILURE, _("--propagation=receivers needs a target: the place that a "
				     "mount is to be made at"));
	/* The target is where the new mount goes. The other options say which rows to print. */
	others.mountpoint = others.target = NULL;
	matcher = matcher_of(&command->from, &others);
	tables_read_namespaces(&command->from, &command->want, output_needs(output), &tables);
	hidden = tables_read_hidden(&command->from, &tables);
	status = tables_tell_unread(&command->from, &tables, command->job.verbose) ?: hidden;
	output_start(output, output_has_headings(output));
	add_receivers(&receivers, &command->from, target, command->job.receivers_of_mount);
	output_end_heading(output, receivers.heading);
	if (receivers.added)
		output_print(output);
	return status ?: receivers.added ? EXIT_SUCCESS : EXIT_FAILURE;
}

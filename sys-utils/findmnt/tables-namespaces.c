/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --namespaces: the tables of all mount namespaces, and what is said about those that the caller
 * may not see or read.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "findmnt/row.h"
#include "findmnt/tables.h"
#include "i18n.h"
#include "kernel.h"
#include "namespaces.h"
#include "own-view.h"
#include "snapshot.h"
#include "util.h"

/* The status of mount(8) that means "some of it was done". */
#define STATUS_SOME 64

static void read_all_namespaces(const struct want *want, unsigned int needs, struct tables *tables)
{
	bool with_ids = want->by_unique_id || needs & NEEDS_UNIQUE_IDS;

	*tables = (struct tables){0};
	tables->error = with_ids ? namespaces_read_full(&tables->namespaces)
				 : namespaces_read_full_without_ids(&tables->namespaces);
	if (!tables->namespaces) {
		errno = -tables->error;
		err(EXIT_FAILURE, _("can't read the mount namespaces"));
	}
	tables_list_read(tables);
}

void tables_read_namespaces(
	const struct from *from, const struct want *want, unsigned int needs, struct tables *tables)
{
	if (from->all_namespaces)
		read_all_namespaces(want, needs, tables);
	else
		tables_read(from, NULL, needs, tables);
}

/* How many mounts the caller's namespace has, which tells whether some are hidden. */
static void find_count(struct mntns *own)
{
	_cleanup_close_ int fd = own->id ? -1 : kernel_open_own_namespace();
	struct kernel_namespace info;

	if (fd < 0 || kernel_namespace_info(fd, &info) < 0)
		return;
	own->id = info.id;
	own->mounts = info.mounts;
}

int tables_read_hidden(const struct from *from, struct tables *tables)
{
	struct namespaces *namespaces = tables->namespaces;

	if (from->files.count || from->tasks.count)
		return EXIT_SUCCESS;
	find_count(&namespaces->list[0]);
	if (own_view_widen(namespaces) < 0)
		err(EXIT_FAILURE, NULL);
	if (namespaces->own_root)
		tables_list_read(tables);
	/* Without the kernel's count it is not known whether anything is hidden. */
	if (!namespaces->own_error || !namespaces->list[0].mounts)
		return EXIT_SUCCESS;
	warnx(_("can't see the mounts that the root directory hides: %s"),
		strerror(-namespaces->own_error));
	return STATUS_SOME;
}

static int read_own_watched(
	const struct from *from, int watch, unsigned int needs, struct tables *tables)
{
	_cleanup_close_ int own = kernel_open_own_namespace();
	int r = own < 0 ? own : kernel_watch_namespace(watch, own);

	if (r < 0)
		return r;
	tables_read(from, NULL, needs, tables);
	return 0;
}

int tables_read_watched(
	const struct from *from, int watch, unsigned int needs, struct tables *tables)
{
	*tables = (struct tables){0};
	if (!from->all_namespaces)
		return read_own_watched(from, watch, needs, tables);
	tables->error = namespaces_read_watched(watch, &tables->namespaces);
	if (!tables->namespaces)
		return tables->error;
	tables_list_read(tables);
	return 0;
}

/* Namespaces without a process are found by the kernel's walk over all namespaces, since 6.12.
 * Without the walk it is not known whether there are any, so this is no failure. */
static int tell_unfound(const struct tables *tables, bool verbose)
{
	int error = tables->namespaces->walk_error;

	if (!error)
		return EXIT_SUCCESS;
	if (error == -ENOTTY) {
		if (verbose)
			warnx(_("mount namespaces without a process can't be found: this kernel "
				"has "
				"no list of them"));
		return EXIT_SUCCESS;
	}
	if (error == -EPERM)
		warnx(_("mount namespaces without a process here can't be found: the kernel lists "
			"them for root in the first pid namespace alone"));
	else
		warnx(_("mount namespaces without a process can't be found: %s"), strerror(-error));
	return STATUS_SOME;
}

static const char *name_of_namespace(const struct mntns *mntns, char *buffer, size_t size)
{
	if (mntns->pid)
		snprintf(buffer, size, _("mount namespace %llu (of process %d, %s)"),
			(unsigned long long)mntns->inode, mntns->pid, mntns->command);
	else
		snprintf(buffer, size, _("mount namespace %llu (without a process)"),
			(unsigned long long)mntns->inode);
	return buffer;
}

int tables_tell_ageless(const struct tables *tables)
{
	int status = EXIT_SUCCESS;

	for (size_t i = 0; i < tables->namespaces->count; i++) {
		const struct mntns *mntns = &tables->namespaces->list[i];
		const struct mount *mount =
			mntns->snapshot ? snapshot_mount(mntns->snapshot, 0) : NULL;
		char name[128];

		if (!mount || mount->id || !mntns->id)
			continue;
		warnx(_("can't tell what was tucked from other stacks in %s: both are listed"),
			name_of_namespace(mntns, name, sizeof(name)));
		status = STATUS_SOME;
	}
	return status;
}

int tables_tell_unread(const struct from *from, const struct tables *tables, bool verbose)
{
	const struct namespaces *namespaces = tables->namespaces;
	int status = EXIT_SUCCESS;

	if (!from->all_namespaces)
		return EXIT_SUCCESS;
	if (tables->error < 0) {
		warnx(_("can't read all mount namespaces: %s"), strerror(-tables->error));
		status = STATUS_SOME;
	} else {
		status = tell_unfound(tables, verbose);
	}
	for (size_t i = 0; i < namespaces->count; i++) {
		const struct mntns *mntns = &namespaces->list[i];
		char name[128];

		/* ENOENT: it has ended since it was found. */
		if (mntns->snapshot || mntns->error == -ENOENT)
			continue;
		warnx(_("can't read %s: %s"), name_of_namespace(mntns, name, sizeof(name)),
			strerror(-mntns->error));
		status = STATUS_SOME;
	}
	if (namespaces->processes.hidden) {
		warnx(many_("can't see the mount namespaces of %zu process: permission denied",
			      "can't see the mount namespaces of %zu processes: permission denied",
			      namespaces->processes.hidden),
			namespaces->processes.hidden);
		status = STATUS_SOME;
	}
	return status;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * findmnt-views: --propagation and --tucked, of one mount namespace or of all.
 *
 * Whatever a view is of is a list of namespaces: all that there are, or one that holds the table
 * that was asked for. So the rooms below know nothing of where the mounts came from.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "findmnt/findmnt.h"
#include "i18n.h"
#include "namespaces.h"
#include "snapshot.h"
#include "util.h"

/* mount(8)'s status for "some of it". */
#define STATUS_SOME 64

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

static void read_all_namespaces(struct findmnt *findmnt)
{
	bool with_unique_ids = findmnt->match_unique_id || findmnt_has_column(findmnt, "UNIQ-ID");
	int r = with_unique_ids ? namespaces_read_full(&findmnt->namespaces)
				: namespaces_read_full_without_ids(&findmnt->namespaces);

	if (!findmnt->namespaces) {
		errno = -r;
		err(EXIT_FAILURE, _("can't read the mount namespaces"));
	}
	findmnt->namespaces_error = r;
}

/* Before 6.12 the kernel has no walk, and findmnt can't know whether there is anything to tell. */
static int tell_unfound(const struct findmnt *findmnt)
{
	int error = findmnt->namespaces->walk_error;

	if (!error)
		return EXIT_SUCCESS;
	if (error == -ENOTTY) {
		if (findmnt->verbose)
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

int findmnt_tell_unread(const struct findmnt *findmnt)
{
	const struct namespaces *namespaces = findmnt->namespaces;
	int status = EXIT_SUCCESS;

	if (!findmnt->all_namespaces)
		return EXIT_SUCCESS;
	if (findmnt->namespaces_error < 0) {
		warnx(_("can't read all mount namespaces: %s"),
			strerror(-findmnt->namespaces_error));
		status = STATUS_SOME;
	} else {
		status = tell_unfound(findmnt);
	}
	for (size_t i = 0; i < namespaces->count; i++) {
		const struct mntns *mntns = &namespaces->list[i];
		char name[128];

		if (mntns->snapshot)
			continue;
		warnx(_("can't read %s: %s"), name_of_namespace(mntns, name, sizeof(name)),
			strerror(-mntns->error));
		status = STATUS_SOME;
	}
	if (namespaces->hidden_processes) {
		warnx(many_("can't see the mount namespaces of %zu process: permission denied",
			      "can't see the mount namespaces of %zu processes: permission denied",
			      namespaces->hidden_processes),
			namespaces->hidden_processes);
		status = STATUS_SOME;
	}
	return status;
}

/* A list of one for the table that was asked for. */
static void read_one_namespace(struct findmnt *findmnt)
{
	struct namespaces *namespaces = calloc(1, sizeof(*namespaces));
	struct tables tables = {0};

	if (!namespaces)
		err(EXIT_FAILURE, NULL);
	findmnt_read_tables(findmnt, NULL, &tables);
	namespaces->list = calloc(tables.count, sizeof(*namespaces->list));
	if (!namespaces->list)
		err(EXIT_FAILURE, NULL);
	for (; namespaces->count < tables.count; namespaces->count++)
		namespaces->list[namespaces->count].snapshot = tables.list[namespaces->count];
	free(tables.list);
	findmnt->namespaces = namespaces;
	findmnt_note_namespace(findmnt);
}

void findmnt_note_namespace(struct findmnt *findmnt)
{
	static const char *const columns[] = {"NS", "PID", "COMMAND"};
	char path[64] = "/proc/self/ns/mnt";
	bool wanted = false;
	struct stat st;

	for (size_t i = 0; i < ELEMENTS(columns); i++)
		wanted |= findmnt_has_column(findmnt, columns[i]);
	if (!wanted || findmnt->files.count || findmnt->tasks.count > 1)
		return;
	if (findmnt->tasks.count)
		snprintf(path, sizeof(path), "/proc/%s/ns/mnt", findmnt->tasks.list[0]);
	if (!findmnt->namespaces) {
		findmnt->namespaces = calloc(1, sizeof(*findmnt->namespaces));
		if (findmnt->namespaces)
			findmnt->namespaces->list = calloc(1, sizeof(struct mntns));
		if (!findmnt->namespaces || !findmnt->namespaces->list)
			err(EXIT_FAILURE, NULL);
		findmnt->namespaces->count = 1;
	}
	if (stat(path, &st) == 0)
		findmnt->namespaces->list[0].inode = st.st_ino;
	namespaces_find_processes(findmnt->namespaces);
}

void findmnt_read_namespaces(struct findmnt *findmnt)
{
	if (findmnt->all_namespaces)
		read_all_namespaces(findmnt);
	else
		read_one_namespace(findmnt);
}

void findmnt_free_namespaces(struct findmnt *findmnt)
{
	namespaces_free(findmnt->namespaces);
	findmnt->namespaces = NULL;
}

const struct mntns *findmnt_namespace_of(const struct findmnt *findmnt, const struct mount *mount)
{
	static const struct mntns *last;
	const struct namespaces *namespaces = findmnt->namespaces;

	if (!namespaces || !namespaces->count)
		return NULL;
	if (namespaces->count == 1)
		return &namespaces->list[0];
	if (!last || last < namespaces->list || last >= namespaces->list + namespaces->count ||
		last->snapshot != mount->snapshot)
		last = namespaces_of(namespaces, mount->snapshot);
	return last;
}

/* ---- the plainest view: the trees ---- */

static size_t add_mounts(struct findmnt *findmnt, struct tables *tables, struct output *output)
{
	bool tree = !findmnt->list && !findmnt->first_only && !findmnt_wants_subtrees(findmnt);

	if (findmnt->unique && findmnt_drop_duplicates(tables) < 0)
		err(EXIT_FAILURE, NULL);
	return tree ? findmnt_add_tree(findmnt, tables, output)
		    : findmnt_add_list(findmnt, tables, output);
}

/* The snapshots, as the rooms of trees and lists want them. */
static struct tables tables_of(const struct findmnt *findmnt)
{
	struct tables tables = {.list = calloc(findmnt->namespaces->count, sizeof(*tables.list))};

	if (!tables.list)
		err(EXIT_FAILURE, NULL);
	for (size_t i = 0; i < findmnt->namespaces->count; i++)
		if (findmnt->namespaces->list[i].snapshot)
			tables.list[tables.count++] = findmnt->namespaces->list[i].snapshot;
	return tables;
}

static size_t add_view(struct findmnt *findmnt, struct output *output)
{
	struct tables tables;
	size_t added;

	if (findmnt->view == VIEW_GROUPS)
		return findmnt_add_groups(findmnt, output);
	if (findmnt->view == VIEW_RECEIVERS)
		return findmnt_add_receivers(findmnt, findmnt->match_mountpoint, output);
	tables = tables_of(findmnt);
	added = add_mounts(findmnt, &tables, output);
	free(tables.list);
	return added;
}

int findmnt_show_view(struct findmnt *findmnt, const char *operand)
{
	struct output *output;
	bool tree;
	size_t added;
	int status;

	if (operand) {
		findmnt->match_source = NULL;
		findmnt->match_mountpoint = operand;
	}
	if (findmnt->view == VIEW_RECEIVERS && !findmnt->match_mountpoint)
		errx(EXIT_FAILURE, _("--propagation=receivers needs a target: the place that a "
				     "mount is to be made at"));
	if (findmnt->view == VIEW_TUCKED)
		return findmnt_show_tucked(findmnt);
	findmnt_read_namespaces(findmnt);
	status = findmnt_tell_unread(findmnt);
	if (findmnt->view == VIEW_DOT) {
		findmnt_print_dot(findmnt);
		findmnt_free_namespaces(findmnt);
		return status;
	}
	tree = findmnt->view != VIEW_RECEIVERS &&
	       (findmnt->tree || (!findmnt->list && findmnt->form != FORM_RAW &&
					 findmnt->form != FORM_PAIRS));
	output = output_new(findmnt, tree);
	added = add_view(findmnt, output);
	if (added)
		output_print(output);
	output_free(output);
	findmnt_free_namespaces(findmnt);
	return status ?: added ? EXIT_SUCCESS : EXIT_FAILURE;
}

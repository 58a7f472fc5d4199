/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * findmnt-groups: --propagation=groups and dot, the peer groups as a tree or as a picture.
 *
 *	group 1                      a group: first its members,
 *	|-/              shared:1
 *	|-group 24       master:1    then the groups that are its slaves, each in the same way,
 *	| `-/            shared:24 master:1
 *	`-/              master:1    then the mounts that are its slaves and nothing else
 *
 * A group whose master is in no table that was read begins a tree, below a line for that master.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "findmnt/findmnt.h"
#include "namespaces.h"
#include "snapshot.h"
#include "util.h"

/* Slaves of slaves, so many times, are shown as a tree; what is below begins a tree of its own. */
#define DEEPEST 256

struct group {
	int id, master;
	bool is_done;
	struct mount *first; /* a member; NULL: only slaves of it were read */
};

struct groups {
	const struct findmnt *findmnt;
	struct group *list; /* by id */
	size_t count;
	struct group **by_master; /* the same, by master and id */
};

static int compare_groups(const void *a, const void *b)
{
	const struct group *one = a, *other = b;

	if (one->id != other->id)
		return one->id < other->id ? -1 : 1;
	return (other->first != NULL) - (one->first != NULL);
}

static int compare_masters(const void *a, const void *b)
{
	const struct group *one = *(struct group *const *)a, *other = *(struct group *const *)b;

	if (one->master != other->master)
		return one->master < other->master ? -1 : 1;
	return one->id < other->id ? -1 : one->id > other->id;
}

static void note_group(struct groups *groups, size_t *room, struct group group)
{
	if (groups->count == *room) {
		*room = *room ? *room * 2 : 256;
		groups->list = reallocarray(groups->list, *room, sizeof(*groups->list));
		if (!groups->list)
			err(EXIT_FAILURE, NULL);
	}
	groups->list[groups->count++] = group;
}

#define for_each_snapshot(snapshot_, findmnt_)                                                     \
	for (size_t n_ = 0; n_ < (findmnt_)->namespaces->count; n_++)                              \
		if (((snapshot_) = (findmnt_)->namespaces->list[n_].snapshot))

/* Every group that a mount is a member or a slave of, once. */
static struct groups find_groups(const struct findmnt *findmnt)
{
	struct groups groups = {.findmnt = findmnt};
	struct snapshot *snapshot;
	struct mount *mount;
	size_t room = 0, kept = 0;

	for_each_snapshot(snapshot, findmnt) snapshot_for_each (mount, snapshot)
	{
		if (mount->group)
			note_group(&groups, &room,
				(struct group){.id = mount->group,
					.master = mount->master,
					.first = mount});
		if (mount->master)
			note_group(&groups, &room, (struct group){.id = mount->master});
	}
	if (groups.count)
		qsort(groups.list, groups.count, sizeof(*groups.list), compare_groups);
	for (size_t i = 0; i < groups.count; i++)
		if (!kept || groups.list[kept - 1].id != groups.list[i].id)
			groups.list[kept++] = groups.list[i];
	groups.count = kept;
	groups.by_master = calloc(kept + 1, sizeof(*groups.by_master));
	if (!groups.by_master)
		err(EXIT_FAILURE, NULL);
	for (size_t i = 0; i < kept; i++)
		groups.by_master[i] = &groups.list[i];
	qsort(groups.by_master, kept, sizeof(*groups.by_master), compare_masters);
	return groups;
}

static void free_groups(struct groups *groups)
{
	free(groups->list);
	free(groups->by_master);
}

/* The first of the groups that are slaves of @group; the others follow it in groups->by_master. */
static size_t first_slave_group(const struct groups *groups, const struct group *group)
{
	size_t low = 0, high = groups->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (groups->by_master[middle]->master < group->id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* ---- the tree ---- */

static size_t add_member(const struct groups *groups, struct output *output,
	struct libscols_line *parent, struct mount *mount)
{
	struct row row = {.fs = mount->fs, .mount = mount};

	if (!findmnt_matches(groups->findmnt, mount->fs, mount))
		return 0;
	return output_add(output, parent, &row) != NULL;
}

/* Whether any member or slave below will be printed; with nothing to match, all are. */
static bool group_matches(const struct groups *groups, const struct group *group)
{
	struct snapshot *snapshot;

	if (!findmnt_has_criteria(groups->findmnt))
		return true;
	for_each_snapshot(snapshot, groups->findmnt)
	{
		struct mount *mount = snapshot_first_peer(snapshot, group->id);

		for (; mount; mount = mount_next_peer(mount))
			if (findmnt_matches(groups->findmnt, mount->fs, mount))
				return true;
		mount = snapshot_first_slave(snapshot, group->id);
		for (; mount; mount = mount_next_slave(mount))
			if (findmnt_matches(groups->findmnt, mount->fs, mount))
				return true;
	}
	return false;
}

static struct libscols_line *add_group_line(
	struct output *output, struct libscols_line *parent, const struct group *group)
{
	char label[32], propagation[32];
	struct row row = {.label = label, .propagation = group->master ? propagation : NULL};

	snprintf(label, sizeof(label), "group %d", group->id);
	snprintf(propagation, sizeof(propagation), "master:%d", group->master);
	return output_add(output, parent, &row);
}

static size_t add_group(struct groups *groups, struct output *output, struct libscols_line *parent,
	struct group *group, unsigned int depth)
{
	struct libscols_line *line = parent;
	struct snapshot *snapshot;
	struct mount *mount;
	size_t added = 0;

	if (group->is_done || depth > DEEPEST)
		return 0;
	group->is_done = true;
	if (group_matches(groups, group)) {
		line = add_group_line(output, parent, group);
		added++;
	}
	for_each_snapshot(
		snapshot, groups->findmnt) for (mount = snapshot_first_peer(snapshot, group->id);
						mount; mount = mount_next_peer(mount)) added +=
		add_member(groups, output, line, mount);
	for (size_t i = first_slave_group(groups, group);
		i < groups->count && groups->by_master[i]->master == group->id; i++)
		added += add_group(groups, output, line, groups->by_master[i], depth + 1);
	for_each_snapshot(snapshot,
		groups->findmnt) for (mount = snapshot_first_slave(snapshot, group->id); mount;
				      mount = mount_next_slave(mount)) if (!mount->group) added +=
		add_member(groups, output, line, mount);
	if (line != parent && findmnt_has_filter(groups->findmnt) &&
		!scols_line_has_children(line)) {
		output_remove(output, parent, line);
		added--;
	}
	return added;
}

size_t findmnt_add_groups(const struct findmnt *findmnt, struct output *output)
{
	struct groups groups = find_groups(findmnt);
	size_t added = 0;

	for (size_t i = 0; i < groups.count; i++)
		if (!groups.list[i].master)
			added += add_group(&groups, output, NULL, &groups.list[i], 0);
	/* What is left are rings and endless chains, which only a made-up table can have. */
	for (size_t i = 0; i < groups.count; i++)
		added += add_group(&groups, output, NULL, &groups.list[i], 0);
	free_groups(&groups);
	return added;
}

/* ---- the picture ---- */

static void put_quoted(const char *text)
{
	for (; text && *text; text++) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		putchar(*text == '\n' ? ' ' : *text);
	}
}

/* "PATH" or, where several namespaces are shown, "COMMAND PID: PATH". */
static void put_mount(const struct groups *groups, struct mount *mount)
{
	const struct mntns *mntns = findmnt_namespace_of(groups->findmnt, mount);

	if (mntns && groups->findmnt->all_namespaces) {
		if (mntns->pid)
			printf("%s %d: ", mntns->command, mntns->pid);
		else
			printf("%llu: ", (unsigned long long)mntns->inode);
	}
	put_quoted(mount_target(mount));
}

static void put_group(const struct groups *groups, const struct group *group)
{
	const size_t most = 12;
	struct snapshot *snapshot;
	struct mount *mount;
	size_t members = 0;

	printf("\tg%d [label=\"", group->id);
	printf(group->first ? "peer group %d" : "peer group %d\\n(elsewhere)", group->id);
	for_each_snapshot(snapshot,
		groups->findmnt) for (mount = snapshot_first_peer(snapshot, group->id); mount;
				      mount = mount_next_peer(
					      mount)) if (findmnt_matches(groups->findmnt,
								  mount->fs, mount) &&
							  members++ < most)
	{
		printf("\\n");
		put_mount(groups, mount);
	}
	if (members > most)
		printf("\\n... and %zu more", members - most);
	printf("\"];\n");
	if (group->master)
		printf("\tg%d -> g%d;\n", group->master, group->id);
}

static size_t put_slaves(const struct groups *groups, const struct group *group, size_t number)
{
	struct snapshot *snapshot;

	for_each_snapshot(snapshot, groups->findmnt)
	{
		struct mount *mount = snapshot_first_slave(snapshot, group->id);

		for (; mount; mount = mount_next_slave(mount)) {
			if (mount->group || !findmnt_matches(groups->findmnt, mount->fs, mount))
				continue;
			printf("\ts%zu [shape=ellipse, label=\"", number);
			put_mount(groups, mount);
			printf("\"];\n\tg%d -> s%zu;\n", group->id, number++);
		}
	}
	return number;
}

size_t findmnt_print_dot(const struct findmnt *findmnt)
{
	struct groups groups = find_groups(findmnt);
	size_t slaves = 0, shown = 0;

	printf("digraph propagation {\n"
	       "\trankdir=LR;\n"
	       "\tnode [shape=box, fontname=\"sans-serif\", fontsize=10];\n");
	for (size_t i = 0; i < groups.count; i++)
		if (group_matches(&groups, &groups.list[i])) {
			put_group(&groups, &groups.list[i]);
			slaves = put_slaves(&groups, &groups.list[i], slaves);
			shown++;
		}
	printf("}\n");
	free_groups(&groups);
	return shown;
}

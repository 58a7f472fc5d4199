/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --propagation=groups: the peer groups as a tree.
 *
 *	group 1                      a group: first its members,
 *	|-/              shared:1
 *	|-group 24       master:1    then the groups that are its slaves, each in the same way,
 *	| `-/            shared:24 master:1
 *	`-/              master:1    then the mounts that are its slaves and in no group
 *
 * If no table that was read has a member of a group's master, the master has a line of its own all
 * the same, and the group is below it.
 */
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>

#include "findmnt/groups.h"
#include "findmnt/jobs.h"
#include "findmnt/match.h"
#include "findmnt/output.h"
#include "findmnt/request.h"
#include "findmnt/row.h"
#include "findmnt/shape.h"
#include "findmnt/tables.h"
#include "snapshot.h"
#include "util.h"

/* So many slaves of slaves are shown in one tree. The group below begins a tree of its own. */
#define DEEPEST 256

struct group_tree {
	struct groups groups;
	const struct matcher *matcher;
	struct output *output;
};

static size_t add_group_mount(const struct group_tree *tree, struct libscols_line *parent,
	const struct group_mount *place)
{
	struct output_row row = {
		.fs = place->mount->fs,
		.mount = place->mount,
		.mntns = place->mntns,
	};

	if (!matcher_matches(tree->matcher, row.fs, row.mount))
		return 0;
	return output_add(tree->output, parent, &row) != NULL;
}

static struct libscols_line *add_group_line(
	const struct group_tree *tree, struct libscols_line *parent, const struct group *group)
{
	char label[32], propagation[32];
	struct output_row row = {
		.label = label,
		.propagation = group->master ? propagation : NULL,
	};

	snprintf(label, sizeof(label), "group %d", group->id);
	snprintf(propagation, sizeof(propagation), "master:%d", group->master);
	return output_add(tree->output, parent, &row);
}

static size_t add_members(
	const struct group_tree *tree, struct libscols_line *line, const struct group *group)
{
	struct group_mount member = {0};
	size_t added = 0;

	while (group_next_member(&tree->groups, group, &member))
		added += add_group_mount(tree, line, &member);
	return added;
}

static size_t add_slave_mounts(
	const struct group_tree *tree, struct libscols_line *line, const struct group *group)
{
	struct group_mount slave = {0};
	size_t added = 0;

	while (group_next_slave(&tree->groups, group, &slave))
		if (!slave.mount->group)
			added += add_group_mount(tree, line, &slave);
	return added;
}

static size_t add_group_tree(const struct group_tree *tree, struct libscols_line *parent,
	struct group *group, unsigned int depth)
{
	const struct groups *groups = &tree->groups;
	struct libscols_line *line = parent;
	size_t added = 0;

	if (group->is_done || depth > DEEPEST)
		return 0;
	group->is_done = true;
	if (group_matches(groups, group, tree->matcher)) {
		line = add_group_line(tree, parent, group);
		added++;
	}
	added += add_members(tree, line, group);
	for (size_t i = groups_first_slave(groups, group);
		i < groups->count && groups->by_master[i]->master == group->id; i++)
		added += add_group_tree(tree, line, groups->by_master[i], depth + 1);
	added += add_slave_mounts(tree, line, group);
	if (line != parent && output_has_filter(tree->output) && !scols_line_has_children(line)) {
		output_remove(tree->output, parent, line);
		added--;
	}
	return added;
}

static size_t add_groups(struct group_tree *tree)
{
	struct groups *groups = &tree->groups;
	size_t added = 0;

	for (size_t i = 0; i < groups->count; i++)
		if (!groups->list[i].master)
			added += add_group_tree(tree, NULL, &groups->list[i], 0);
	/* The rest are rings and chains that are too deep; only an invented table can have them. */
	for (size_t i = 0; i < groups->count; i++)
		added += add_group_tree(tree, NULL, &groups->list[i], 0);
	return added;
}

int job_groups(const struct command *command, struct output *output)
{
	const struct matcher matcher = matcher_of(&command->from, &command->want);
	_cleanup_(tables_free) struct tables tables = {0};
	struct group_tree tree = {.matcher = &matcher, .output = output};
	size_t added;
	int status;

	tables_read_namespaces(&command->from, &command->want, output_needs(output), &tables);
	status = tables_tell_unread(&command->from, &tables, command->job.verbose);
	output_start(output, shape_choose(command, &tables).is_tree);
	tree.groups = groups_find(&tables);
	added = add_groups(&tree);
	if (added)
		output_print(output);
	groups_clear(&tree.groups);
	return status ?: added ? EXIT_SUCCESS : EXIT_FAILURE;
}

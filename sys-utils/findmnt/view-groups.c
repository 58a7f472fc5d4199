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
#include "findmnt/unique.h"
#include "snapshot.h"
#include "util.h"

/* One tree shows so many levels of slaves. A group below them begins a tree of its own. */
#define DEEPEST 256

struct group_tree {
	struct groups groups;
	const struct matcher *matcher; /* of the mounts that are printed */
	struct output *output;
	enum group_rows {
		GROUPS_ARE_LABELS, /* on a screen */
		GROUPS_ARE_ROWS,   /* with numbers in place of a label */
		GROUPS_ARE_COLUMNS /* there is no tree: only mounts have rows */
	} kind;
};

static size_t add_group_mount(const struct group_tree *tree, struct libscols_line *parent,
	const struct group_mount *place, const char *role)
{
	struct output_row row = {
		.fs = place->mount->fs,
		.mount = place->mount,
		.mntns = place->mntns,
		.role = role,
	};

	if (place->mount->is_dropped || !matcher_matches(tree->matcher, row.fs, row.mount))
		return 0;
	return output_add(tree->output, parent, &row) != NULL;
}

static struct libscols_line *add_group_line(
	const struct group_tree *tree, struct libscols_line *parent, const struct group *group)
{
	char label[32];
	struct output_row row = {
		.label = tree->kind == GROUPS_ARE_LABELS ? label : NULL,
		.role = "group",
		.group = group->id,
		.master = group->master,
	};

	snprintf(label, sizeof(label), "group %d", group->id);
	return output_add(tree->output, parent, &row);
}

static size_t add_members(
	const struct group_tree *tree, struct libscols_line *line, const struct group *group)
{
	struct group_mount member = {0};
	size_t added = 0;

	while (group_next_member(&tree->groups, group, &member))
		added += add_group_mount(tree, line, &member, "peer");
	return added;
}

static size_t add_slave_mounts(
	const struct group_tree *tree, struct libscols_line *line, const struct group *group)
{
	struct group_mount slave = {0};
	size_t added = 0;

	while (group_next_slave(&tree->groups, group, &slave))
		if (!slave.mount->group)
			added += add_group_mount(tree, line, &slave, "slave");
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
	if (group->is_wanted && tree->kind != GROUPS_ARE_COLUMNS) {
		line = add_group_line(tree, parent, group);
		added++;
	}
	if (group->is_wanted)
		added += add_members(tree, line, group);
	for (size_t i = groups_first_slave(groups, group);
		i < groups->count && groups->by_master[i]->master == group->id; i++)
		added += add_group_tree(tree, line, groups->by_master[i], depth + 1);
	if (group->is_wanted)
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
	/* The rest are groups below DEEPEST, and rings, which only an invented table can have. */
	for (size_t i = 0; i < groups->count; i++)
		added += add_group_tree(tree, NULL, &groups->list[i], 0);
	return added;
}

/* A place says which groups are wanted, with all of their mounts; other options say which mounts.
 */
static struct want without_place(const struct want *want)
{
	struct want others = *want;

	others.operand = others.target = others.mountpoint = NULL;
	return others;
}

static enum group_rows kind_of_rows(const struct look *look, bool is_tree)
{
	return !is_tree		      ? GROUPS_ARE_COLUMNS
	       : look_is_screen(look) ? GROUPS_ARE_LABELS
				      : GROUPS_ARE_ROWS;
}

int job_groups(const struct command *command, struct output *output)
{
	const struct want others = without_place(&command->want);
	_cleanup_(matcher_clear) struct matcher of_groups = {0};
	const struct matcher of_mounts = matcher_of(&command->from, &others);
	_cleanup_(tables_free) struct tables tables = {0};
	struct group_tree tree = {.matcher = &of_mounts, .output = output};
	bool is_tree;
	size_t added;
	int status;

	tables_read_namespaces(&command->from, &command->want, output_needs(output), &tables);
	status = tables_tell_unread(&command->from, &tables, command->job.verbose);
	of_groups = matcher_of_view(&command->from, &command->want, &tables);
	if (command->want.unique)
		unique_drop_repeated(&tables);
	is_tree = shape_choose(command, &tables).is_tree;
	tree.kind = kind_of_rows(&command->look, is_tree);
	output_start(output, is_tree);
	tree.groups = groups_find(&tables);
	groups_choose(&tree.groups, &of_groups);
	added = add_groups(&tree);
	if (added)
		output_print(output);
	groups_clear(&tree.groups);
	return status ?: added ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tree goes from the root of the namespace down, children in the order of their ids. If a mount
 * does not match, its children hang from the nearest mount above it that does. Mounts that the root
 * does not lead to (a table may begin in a chroot) follow in the order of the table. Nothing is
 * printed twice.
 *
 * The walk follows the snapshot's links, so n mounts take n steps. It is no recursion, because
 * mounts can be stacked as deep as the kernel allows mounts.
 */
#include "findmnt/shape.h"

#include <err.h>
#include <libmount.h>
#include <stdlib.h>
#include <string.h>

#include "findmnt/match.h"
#include "findmnt/output.h"
#include "findmnt/request.h"
#include "findmnt/row.h"
#include "findmnt/tables.h"
#include "namespaces.h"
#include "snapshot.h"
#include "stack.h"

static bool is_list_form(const struct look *look)
{
	return look->list || look->form == FORM_RAW || look->form == FORM_PAIRS;
}

static struct shape shape_of_list(const struct command *command, const struct tables *tables)
{
	const struct want *want = &command->want;
	const struct look *look = &command->look;
	bool is_list = is_list_form(look) || look->df || command->from.source == SOURCE_MTAB ||
		       (want->first_only && !want_subtrees(want)) ||
		       (want_names_one(want) && !want->submounts);
	struct shape shape = {.is_tree = tables_have_tree(tables) && (look->tree || !is_list)};

	shape.order = want_subtrees(want) ? ORDER_SUBTREES
		      : shape.is_tree	  ? ORDER_TREE
					  : ORDER_LIST;
	return shape;
}

static struct shape shape_of_view(const struct command *command)
{
	const struct want *want = &command->want;
	const struct look *look = &command->look;
	struct shape shape = {.is_tree = look->tree || !is_list_form(look)};

	shape.order = want_subtrees(want)	       ? ORDER_SUBTREES
		      : look->list || want->first_only ? ORDER_LIST
						       : ORDER_TREE;
	return shape;
}

struct shape shape_choose(const struct command *command, const struct tables *tables)
{
	return command->job.view ? shape_of_view(command) : shape_of_list(command, tables);
}

/* ---- the rows ---- */

/* What the walk takes along. */
struct walk {
	const struct matcher *matcher;
	const struct mntns *mntns;
	struct output *output;
	struct libscols_line *heading; /* of the namespace; NULL: none */
};

static struct libscols_line *add_mount(
	const struct walk *walk, struct libscols_line *parent, struct mount *mount)
{
	struct output_row row = {.fs = mount->fs, .mount = mount, .mntns = walk->mntns};

	mount->is_done = true;
	return output_add(walk->output, parent ?: walk->heading, &row);
}

/* The mount after @mount in the tree below @top, a parent before its children; NULL: none.
 * @below: whether to go on with the children of @mount. */
static struct mount *next_in_tree(struct mount *mount, const struct mount *top, bool below)
{
	if (below && mount->first_child)
		return mount->first_child;
	while (mount != top && !mount->next_sibling)
		mount = mount->parent;
	return mount == top ? NULL : mount->next_sibling;
}

/* Add the tree below @top; with @every, also the mounts that don't match. mount->user is the line
 * that the mount's children hang from. */
static size_t add_subtree(const struct walk *walk, struct mount *top, bool every)
{
	size_t added = 0;
	bool below;

	for (struct mount *mount = top; mount; mount = next_in_tree(mount, top, below)) {
		struct libscols_line *parent =
			mount != top && mount->parent ? mount->parent->user : NULL;

		below = !mount->is_done;
		if (mount->is_done)
			continue;
		mount->user = parent;
		if (mount->is_dropped ||
			!(every || matcher_matches(walk->matcher, mount->fs, mount)))
			continue;
		mount->user = add_mount(walk, parent, mount);
		if (mount->user)
			added++;
		else
			mount->user = parent;
	}
	return added;
}

/* The mount that the tree of the table begins with: of those without a parent in the table, the one
 * with the lowest parent id. */
static struct mount *tree_root(struct snapshot *snapshot)
{
	struct mount *root = NULL, *mount;

	snapshot_for_each (mount, snapshot)
		if (!mount->parent && !mount->is_dropped &&
			(!root || mount->short_parent_id < root->short_parent_id))
			root = mount;
	return root;
}

static size_t add_tree(const struct walk *walk)
{
	struct snapshot *snapshot = walk->mntns->snapshot;
	struct mount *mount = tree_root(snapshot);
	size_t added = 0;

	if (mount)
		added += add_subtree(walk, mount, /* every= */ false);
	snapshot_for_each (mount, snapshot)
		if (!mount->is_done && !mount->is_dropped &&
			matcher_matches(walk->matcher, mount->fs, mount))
			added += add_subtree(walk, mount, /* every= */ false);
	return added;
}

/* The last mount at the path of @first that matches and was not added yet. @index: of @first. */
static struct mount *uppermost(const struct walk *walk, struct mount *first, size_t index)
{
	struct mount *upper, *found = first;

	if (!first->is_hidden)
		return first;
	while ((upper = snapshot_mount(walk->mntns->snapshot, ++index)))
		if (!upper->is_done && !upper->is_dropped &&
			strcmp(mount_target(upper), mount_target(first)) == 0 &&
			matcher_matches(walk->matcher, upper->fs, upper))
			found = upper;
	return found;
}

static size_t add_match(const struct walk *walk, struct mount *mount, bool with_subtree)
{
	if (with_subtree)
		return add_subtree(walk, mount, /* every= */ true);
	return add_mount(walk, NULL, mount) ? 1 : 0;
}

/* Add the first path's visible mount; or, if the filter refuses that one, another. */
static size_t add_first(
	const struct walk *walk, struct mount *mount, size_t index, bool with_subtree)
{
	struct mount *upper;
	size_t added;

	do {
		upper = uppermost(walk, mount, index);
		added = add_match(walk, upper, with_subtree);
	} while (!added && upper != mount);
	return added;
}

static size_t add_list(const struct walk *walk, bool with_subtrees)
{
	const struct want *want = walk->matcher->want;
	struct snapshot *snapshot = walk->mntns->snapshot;
	size_t size = snapshot_size(snapshot), added = 0;

	for (size_t i = 0; i < size && !(want->first_only && added); i++) {
		size_t index = want->backward ? size - 1 - i : i;
		struct mount *mount = snapshot_mount(snapshot, index);

		if (mount->is_done || mount->is_dropped ||
			!matcher_matches(walk->matcher, mount->fs, mount))
			continue;
		added += want->first_only ? add_first(walk, mount, index, with_subtrees)
					  : add_match(walk, mount, with_subtrees);
	}
	return added;
}

size_t shape_add(const struct shape *shape, const struct matcher *matcher,
	const struct tables *tables, struct output *output)
{
	bool only_one = matcher->want->first_only && shape->order != ORDER_TREE;
	size_t added = 0;

	for (size_t i = 0; i < tables->count && !(only_one && added); i++) {
		const struct mntns *mntns = tables->list[i];
		const struct walk walk = {matcher, mntns, output,
			output_add_heading(output, mntns, mntns == tables->namespaces->list)};

		if (shape->order != ORDER_LIST && stack_sort_children(walk.mntns->snapshot) < 0)
			err(EXIT_FAILURE, NULL);
		added += shape->order == ORDER_TREE
				 ? add_tree(&walk)
				 : add_list(&walk, shape->order == ORDER_SUBTREES);
		output_end_heading(output, walk.heading);
	}
	return added;
}

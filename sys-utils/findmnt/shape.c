/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * findmnt-tree: in which order, and below what, mounts are printed.
 *
 * A tree is the namespace's, from its root down, children in the order of their ids, with what does
 * not match left out: its children then hang from the nearest mount above that is printed. What the
 * root does not lead to (a table may begin in a chroot) follows, in the table's order. Nothing is
 * printed twice. Every step goes along the snapshot's own links, so n mounts cost n steps; and
 * without recursion, because mounts can be stacked as deep as the kernel's limit on their number.
 */
#include <err.h>
#include <errno.h>
#include <stdlib.h>

#include "findmnt/findmnt.h"
#include "snapshot.h"
#include "util.h"

static struct libscols_line *add_line(
	struct output *output, struct libscols_line *parent, struct mount *mount)
{
	struct row row = {.fs = mount->fs, .mount = mount};

	mount->is_done = true;
	return output_add(output, parent, &row);
}

/* The mount after @mount, as it comes before its children; NULL: the tree below @top is done.
 * @below: whether to look at the children of @mount. */
static struct mount *next_in_tree(struct mount *mount, const struct mount *top, bool below)
{
	if (below && mount->first_child)
		return mount->first_child;
	while (mount != top && !mount->next_sibling)
		mount = mount->parent;
	return mount == top ? NULL : mount->next_sibling;
}

/* Add the tree from @top on. mount->user is the line that the children hang from. */
static size_t add_subtree(const struct findmnt *findmnt, struct output *output, struct mount *top,
	bool add_everything)
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
			!(add_everything || findmnt_matches(findmnt, mount->fs, mount)))
			continue;
		mount->user = add_line(output, parent, mount);
		if (mount->user)
			added++;
		else
			mount->user = parent;
	}
	return added;
}

/* The mount that the table's tree begins at: of those without a parent in the table, the one whose
 * parent came first. */
static struct mount *tree_root(struct snapshot *snapshot)
{
	struct mount *root = NULL, *mount;

	snapshot_for_each (mount, snapshot)
		if (!mount->parent && !mount->is_dropped &&
			(!root || mount->short_parent_id < root->short_parent_id))
			root = mount;
	return root;
}

size_t findmnt_add_tree(const struct findmnt *findmnt, struct tables *tables, struct output *output)
{
	size_t added = 0;

	for (size_t i = 0; i < tables->count; i++) {
		struct snapshot *snapshot = tables->list[i];
		struct mount *mount = tree_root(snapshot);

		if (snapshot_sort_children(snapshot) < 0)
			err(EXIT_FAILURE, NULL);
		if (mount)
			added += add_subtree(findmnt, output, mount, /* add_everything= */ false);
		snapshot_for_each (mount, snapshot)
			if (!mount->is_done && !mount->is_dropped &&
				findmnt_matches(findmnt, mount->fs, mount))
				added += add_subtree(
					findmnt, output, mount, /* add_everything= */ false);
	}
	return added;
}

/* What @findmnt lists of one table, each with its submounts where that is wished. */
static size_t add_list_of_table(
	const struct findmnt *findmnt, struct snapshot *snapshot, struct output *output)
{
	size_t size = snapshot_size(snapshot), added = 0;

	for (size_t i = 0; i < size; i++) {
		struct mount *mount =
			snapshot_mount(snapshot, findmnt->backward ? size - 1 - i : i);

		if (mount->is_done || mount->is_dropped ||
			!findmnt_matches(findmnt, mount->fs, mount))
			continue;
		if (findmnt_wants_subtrees(findmnt)) {
			added += add_subtree(findmnt, output, mount, /* add_everything= */ true);
		} else if (add_line(output, NULL, mount)) {
			added++;
		}
		if (findmnt->first_only && added)
			break;
	}
	return added;
}

size_t findmnt_add_list(const struct findmnt *findmnt, struct tables *tables, struct output *output)
{
	size_t added = 0;

	for (size_t i = 0; i < tables->count && !(findmnt->first_only && added); i++) {
		if (findmnt->submounts && snapshot_sort_children(tables->list[i]) < 0)
			err(EXIT_FAILURE, NULL);
		added += add_list_of_table(findmnt, tables->list[i], output);
	}
	return added;
}

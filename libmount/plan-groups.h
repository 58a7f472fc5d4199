/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* plan-groups: which peer groups mounts join and leave in a plan. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct mount;
struct plan;

/* mount --make-shared etc. (MS_SHARED ...) on one mount. */
void plan_set_propagation(struct plan *plan, struct mount *mount, unsigned long propagation);

/* @mount leaves its group and its master. */
void plan_leave_groups(const struct plan *plan, struct mount *mount);

/* Give every mount of the tree at @mount that is not shared a group of its own. */
void plan_share_tree(struct plan *plan, struct mount *mount);

/* Set the groups of a copied tree. @mount and @model are trees of the same shape. Each mount joins
 * the group of its model (@is_peer), or becomes its slave; a slave gets a group of its own if it
 * @is_shared. */
void plan_follow_groups(
	struct plan *plan, struct mount *mount, struct mount *model, bool is_peer, bool is_shared);

/* For each peer group that receives: the group of the copies that it gets. */
struct plan_copies {
	struct {
		int receivers, copies;
	} * list;
	size_t count;
};

/* The group of the copies on the members of @group; 0: none. */
int plan_copies_group(const struct plan_copies *copies, int group);
/* Note that the members of the group @receivers get copies in @group (0: a new one). -ENOMEM. */
int plan_copies_add(struct plan *plan, struct plan_copies *copies, int receivers, int group);
/* The same question for the nearest master of @receiver that has copies; 0: none. */
int plan_copies_above(
	const struct plan *plan, const struct plan_copies *copies, const struct mount *receiver);

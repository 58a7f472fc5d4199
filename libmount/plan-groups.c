/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan-groups.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mount.h>

#include "namespaces.h"
#include "plan.h"
#include "propagation.h"
#include "snapshot-change.h"

static bool group_has_members(const struct plan *plan, int group)
{
	for (size_t i = 0; i < plan->namespaces->count; i++)
		if (plan->namespaces->list[i].snapshot &&
			snapshot_first_peer(plan->namespaces->list[i].snapshot, group))
			return true;
	return false;
}

/* The last member has left @group: its slaves become slaves of the group's own master. */
static void hand_slaves_over(const struct plan *plan, int group, int master)
{
	for (size_t i = 0; i < plan->namespaces->count; i++) {
		struct snapshot *snapshot = plan->namespaces->list[i].snapshot;
		struct mount *slave;

		while (snapshot && (slave = snapshot_first_slave(snapshot, group)))
			mount_set_groups(slave, slave->group, master);
	}
}

void plan_leave_groups(const struct plan *plan, struct mount *mount)
{
	int group = mount->group, master = mount->master;

	mount_set_groups(mount, 0, 0);
	/* A group can be its own master only in a table that somebody wrote by hand. */
	if (group && !group_has_members(plan, group))
		hand_slaves_over(plan, group, master == group ? 0 : master);
}

void plan_set_propagation(struct plan *plan, struct mount *mount, unsigned long propagation)
{
	int group = mount->group, master = mount->master;

	/* An unbindable mount that is made a slave stays unbindable. */
	if (propagation != MS_SLAVE)
		mount->unbindable = propagation == MS_UNBINDABLE;
	if (propagation == MS_SHARED) {
		if (!group)
			mount_set_groups(mount, --plan->next_group, master);
		return;
	}
	if (propagation != MS_SLAVE) {
		plan_leave_groups(plan, mount);
	} else if (group) {
		plan_leave_groups(plan, mount);
		/* A slave of the group; of the group's master, if the group has no member left. */
		mount_set_groups(mount, 0, group_has_members(plan, group) ? group : master);
	}
}

int plan_copies_group(const struct plan_copies *copies, int group)
{
	for (size_t i = 0; i < copies->count; i++)
		if (copies->list[i].receivers == group)
			return copies->list[i].copies;
	return 0;
}

int plan_copies_add(struct plan *plan, struct plan_copies *copies, int receivers, int group)
{
	void *larger = reallocarray(copies->list, copies->count + 1, sizeof(*copies->list));

	if (!larger)
		return -ENOMEM;
	copies->list = larger;
	copies->list[copies->count].receivers = receivers;
	copies->list[copies->count++].copies = group ? group : --plan->next_group;
	return 0;
}

int plan_copies_above(
	const struct plan *plan, const struct plan_copies *copies, const struct mount *receiver)
{
	int found = 0;

	for (int master = receiver->master, steps = 0; master && !found && steps < MASTERS_MAX;
		steps++) {
		found = plan_copies_group(copies, master);
		master = propagation_master(plan->namespaces, master);
	}
	return found;
}

void plan_follow_groups(
	struct plan *plan, struct mount *mount, struct mount *model, bool is_peer, bool shared)
{
	struct mount *child = mount->first_child, *model_child = model->first_child;

	if (is_peer)
		mount_set_groups(mount, model->group, model->master);
	else
		mount_set_groups(mount, shared ? --plan->next_group : 0, model->group);
	for (; child && model_child;
		child = child->next_sibling, model_child = model_child->next_sibling)
		plan_follow_groups(plan, child, model_child, is_peer, shared);
}

void plan_share_tree(struct plan *plan, struct mount *mount)
{
	if (!mount->group)
		mount_set_groups(mount, --plan->next_group, mount->master);
	for (struct mount *child = mount->first_child; child; child = child->next_sibling)
		plan_share_tree(plan, child);
}

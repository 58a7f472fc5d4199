/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The checks about an unmount beneath the top mount: there must be something, the kernel must have
 * a way to it, and nobody may see a difference.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "blind-spots.h"
#include "checks.h"
#include "facts.h"
#include "findings.h"
#include "i18n.h"
#include "kernel.h"
#include "namespaces.h"
#include "snapshot.h"
#include "util.h"
#include "wish.h"
#include "words.h"

static int refuse_unknown_beneath(struct finding *finding, int error)
{
	if (error == -ENOMEM)
		return error;
	finding_detail(
		finding, _("what lies beneath the top mount can't be known: %s"), strerror(-error));
	return MNTTUCK_REFUSED;
}

static int refuse_support(struct finding *finding, const char *reason)
{
	/* Translators: a clause that says why follows. */
	finding_detail(finding, _("what lies beneath goes by propagation only, and %s"), reason);
	return MNTTUCK_REFUSED;
}

/* List the mounts on the mounts that are to go, except covers: the kernel takes no mount that has
 * such a mount on it. */
static int list_children(struct facts *facts, const struct beneath *beneath, char **list)
{
	size_t count = 0;
	int r = 0;

	for (size_t i = 0; i < beneath->count; i++)
		for (struct mount *child = beneath->list[i]->first_child; child && r == 0;
			child = child->next_sibling) {
			_cleanup_free_ char *path = NULL;

			if (child == mount_cover(beneath->list[i]) || count++ >= LIST_MAX)
				continue;
			path = words_of_path(facts->namespaces, child);
			r = path ? text_add(list, ", ", path) : -ENOMEM;
		}
	return r < 0 ? r : text_add_more(list, count);
}

static int check_children(
	struct facts *facts, const struct beneath *beneath, struct finding *finding)
{
	_cleanup_free_ char *list = NULL;
	int r = list_children(facts, beneath, &list);

	if (r < 0 || !list)
		return r < 0 ? r : MNTTUCK_OK;
	finding_detail(finding,
		_("what lies beneath goes by propagation only, which leaves a mount that has "
		  "mounts on it: %s"),
		list);
	return MNTTUCK_REFUSED;
}

/* Whether the mounts at the path can be cloned, which is needed where one of them is the base. */
static int check_stack(struct facts *facts, const struct beneath *beneath, struct finding *finding)
{
	struct mount *mount = beneath->base;

	if (!mount_is_cover(beneath->list[0]))
		return MNTTUCK_OK;
	if (!facts->wish->target.identity.unique_id)
		return refuse_support(finding,
			_("the mount beneath is covered at the same path, where this kernel can't "
			  "tell of its peer group (statmount, Linux 6.8)"));
	while (mount_is_cover(mount))
		mount = mount->parent;
	for (; mount; mount = mount_cover(mount))
		if (mount->unbindable)
			return refuse_support(finding,
				_("a mount of the stack is unbindable and can't be cloned"));
	return MNTTUCK_OK;
}

/* In most stacks all can be taken away, although the one mount can't. */
static void suggest_all(const struct facts *facts, struct finding *finding)
{
	if (!(facts->wish->operations & MNTTUCK_REMOVE_BENEATH))
		return;
	finding_remedy(finding, _("Take away everything beneath the top mount:"));
	finding_command(finding, "{umount here} --beneath=all %s", facts->wish->target.shell);
}

int check_beneath_support(struct facts *facts, struct finding *finding)
{
	_cleanup_free_ char *clause = NULL;
	const struct beneath *beneath;
	int obstacle, r;

	if (!facts->target.mount)
		return MNTTUCK_OK;
	r = facts_beneath(facts, &beneath);
	if (r < 0)
		return refuse_unknown_beneath(finding, r);
	if (beneath->count == 0) /* refused by beneath-none */
		return MNTTUCK_OK;
	if (kernel_has_set_group() != 1)
		return refuse_support(finding, _("this kernel can't let a clone join a peer group "
						 "(MOVE_MOUNT_SET_GROUP, Linux 5.15)"));
	r = check_children(facts, beneath, finding);
	if (r != MNTTUCK_OK)
		return r;
	r = check_stack(facts, beneath, finding);
	if (r != MNTTUCK_OK) {
		suggest_all(facts, finding);
		return r;
	}
	if (!beneath->passage.path)
		return refuse_unknown_beneath(finding, -ENODATA);
	obstacle = passage_find_obstacle(&beneath->passage);
	if (obstacle == PASSAGE_PARENT_COVERED)
		suggest_all(facts, finding);
	r = check_passage(obstacle, beneath->base, finding, &clause);
	return r == MNTTUCK_REFUSED ? refuse_support(finding, clause) : r;
}

int check_beneath_none(struct facts *facts, struct finding *finding)
{
	const struct beneath *beneath;
	int r = facts_beneath(facts, &beneath);

	if (r < 0)
		return refuse_unknown_beneath(finding, r);
	if (beneath->count > 0)
		return MNTTUCK_OK;
	finding_detail(finding, "%s",
		beneath->is_automount
			? _("only an automount lies beneath the top mount, which is not taken away")
			: _("nothing lies beneath the top mount at this path"));
	return MNTTUCK_REFUSED;
}

/* The places where a lookup ends in a mount that would go. */
static int list_shown(struct facts *facts, const struct effects *effects, char **list)
{
	size_t count = 0;
	int r = 0;

	for (size_t i = 0; i < effects->count && r == 0; i++) {
		struct mount *top = effects->list[i].top;
		_cleanup_free_ char *path = NULL;

		if (!effects->list[i].is_unmasked || count++ >= LIST_MAX)
			continue;
		path = words_of_path(facts->namespaces, top);
		r = path ? text_add_format(list, ", ", _("%s in %s"), path,
				   words_of_namespace(
					   facts->namespaces, facts_namespace_of(facts, top))
					   .text)
			 : -ENOMEM;
	}
	return r < 0 ? r : text_add_more(list, count);
}

int check_beneath_shown(struct facts *facts, struct finding *finding)
{
	_cleanup_free_ char *list = NULL;
	const struct beneath *beneath;
	const struct effects *effects;
	bool travels;
	int r = facts_beneath(facts, &beneath);

	travels = r == 0 && beneath->passage.parent_group;
	r = r < 0 ? r : facts_effects(facts, &effects);
	if (r < 0)
		return refuse_unknown_beneath(finding, r);
	r = list_shown(facts, effects, &list);
	if (r < 0)
		return r;
	if (!list && beneath->base->is_gone) {
		finding_detail(finding,
			_("the unmount would travel on, and also take what lies lower in the "
			  "stack"));
		suggest_all(facts, finding);
		return MNTTUCK_REFUSED;
	}
	if (!list)
		return travels ? blind_spots_verdict(facts, finding) : MNTTUCK_OK;
	finding_detail(finding,
		_("the unmount would travel on, and also take what shows at %s, where something "
		  "lower would show then"),
		list);
	finding_remedy(
		finding, _("Mount there first what is to show. To see what is mounted there:"));
	finding_command(finding, "{findmnt} %s--propagation=receivers %s", words_own_namespace(),
		facts->wish->target.shell);
	return MNTTUCK_REFUSED;
}

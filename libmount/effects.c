/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "effects.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "floor.h"
#include "namespaces.h"
#include "origins.h"
#include "plan-groups.h"
#include "plan-mount.h"
#include "plan-unmount.h"
#include "propagation.h"
#include "snapshot.h"
#include "util.h"
#include "words.h"

void effects_clear(struct effects *effects)
{
	free(effects->list);
	free(effects->lost);
	free(effects->apart);
	*effects = (struct effects){0};
}

static struct effect *add_effect(struct effects *effects, struct mount *on)
{
	struct effect *larger = reallocarray(effects->list, effects->count + 1, sizeof(*larger));

	if (!larger)
		return NULL;
	effects->list = larger;
	larger += effects->count++;
	*larger = (struct effect){.on = on};
	return larger;
}

/* Whether @mount is what another process of this library works with (floor.h). The first change of
 * a plan is the target's own, whatever its path is. */
static bool is_working(struct mount *mount)
{
	return mount_target(mount) && floor_has(mount_target(mount));
}

int effects_tuck(struct effects *effects, struct plan *plan, struct mount *top,
	const struct plan_source *source, unsigned long propagation)
{
	int r = plan_tuck(plan, top, source);

	for (size_t i = 0; i < plan->count && r == 0; i++) {
		struct effect *effect;

		if (i > 0 && is_working(plan->changes[i].on))
			continue;
		effect = add_effect(effects, plan->changes[i].on);
		if (!effect)
			return -ENOMEM;
		effect->arrives = plan->changes[i].mount;
		effect->beneath = plan->changes[i].other;
		effect->lands_on_top = !effect->beneath && mount_is_cover(effect->arrives);
	}
	if (r == 0 && propagation)
		plan_set_propagation(plan, plan->changes[0].mount, propagation);
	return r;
}

/* ---- a reveal ---- */

/* Mark the mounts of the stack that @top belongs to, or take the marks away. */
static void mark_stack(struct mount *top, bool is_marked)
{
	while (mount_is_cover(top))
		top = top->parent;
	for (; top; top = mount_cover(top))
		top->is_done = is_marked;
}

/* Either may be NULL. */
static bool has_same_target(struct mount *mount, struct mount *other)
{
	return mount_target(mount) && mount_target(other) &&
	       strcmp(mount_target(mount), mount_target(other)) == 0;
}

static int list_add(struct mount ***list, size_t *count, struct mount *mount)
{
	struct mount **larger = reallocarray(*list, *count + 1, sizeof(*larger));

	if (!larger)
		return -ENOMEM;
	*list = larger;
	larger[(*count)++] = mount;
	return 0;
}

/* ---- what is lost ---- */

/* Whether the new version shows the same as the mount that goes, at the same path. */
static bool is_there(const struct plan_change *change)
{
	struct mount *shows = change->shows, *lost = change->mount;
	bool was_visible = change->shown == lost && change->was_in_sight;

	if (!shows || shows->is_gone)
		return false;
	for (struct mount *mount = shows; (mount = mount_next_below(shows, mount));) {
		struct mount *visible;

		if (!has_same_target(mount, lost) || !plan_is_same_version(mount, lost))
			continue;
		/* What is visible now must be visible then. */
		visible = plan_visible(mount);
		if (!was_visible ||
			(plan_is_same_version(visible, lost) && plan_in_sight_from(shows, visible)))
			return true;
	}
	return false;
}

static int list_lost(struct effects *effects, const struct plan *plan)
{
	int r = 0;

	for (size_t i = 0; i < plan->count && r == 0; i++) {
		const struct plan_change *change = &plan->changes[i];

		if (!change->is_inside || change->stays)
			continue;
		effects->takes_inside = true;
		if (!is_there(change) && !is_working(change->mount))
			r = list_add(&effects->lost, &effects->lost_count, change->mount);
	}
	return r;
}

/* ---- the mount points ---- */

/* The effect to which @change belongs: the tuck's, if the changed mount is on the new mount. */
static struct effect *effect_of(struct effects *effects, const struct plan_change *change)
{
	for (size_t i = 0; i < effects->count; i++)
		if (effects->list[i].arrives && effects->list[i].arrives == change->on)
			return &effects->list[i];
	return add_effect(effects, change->on);
}

/* Whether there is an effect already that says of @mount that it stays. */
static bool is_told(const struct effects *effects, const struct mount *mount)
{
	for (size_t i = 0; i < effects->count; i++)
		if ((effects->list[i].is_left || effects->list[i].is_earlier) &&
			effects->list[i].shows == mount)
			return true;
	return false;
}

/* Whether @mount can be another version of what @version shows: another directory of the same
 * filesystem, another device of the same kind, or another overlay. Other filesystems without a
 * device are often what a service hides a directory by. */
static bool is_of_kind(struct mount *mount, struct mount *version)
{
	dev_t device = mount_device(mount), other = mount_device(version);
	const char *root = mount_root(mount), *other_root = mount_root(version);

	if (!device || !root || !other_root || plan_is_same_version(mount, version))
		return false;
	return device == other || (mount->is_overlay && version->is_overlay) ||
	       (major(device) && major(device) == major(other) && strcmp(root, other_root) == 0);
}

/* Whether @cover is newer than the mount beneath it: then it was mounted there, and did not have
 * the other tucked beneath it. */
static bool is_newer(const struct mount *cover, const struct mount *beneath)
{
	return cover->id && beneath->id && cover->id > beneath->id;
}

/* Whether a place may have been left on an earlier version: what shows there stays. */
static bool shows_earlier(const struct plan_change *change, struct mount *top, struct mount *new)
{
	struct mount *shown = change->shown;

	return !plan_is_same_version(shown, top) && !plan_is_same_version(shown, new) &&
	       (is_of_kind(shown, top) || is_of_kind(shown, new)) &&
	       !is_newer(shown, change->mount);
}

/* What @change means, given the top mount and the mount that is to show: two versions, which may be
 * the same one. */
static void judge(const struct effects *effects, struct effect *effect,
	const struct plan_change *change, struct mount *top, struct mount *new,
	unsigned int old_flags)
{
	bool is_old = plan_is_same_version(change->shown, top);

	effect->top = change->mount;
	effect->keeps = change->other;
	effect->stays = change->stays;
	effect->shows = change->shows;
	/* Nobody sees what lies beneath another root. */
	if (!change->was_in_sight)
		return;
	if (change->shown == change->shows) {
		/* The mount that shows here stays. If it is not the old version, nothing changes
		 * for its users. */
		effect->is_left = is_old && !is_told(effects, change->shown) &&
				  !plan_is_same_version(change->shown, new);
		if (effect->is_left && !effect->keeps)
			effect->keeps = change->shown;
		effect->is_earlier =
			!is_told(effects, change->shown) && shows_earlier(change, top, new);
	} else {
		effect->mask_is_in_group = change->shown_is_in_group;
		effect->slides = change->slides;
		effect->is_unmasked = (!change->shows_beneath && !change->slides) ||
				      (!is_old && !plan_is_same_version(change->shown, new));
		if (is_old && !change->slides)
			effect->own_flags =
				change->shown->flags & ~old_flags & ~change->shows->flags;
	}
}

static int judge_all(
	struct effects *effects, const struct plan *plan, struct mount *top, unsigned int old_flags)
{
	struct mount *new = top->parent;

	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_change *change = &plan->changes[i];
		struct effect *effect;

		if ((change->is_inside && !change->slides) || (i > 0 && is_working(change->mount)))
			continue;
		effect = effect_of(effects, change);
		if (!effect)
			return -ENOMEM;
		if (i == 0)
			new = change->on;
		judge(effects, effect, change, top, new, old_flags);
	}
	return 0;
}

/* A mount of the target's stack, which is marked, that goes and is not the top; or the mount that
 * is to show, if that goes. The unmount of a mount on the top can reach such a mount, too. */
static struct mount *find_taken(
	const struct effects *effects, const struct plan *plan, const struct mount *top)
{
	const struct effect *own = &effects->list[0];
	struct mount *shown = own->arrives ?: own->on;

	if (shown->is_gone)
		return shown;
	for (size_t i = 0; i < plan->count; i++) {
		struct mount *mount = plan->changes[i].mount;

		if (mount != top && mount->is_done && mount->is_gone)
			return mount;
	}
	return NULL;
}

/* ---- who does not receive ---- */

/* The groups that the old version receives from: the one that it is a slave of, that one's master,
 * and so on. */
struct upstream {
	int groups[MASTERS_MAX];
	size_t count;
};

/* Before the unmount is planned: a group can lose its last member by that. */
static void find_upstream(
	const struct namespaces *namespaces, const struct mount *top, struct upstream *upstream)
{
	upstream->count = 0;
	for (int group = top->master; group && upstream->count < MASTERS_MAX;
		group = propagation_master(namespaces, group))
		upstream->groups[upstream->count++] = group;
}

/* Whether @mount is one that the old version has come from: the host is not left behind where a
 * service reveals for itself. */
static bool is_upstream(const struct upstream *upstream, const struct mount *mount)
{
	for (size_t i = 0; i < upstream->count; i++)
		if (mount->group == upstream->groups[i])
			return true;
	return false;
}

/* Whether @mount is a copy, at the same path in another namespace, of a mount of the caller's own
 * namespace that shows the old version, too. That one is told, so the copies need not be. */
static bool is_copy_of_own(const struct plan *plan, struct mount *mount)
{
	struct snapshot *own = plan->namespaces->list[0].snapshot;
	struct mount *other;

	if (mount->snapshot == own)
		return false;
	snapshot_for_each (other, own)
		if (!other->is_gone && plan_is_same_version(other, mount) && mount_target(other) &&
			strcmp(mount_target(other), mount_target(mount)) == 0 &&
			plan_in_sight(other))
			return true;
	return false;
}

/* @upstream: NULL: all mounts, except copies of origins. */
static int list_apart_in(struct effects *effects, const struct plan *plan,
	struct snapshot *snapshot, struct mount *top, const struct upstream *upstream)
{
	struct mount *mount;
	int r = 0;

	snapshot_for_each (mount, snapshot) {
		if (mount->is_gone || !plan_is_same_version(mount, top) || !mount_target(mount) ||
			!plan_in_sight(mount) || is_told(effects, mount) || is_working(mount))
			continue;
		if (upstream ? is_upstream(upstream, mount) || is_copy_of_own(plan, mount)
			     : snapshot != plan->namespaces->list[0].snapshot &&
					mount_is_origin(plan->namespaces, mount, top->id))
			continue;
		r = list_add(&effects->apart, &effects->apart_count, mount);
		if (r < 0)
			break;
	}
	return r;
}

/* Whether the stack of @mount lies on a mount that receives from others, as in a service. */
static bool is_in_receiver(const struct mount *mount)
{
	while (mount_is_cover(mount))
		mount = mount->parent;
	return mount->parent && mount->parent->master;
}

/* Whether the new mount passes unmounts on to another namespace than the caller's: 1 or 0; -ENOMEM.
 * Asked of its groups alone, so that the answer is the same before the tuck and after it. */
static int passes_on(const struct plan *plan, const struct mount *new)
{
	_cleanup_free_ struct mount **receivers = NULL;
	size_t count = 0;
	int r = propagation_receivers(plan->namespaces, new, &receivers, &count);

	for (size_t i = 0; i < count && r == 0; i++)
		r = receivers[i]->snapshot != new->snapshot;
	return r;
}

/* Whether other namespaces are meant to follow: 1 or 0; -ENOMEM. Not if the new mount is private:
 * it passes nothing on, and each namespace is revealed by itself. Not with --namespace. Not in a
 * service whose new mount passes nothing on. */
static int are_others_meant(const struct plan *plan, const struct mount *new)
{
	if (!new->group || *words_own_namespace())
		return 0;
	return is_in_receiver(new) ? passes_on(plan, new) : 1;
}

static int list_apart(struct effects *effects, const struct plan *plan, struct mount *top,
	const struct upstream *upstream, enum effects_apart which)
{
	const struct effect *own = &effects->list[0];
	struct mount *new = own->arrives ?: own->on;
	int r;

	/* Not if the new version is what is mounted there already. */
	if (which == APART_NONE || plan_is_same_version(new, top))
		return 0;
	r = which == APART_IF_SHARED ? are_others_meant(plan, new) : 1;
	if (r <= 0)
		return r;
	r = 0;
	for (size_t i = 0; i < plan->namespaces->count && r == 0; i++)
		if (plan->namespaces->list[i].snapshot)
			r = list_apart_in(effects, plan, plan->namespaces->list[i].snapshot, top,
				which == APART_ALL ? NULL : upstream);
	return r;
}

int effects_reveal(struct effects *effects, struct plan *plan, struct mount *top,
	const struct effects_view *view)
{
	struct upstream upstream;
	int r;

	find_upstream(plan->namespaces, top, &upstream);
	mark_stack(top, true);
	r = plan_unmount(plan, top);
	r = r < 0 ? r : judge_all(effects, plan, top, view->old_flags);
	r = r < 0 ? r : list_lost(effects, plan);
	if (r == 0)
		effects->taken = find_taken(effects, plan, top);
	if (r == 0 && !effects->taken) {
		struct mount *shown = effects->list[0].arrives ?: effects->list[0].on;

		effects->hides = plan_visible(shown) != shown ? plan_visible(shown) : NULL;
		r = list_apart(effects, plan, top, &upstream, view->apart);
	}
	return r;
}

/* ---- what lies beneath ---- */

static int add_beneath(struct effects *effects, const struct plan_change *change)
{
	struct effect *effect = add_effect(effects, change->on);

	if (!effect)
		return -ENOMEM;
	effect->top = change->mount;
	effect->keeps = change->other;
	effect->stays = change->stays;
	effect->shows = change->shows;
	effect->is_unmasked = change->was_in_sight && change->shown != change->shows;
	return 0;
}

int effects_beneath(
	struct effects *effects, struct plan *plan, struct mount *const *list, size_t count)
{
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		/* The unmount of a lower one can have taken it, too. */
		if (list[i]->is_gone)
			continue;
		r = plan_unmount_beneath(plan, list[i]);
		for (size_t j = 0; j < plan->count && r == 0; j++)
			r = add_beneath(effects, &plan->changes[j]);
		if (r == 0 && plan->changes[0].stays)
			break;
	}
	return r;
}

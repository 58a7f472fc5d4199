/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "effects.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plan-groups.h"
#include "plan-mount.h"
#include "plan-unmount.h"
#include "snapshot.h"

void effects_clear(struct effects *effects)
{
	free(effects->list);
	free(effects->lost);
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

int effects_tuck(struct effects *effects, struct plan *plan, struct mount *top,
	const struct plan_source *source, unsigned long propagation)
{
	int r = plan_tuck(plan, top, source);

	for (size_t i = 0; i < plan->count && r == 0; i++) {
		struct effect *effect = add_effect(effects, plan->changes[i].on);

		if (!effect)
			return -ENOMEM;
		effect->arrives = plan->changes[i].mount;
		effect->beneath = plan->changes[i].other;
	}
	if (r == 0 && propagation)
		plan_set_propagation(plan, plan->changes[0].mount, propagation);
	return r;
}

static int list_lost(struct effects *effects, struct mount *top)
{
	for (struct mount *mount = top; (mount = mount_next_below(top, mount));) {
		struct mount **larger =
			reallocarray(effects->lost, effects->lost_count + 1, sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		effects->lost = larger;
		effects->lost[effects->lost_count++] = mount;
	}
	return 0;
}

/* The effect to which @change belongs: the tuck's, if the changed mount is on the new mount. */
static struct effect *effect_of(struct effects *effects, const struct plan_change *change)
{
	for (size_t i = 0; i < effects->count; i++)
		if (effects->list[i].arrives && effects->list[i].arrives == change->on)
			return &effects->list[i];
	return add_effect(effects, change->on);
}

/* Either may be NULL. */
static bool has_same_target(struct mount *mount, struct mount *other)
{
	if (!mount || !other || mount->snapshot != other->snapshot)
		return false;
	return mount_target(mount) && mount_target(other) &&
	       strcmp(mount_target(mount), mount_target(other)) == 0;
}

/* A mount that goes and is to show, or that is in the stack of a top mount without being that. The
 * unmount of a mount on the top can reach such a mount, too. */
static struct mount *find_taken(const struct effects *effects, const struct plan *plan)
{
	for (size_t e = 0; e < effects->count; e++) {
		const struct effect *effect = &effects->list[e];
		struct mount *shown = effect->arrives ?: effect->on;

		if (shown->is_gone)
			return shown;
		for (size_t i = 0; i < plan->count; i++) {
			struct mount *mount = plan->changes[i].mount;

			if (mount != effect->top && has_same_target(mount, effect->top) &&
				mount->is_gone)
				return mount;
		}
	}
	return NULL;
}

int effects_reveal(struct effects *effects, struct plan *plan, struct mount *top)
{
	int r = list_lost(effects, top);

	if (r == 0)
		r = plan_unmount(plan, top);
	for (size_t i = 0; i < plan->count && r == 0; i++) {
		const struct plan_change *change = &plan->changes[i];
		struct effect *effect;

		if (change->is_inside)
			continue;
		effect = effect_of(effects, change);
		if (!effect)
			return -ENOMEM;
		effect->top = change->mount;
		effect->keeps = change->other;
		effect->stays = change->stays;
	}
	if (r == 0)
		effects->taken = find_taken(effects, plan);
	if (r == 0 && !effects->taken) {
		struct mount *shown = effects->list[0].arrives ?: effects->list[0].on;

		effects->hides = plan_visible(shown) != shown ? plan_visible(shown) : NULL;
	}
	return r;
}

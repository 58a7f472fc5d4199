/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "places.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"
#include "libmnttuck.h"
#include "namespaces.h"
#include "origins.h"
#include "plan.h"
#include "snapshot.h"
#include "util.h"
#include "wish.h"
#include "words.h"

void places_clear(struct places *places)
{
	for (size_t i = 0; i < places->count; i++)
		for (size_t j = 0; j < ELEMENTS(places->list[i].texts); j++)
			free(places->list[i].texts[j]);
	free(places->list);
	*places = (struct places){0};
}

/* Append an empty place in @mntns, which may be NULL. NULL: there is no memory. */
static struct mnttuck_place *append_place(
	struct places *places, enum mnttuck_place_kind kind, const struct mntns *mntns)
{
	struct mnttuck_place *place;

	if (places->count == places->room) {
		size_t room = places->room ? places->room * 2 : 16;
		struct mnttuck_place *larger = reallocarray(places->list, room, sizeof(*larger));

		if (!larger)
			return NULL;
		places->list = larger;
		places->room = room;
	}
	place = &places->list[places->count++];
	*place = (struct mnttuck_place){.numbers = {[MNTTUCK_KIND] = kind}};
	if (mntns) {
		place->numbers[MNTTUCK_NAMESPACE_ID] = (int64_t)mntns->id;
		place->numbers[MNTTUCK_NAMESPACE_INODE] = (int64_t)mntns->inode;
		place->numbers[MNTTUCK_PID] = mntns->pid;
	}
	place->texts[MNTTUCK_COMMAND] = strdup(mntns ? mntns->command : "");
	return place->texts[MNTTUCK_COMMAND] ? place : NULL;
}

static int set_target_text(
	struct mnttuck_place *place, const struct namespaces *namespaces, struct mount *mount)
{
	place->texts[MNTTUCK_TARGET] = words_of_path(namespaces, mount);
	return place->texts[MNTTUCK_TARGET] ? 0 : -ENOMEM;
}

int places_add_mount(struct places *places, enum mnttuck_place_kind kind,
	const struct namespaces *namespaces, const struct mntns *mntns, struct mount *mount)
{
	struct mnttuck_place *place = append_place(places, kind, mntns);

	if (!place)
		return -ENOMEM;
	place->numbers[MNTTUCK_MOUNT_ID] = (int64_t)mount->id;
	place->texts[MNTTUCK_SHOWS] = words_of_mount(mount, "");
	return place->texts[MNTTUCK_SHOWS] ? set_target_text(place, namespaces, mount) : -ENOMEM;
}

int places_set_rule(struct places *places, const char *rule)
{
	char **text = &places->list[places->count - 1].texts[MNTTUCK_PLACE_RULE];

	free(*text);
	*text = strdup(rule);
	return *text ? 0 : -ENOMEM;
}

int places_add_holder(struct places *places, pid_t pid, const char *command, enum mnttuck_hold hold,
	const char *path)
{
	struct mnttuck_place *place = append_place(places, MNTTUCK_HOLDS, NULL);

	if (!place)
		return -ENOMEM;
	place->numbers[MNTTUCK_PID] = pid;
	place->numbers[MNTTUCK_HOLD] = hold;
	free(place->texts[MNTTUCK_COMMAND]);
	place->texts[MNTTUCK_COMMAND] = strdup(command);
	place->texts[MNTTUCK_TARGET] = strdup(path);
	return place->texts[MNTTUCK_COMMAND] && place->texts[MNTTUCK_TARGET] ? 0 : -ENOMEM;
}

int places_add_left(struct places *places, const struct namespaces *namespaces,
	const struct mntns *mntns, struct mount *mount, const char *reason)
{
	int r = places_add_mount(places, MNTTUCK_LEFT, namespaces, mntns, mount);
	char **text;

	if (r < 0)
		return r;
	text = &places->list[places->count - 1].texts[MNTTUCK_REASON];
	*text = strdup(reason);
	return *text ? 0 : -ENOMEM;
}

static int add_unseen(struct places *places, const struct mntns *mntns, int error)
{
	struct mnttuck_place *place = append_place(places, MNTTUCK_UNSEEN, mntns);

	if (place)
		place->numbers[MNTTUCK_ERROR] = error;
	return place ? 0 : -ENOMEM;
}

int places_add_unseen(struct places *places, const struct namespaces *namespaces, int error)
{
	int r = 0;

	for (size_t i = 0; i < namespaces->count && r == 0; i++) {
		const struct mntns *mntns = &namespaces->list[i];

		if (!mntns->snapshot || mntns->is_partial)
			r = add_unseen(places, mntns,
				mntns->error			  ? mntns->error
				: i == 0 && namespaces->own_error ? namespaces->own_error
								  : -ENODATA);
	}
	/* There may be more namespaces, which were not found. */
	if (r == 0 && (error < 0 || !namespaces->sees_all))
		r = add_unseen(places, NULL, error ?: namespaces->walk_error ?: -EPERM);
	return r;
}

/* ---- what an operation changes ---- */

/* NULL stays NULL. */
static int name_mount(const struct facts *facts, struct mnttuck_place *place, struct mount *mount,
	enum mnttuck_place_text text, enum mnttuck_place_number id)
{
	if (!mount)
		return 0;
	place->texts[text] = words_of_mount(mount, facts->wish->source.path ?: "the new mount");
	place->numbers[id] = (int64_t)mount->id;
	return place->texts[text] ? 0 : -ENOMEM;
}

/* With EVERYWHERE: a place where the old version would stay is described as it is to be after
 * mnttuck_replace_elsewhere(). Whether the rules allow that is known only when it is tried. */
static void replace_in_effect(struct facts *facts, struct effect *effect)
{
	const struct effect *own = &facts->effects.list[0];
	struct mount *old = effect->shows, *new = own->shows;

	if (!(facts->wish->operations & MNTTUCK_EVERYWHERE) || !effect->is_left ||
		mount_is_origin(facts->namespaces, old, facts->wish->target.identity.unique_id))
		return;
	effect->top = old;
	if (!effect->beneath && !(old->parent && plan_is_same_version(old->parent, new)))
		effect->beneath = old;
	effect->stays = effect->is_left = false;
	effect->shows = new;
}

/* Whether what happens to @mount is never a reason to refuse. */
static bool is_never_a_reason(struct facts *facts, const struct mount *mount)
{
	return namespaces_is_less_privileged(
		facts->namespaces, namespaces_of(facts->namespaces, mount->snapshot));
}

/* The first rule that refuses because of @effect, in the order of the table; NULL: none does.
 * @is_own: it is the target's own. */
static const char *rule_about(struct facts *facts, const struct effect *effect, bool is_own)
{
	const struct effects *effects = &facts->effects;

	if (is_never_a_reason(facts, effect->on))
		return NULL;
	if (effect->lands_on_top)
		return effect->on == effects->list[0].beneath ? "parent-propagates"
							      : "receiver-propagates";
	if (facts->wish->operations & (MNTTUCK_REMOVE_BENEATH | MNTTUCK_REMOVE_ALL))
		return effect->is_unmasked ? "beneath-shown" : NULL;
	if (effect->is_unmasked || effect->slides || (is_own && (effects->taken || effects->hides)))
		return "reveal-propagates";
	return effect->is_left ? "reveal-incomplete" : NULL;
}

static int append_effect(struct places *places, struct facts *facts, const struct effect *planned,
	enum mnttuck_place_kind kind)
{
	struct effect replaced = *planned, *effect = &replaced;
	const char *rule;
	struct mount *where = effect->arrives ?: effect->on;
	struct mount *shows;
	struct mnttuck_place *place = append_place(places, kind, facts_namespace_of(facts, where));
	int r = place ? set_target_text(place, facts->namespaces, effect->arrives ?: effect->top)
		      : -ENOMEM;

	if (r < 0)
		return r;
	replace_in_effect(facts, effect);
	shows = effect->shows ?: plan_visible(where);
	rule = kind == MNTTUCK_AFFECTED ? rule_about(facts, effect, planned == facts->effects.list)
					: NULL;
	if (rule && places_set_rule(places, rule) < 0)
		return -ENOMEM;
	place->numbers[MNTTUCK_IS_LEFT] = effect->is_left ? 1 : effect->is_earlier ? 2 : 0;
	if (effect->own_flags) {
		place->texts[MNTTUCK_OWN_FLAGS] = strdup(words_of_flags(effect->own_flags).text);
		if (!place->texts[MNTTUCK_OWN_FLAGS])
			return -ENOMEM;
	}
	r = name_mount(facts, place, effect->beneath, MNTTUCK_BENEATH, MNTTUCK_BENEATH_ID);
	if (r == 0 && !effect->stays)
		r = name_mount(facts, place, effect->top, MNTTUCK_UNMOUNTS, MNTTUCK_UNMOUNTS_ID);
	return r < 0 ? r : name_mount(facts, place, shows, MNTTUCK_SHOWS, MNTTUCK_SHOWS_ID);
}

/* A mount that shows the old version, and that no unmount reaches. */
static int add_apart(struct places *places, struct facts *facts, struct mount *mount)
{
	return append_effect(places, facts,
		&(struct effect){
			.on = mount, .top = mount, .stays = true, .shows = mount, .is_left = true},
		MNTTUCK_APART);
}

/* A mount on the old version, which goes with it. */
static int add_lost(struct places *places, struct facts *facts, struct mount *mount)
{
	int r = places_add_mount(
		places, MNTTUCK_LOST, facts->namespaces, facts_namespace_of(facts, mount), mount);

	return r < 0 || is_never_a_reason(facts, mount)
		       ? r
		       : places_set_rule(places, "reveal-children");
}

int places_make(struct places *places, struct facts *facts)
{
	const struct effects *effects;
	int r = facts_effects(facts, &effects);

	if (r < 0)
		return r;
	for (size_t i = 0; i < effects->count && r == 0; i++)
		r = append_effect(places, facts, &effects->list[i], MNTTUCK_AFFECTED);
	for (size_t i = 0; i < effects->apart_count && r == 0; i++)
		r = add_apart(places, facts, effects->apart[i]);
	for (size_t i = 0; i < effects->lost_count && r == 0; i++)
		r = add_lost(places, facts, effects->lost[i]);
	r = r < 0 ? r : places_add_unseen(places, facts->namespaces, facts->namespaces_error);
	return r < 0 ? r : facts_error(facts);
}

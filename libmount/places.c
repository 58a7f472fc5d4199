/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "places.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"
#include "libmnttuck.h"
#include "namespaces.h"
#include "plan.h"
#include "snapshot.h"
#include "wish.h"
#include "words.h"

static void clear_place(struct mnttuck_place *place)
{
	free((char *)place->command);
	free((char *)place->target);
	free((char *)place->beneath);
	free((char *)place->unmounts);
	free((char *)place->shows);
	free((char *)place->own_flags);
}

void places_clear(struct places *places)
{
	for (size_t i = 0; i < places->count; i++)
		clear_place(&places->list[i]);
	free(places->list);
	*places = (struct places){0};
}

/* NULL stays NULL. */
static int name_mount(const struct facts *facts, struct mount *mount, const char **ret)
{
	if (!mount)
		return 0;
	*ret = words_of_mount(mount, facts->wish->source.path ?: "the new mount");
	return *ret ? 0 : -ENOMEM;
}

static int fill_place(struct facts *facts, const struct effect *effect, struct mnttuck_place *place)
{
	struct mount *where = effect->arrives ?: effect->on;
	struct mount *shows = effect->shows ?: plan_visible(where);
	const struct mntns *mntns = facts_namespace_of(facts, where);
	int r;

	place->namespace_inode = mntns ? mntns->inode : 0;
	place->pid = mntns ? mntns->pid : 0;
	place->command = strdup(mntns ? mntns->command : "");
	place->target = words_of_path(facts->namespaces, effect->arrives ?: effect->top);
	place->is_left = effect->is_left;
	if (effect->own_flags)
		place->own_flags = strdup(words_of_flags(effect->own_flags).text);
	if (!place->command || !place->target || (effect->own_flags && !place->own_flags))
		return -ENOMEM;
	r = name_mount(facts, effect->beneath, &place->beneath);
	if (r == 0 && !effect->stays)
		r = name_mount(facts, effect->top, &place->unmounts);
	return r < 0 ? r : name_mount(facts, shows, &place->shows);
}

/* A mount that shows the old version, and that no unmount reaches. */
static int fill_apart(struct facts *facts, struct mount *mount, struct mnttuck_place *place)
{
	return fill_place(facts,
		&(struct effect){
			.on = mount, .top = mount, .stays = true, .shows = mount, .is_left = true},
		place);
}

/* A namespace that could not be read has no target. */
static int fill_unread(const struct mntns *mntns, struct mnttuck_place *place)
{
	place->namespace_inode = mntns->inode;
	place->pid = mntns->pid;
	place->command = strdup(mntns->command);
	place->error = mntns->error ? mntns->error : -ENODATA;
	return place->command ? 0 : -ENOMEM;
}

int places_make(struct places *places, struct facts *facts)
{
	const struct effects *effects;
	const struct namespaces *namespaces;
	int r = facts_effects(facts, &effects);

	places_clear(places);
	if (r < 0)
		return r;
	namespaces = facts->namespaces;
	places->list = calloc(effects->count + effects->apart_count + namespaces->count + 2,
		sizeof(*places->list));
	if (!places->list)
		return -ENOMEM;
	for (size_t i = 0; i < effects->count && r == 0; i++)
		r = fill_place(facts, &effects->list[i], &places->list[places->count++]);
	for (size_t i = 0; i < effects->apart_count && r == 0; i++)
		r = fill_apart(facts, effects->apart[i], &places->list[places->count++]);
	for (size_t i = 0; i < namespaces->count && r == 0; i++)
		if (!namespaces->list[i].snapshot)
			r = fill_unread(&namespaces->list[i], &places->list[places->count++]);
	if (r == 0 && namespaces->own_error) {
		struct mntns own = namespaces->list[0];

		own.error = namespaces->own_error;
		r = fill_unread(&own, &places->list[places->count++]);
	}
	/* There may be more namespaces, which were not found. */
	if (r == 0 && facts->namespaces_error < 0)
		r = fill_unread(&(struct mntns){.error = facts->namespaces_error},
			&places->list[places->count++]);
	return r < 0 ? r : facts_error(facts);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "effects.h"

#include <errno.h>
#include <libmount.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"
#include "namespaces.h"
#include "path.h"
#include "plan.h"
#include "probe.h"
#include "rules.h"
#include "snapshot.h"
#include "util.h"

void outlook_clear(struct outlook *outlook)
{
	free(outlook->effects);
	free(outlook->lost);
	*outlook = (struct outlook){0};
}

static struct effect *add_effect(struct outlook *outlook, struct mount *on)
{
	struct effect *larger;

	larger = reallocarray(outlook->effects, outlook->count + 1, sizeof(*larger));
	if (!larger)
		return NULL;
	outlook->effects = larger;
	larger += outlook->count++;
	*larger = (struct effect){.on = on};
	return larger;
}

/* A clone that stays in the groups of its origin receives there, so what it shows matters. @path
 * and @root are to be freed. */
static int foresee_peer(struct mnttuck *tuck, struct mount *origin, struct plan_source *source,
	char **path, char **root)
{
	if (!origin)
		return 0; /* refused by the rules about the source */
	*path = path_of_fd(tuck->source.fd);
	*root = *path ? path_on_filesystem(origin, *path) : NULL;
	if (!*root)
		return -ENODATA;
	*source = (struct plan_source){
		.device = mount_device(origin),
		.root = *root,
		.tree = tuck->kind == SOURCE_RBIND ? origin : NULL,
		.tree_path = *path,
		.peer = origin,
	};
	return 0;
}

static int foresee_tuck(
	struct mnttuck *tuck, struct plan *plan, struct mount *top, struct outlook *outlook)
{
	/* What it shows decides nothing; only where it comes to lie does. */
	struct plan_source source = {.root = "/"};
	_cleanup_free_ char *path = NULL, *root = NULL;
	struct mount *origin = snapshot_find(top->snapshot, tuck->source.identity.short_id);
	int r = 0;

	if (tuck->kind == SOURCE_MOVE) {
		source.tree = origin;
		source.tree_path = source.tree ? mount_target(source.tree) : NULL;
		source.is_move = source.tree_path;
	} else if (operation_keeps_groups(tuck)) {
		r = foresee_peer(tuck, origin, &source, &path, &root);
	}
	r = r < 0 ? r : plan_tuck(plan, top, &source);

	for (size_t i = 0; i < plan->count && r == 0; i++) {
		struct effect *effect = add_effect(outlook, plan->places[i].on);

		if (!effect)
			return -ENOMEM;
		effect->arrives = plan->places[i].mount;
		effect->beneath = plan->places[i].other;
	}
	if (r == 0 && tuck->propagation)
		plan_set_propagation(plan, plan->places[0].mount, tuck->propagation);
	return r;
}

static int list_lost(struct mount *top, struct outlook *outlook)
{
	for (struct mount *mount = top; (mount = mount_next_below(top, mount));) {
		struct mount **larger =
			reallocarray(outlook->lost, outlook->lost_count + 1, sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		outlook->lost = larger;
		outlook->lost[outlook->lost_count++] = mount;
	}
	return 0;
}

/* The effect at whose place @place is: the tuck's, if the new mount is what @place is on. */
static struct effect *effect_of(struct outlook *outlook, const struct plan_place *place)
{
	for (size_t i = 0; i < outlook->count; i++)
		if (outlook->effects[i].arrives && outlook->effects[i].arrives == place->on)
			return &outlook->effects[i];
	return add_effect(outlook, place->on);
}

static bool is_at(struct mount *mount, struct mount *other)
{
	const char *target = mount_target(mount);

	return mount->snapshot == other->snapshot && target && mount_target(other) &&
	       strcmp(target, mount_target(other)) == 0;
}

/* A mount that goes, of a stack that has a top to be taken; or one that is to show. The unmount of
 * a mount on the top can reach it as well. */
static struct mount *find_taken(const struct outlook *outlook, const struct plan *plan)
{
	for (size_t e = 0; e < outlook->count; e++) {
		const struct effect *effect = &outlook->effects[e];
		struct mount *shown = effect->arrives ?: effect->on;

		if (shown->is_gone)
			return shown;
		for (size_t i = 0; i < plan->count && effect->top; i++)
			if (plan->places[i].mount->is_gone &&
				is_at(plan->places[i].mount, effect->top) &&
				plan->places[i].mount != effect->top)
				return plan->places[i].mount;
	}
	return NULL;
}

static int foresee_reveal(struct plan *plan, struct mount *top, struct outlook *outlook)
{
	int r = list_lost(top, outlook);

	if (r == 0)
		r = plan_unmount(plan, top);
	for (size_t i = 0; i < plan->count && r == 0; i++) {
		const struct plan_place *place = &plan->places[i];
		struct effect *effect;

		if (place->is_inside)
			continue;
		effect = effect_of(outlook, place);
		if (!effect)
			return -ENOMEM;
		effect->top = place->mount;
		effect->keeps = place->other;
		effect->stays = place->stays;
	}
	if (r == 0)
		outlook->taken = find_taken(outlook, plan);
	if (r == 0 && !outlook->taken) {
		struct mount *shown = outlook->effects[0].arrives ?: outlook->effects[0].on;

		outlook->hides = plan_visible(shown) != shown ? plan_visible(shown) : NULL;
	}
	return r;
}

int outlook_make(struct mnttuck *tuck, struct outlook *outlook)
{
	struct namespaces *namespaces = operation_namespaces(tuck);
	_cleanup_(plan_clear) struct plan plan = {.namespaces = namespaces};
	_cleanup_free_ char *root_path = NULL;
	struct mount *top;
	int r = 0;

	if (!namespaces || !namespaces->list[0].snapshot)
		return tuck->namespaces_error ? tuck->namespaces_error : -ENOENT;
	top = snapshot_find(namespaces->list[0].snapshot, tuck->target.identity.short_id);
	if (!top || !top->parent)
		return -ENOENT;
	if (!mount_target(top->parent) && probe_root_path(&root_path) == 0)
		plan.root_path = root_path;
	if (operation_acts(tuck) & OF_TUCK)
		r = foresee_tuck(tuck, &plan, top, outlook);
	if (r == 0 && operation_acts(tuck) & OF_REVEAL)
		r = foresee_reveal(&plan, top, outlook);
	return r;
}

const struct outlook *operation_outlook(struct mnttuck *tuck)
{
	if (!tuck->is_foreseen) {
		tuck->is_foreseen = true;
		errno = 0;
		tuck->foreseen_error = outlook_make(tuck, &tuck->outlook);
		/* A path that there was no memory for is not one that leads nowhere. */
		if (tuck->foreseen_error == 0 && errno == ENOMEM)
			tuck->foreseen_error = -ENOMEM;
	}
	return tuck->foreseen_error < 0 ? NULL : &tuck->outlook;
}

/* ---- in words ---- */

/* What a person calls @mount: its source, and the directory of it that shows. */
static char *mount_name(const struct mnttuck *tuck, struct mount *mount)
{
	const char *root;
	char *name;

	if (!mount)
		return NULL;
	if (!mount->short_id)
		return strdup(tuck->source.path ?: "the new mount");
	root = mount_root(mount);
	if (!mount->fs)
		return asprintf(&name, "mount %d", mount->short_id) < 0 ? NULL : name;
	if (!root || strcmp(root, "/") == 0)
		return strdup(mnt_fs_get_source(mount->fs) ?: "none");
	return asprintf(&name, "%s[%s]", mnt_fs_get_source(mount->fs) ?: "none", root) < 0 ? NULL
											   : name;
}

static char *place_target(struct effect *effect)
{
	struct mount *mount = effect->arrives ?: effect->top;
	const char *target = mount_target(mount);

	return strdup(target ?: "(out of sight)");
}

static void place_clear(struct mnttuck_place *place)
{
	free((char *)place->command);
	free((char *)place->target);
	free((char *)place->beneath);
	free((char *)place->unmounts);
	free((char *)place->shows);
}

static int place_fill(struct mnttuck *tuck, struct effect *effect, struct mnttuck_place *place)
{
	struct mount *where = effect->arrives ?: effect->on;
	struct mount *shows = plan_visible(effect->stays ? effect->top : where);
	const struct mntns *mntns = operation_namespace_of(tuck, where);

	place->namespace_inode = mntns ? mntns->inode : 0;
	place->pid = mntns ? mntns->pid : 0;
	place->command = strdup(mntns ? mntns->command : "");
	place->target = place_target(effect);
	place->beneath = mount_name(tuck, effect->beneath);
	place->unmounts = effect->stays ? NULL : mount_name(tuck, effect->top);
	place->shows = mount_name(tuck, shows);
	place->is_left = effect->stays;
	return place->command && place->target && place->shows &&
			       (place->beneath || !effect->beneath) &&
			       (place->unmounts || effect->stays || !effect->top)
		       ? 0
		       : -ENOMEM;
}

/* A namespace that could not be read has no target; what there is of it is named. */
static int add_unread(const struct mntns *mntns, struct mnttuck_place *place)
{
	place->namespace_inode = mntns->inode;
	place->pid = mntns->pid;
	place->command = strdup(mntns->command);
	place->error = mntns->error ? mntns->error : -ENODATA;
	return place->command ? 0 : -ENOMEM;
}

void report_places_clear(struct report_places *places)
{
	for (size_t i = 0; i < places->count; i++)
		place_clear(&places->list[i]);
	free(places->list);
	*places = (struct report_places){0};
}

static int report_places_make(struct mnttuck *tuck, struct report_places *places)
{
	const struct outlook *outlook = operation_outlook(tuck);
	const struct namespaces *namespaces = tuck->namespaces;
	int r = 0;

	report_places_clear(places);
	if (!outlook)
		return tuck->foreseen_error;
	places->list = calloc(outlook->count + namespaces->count + 1, sizeof(*places->list));
	if (!places->list)
		return -ENOMEM;
	for (size_t i = 0; i < outlook->count && r == 0; i++)
		r = place_fill(tuck, &outlook->effects[i], &places->list[places->count++]);
	for (size_t i = 0; i < namespaces->count && r == 0; i++)
		if (!namespaces->list[i].snapshot)
			r = add_unread(&namespaces->list[i], &places->list[places->count++]);
	/* There may be more that were not found. */
	if (r == 0 && tuck->namespaces_error < 0)
		r = add_unread(&(struct mntns){.error = tuck->namespaces_error},
			&places->list[places->count++]);
	return r;
}

int mnttuck_plan(struct mnttuck *tuck)
{
	int r;

	if (!tuck->target.path)
		return -EINVAL;
	operation_forget(tuck);
	tuck->wants_names = true;
	r = operation_read(&tuck->target);
	r = r < 0 ? r : report_places_make(tuck, &tuck->places);
	if (r < 0)
		report_places_clear(&tuck->places);
	tuck->wants_names = false;
	operation_forget(tuck);
	return r;
}

size_t mnttuck_get_places(const struct mnttuck *tuck, const struct mnttuck_place **places)
{
	*places = tuck->places.list;
	return tuck->places.count;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The checks about a reveal: what lies beneath the top mount must be what shows, and nothing else
 * may be lost or left behind.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "blind-spots.h"
#include "checks.h"
#include "commands.h"
#include "facts.h"
#include "findings.h"
#include "i18n.h"
#include "namespaces.h"
#include "own-view.h"
#include "progress.h"
#include "snapshot.h"
#include "util.h"
#include "wish.h"
#include "words.h"

/* Whether the top mount lies on the root of its parent: 1 or 0; -ENODATA: not known; -ENOMEM. */
static int lies_on_root(struct facts *facts)
{
	struct mount *parent = facts->target.parent;
	const struct mount_point *point;
	int r;

	if (!parent)
		return 0;
	r = facts_mount_point(facts, &point);
	if (r < 0 || !point->path)
		return r < 0 ? r : -ENODATA;
	return mount_root(parent) && strcmp(point->path, mount_root(parent)) == 0;
}

int check_reveal_beneath(struct facts *facts, struct finding *finding)
{
	const struct wish *wish = facts->wish;
	_cleanup_free_ char *tuck = NULL;
	bool is_automount;
	int r;

	/* The tuck will put a mount beneath. */
	if (progress_acts(facts->progress, wish) & OF_TUCK)
		return MNTTUCK_OK;
	r = lies_on_root(facts);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		finding_detail(finding, _("where the top mount lies on the filesystem of its "
					  "parent can't be known"));
		return MNTTUCK_UNCHECKED;
	}
	is_automount = r == 1 && facts->target.parent->is_automount;
	if (r == 1 && !is_automount)
		return MNTTUCK_OK;
	finding_detail(finding, "%s",
		is_automount ? _("only an automount lies beneath the top mount, which would be "
				 "triggered anew")
			     : _("nothing lies beneath the top mount at this path, so the "
				 "directory that it is mounted on would show"));
	if (command_make(&tuck, "{mount here} --tuck SOURCE %s", wish->target.shell) < 0)
		return -ENOMEM;
	finding_remedy(finding,
		/* Translators: %s is a command. */
		is_automount ? _("Tuck the new version first, by %s; or, to have the automount:")
			     : _("Tuck the new version first, by %s; or, to have the bare "
				 "directory:"),
		tuck);
	finding_command(finding, "{umount here} %s", wish->target.shell);
	return MNTTUCK_REFUSED;
}

int check_reveal_automount(struct facts *facts, struct finding *finding)
{
	const struct wish *wish = facts->wish;

	/* If it had been triggered, the filesystem that it has mounted would be the top mount. */
	if (!facts->target.mount->is_automount)
		return MNTTUCK_OK;
	if (wish->operations & MNTTUCK_FORCE) {
		finding_detail(
			finding, _("an automount that has not been triggered is unmounted, too"));
		return MNTTUCK_OK;
	}
	finding_detail(finding,
		_("it is an automount that has not been triggered, and would not be there any "
		  "more"));
	if (progress_acts(facts->progress, wish) & OF_TUCK && !*words_own_namespace()) {
		finding_remedy(finding, _("Trigger it, so that the filesystem that it mounts is "
					  "what is replaced:"));
		finding_command(finding, "ls %s", wish->target.shell);
		finding_remedy(finding, _("Or accept that it goes:"));
	} else {
		finding_remedy(finding, _("Accept that it goes:"));
	}
	finding_force(finding, facts);
	return MNTTUCK_REFUSED;
}

/* If the effects can't be known, nothing can be promised. */
static int refuse_unknown(struct finding *finding, int error)
{
	if (error == -ENOMEM)
		return error;
	finding_detail(
		finding, _("what the unmount would take can't be known: %s"), strerror(-error));
	return MNTTUCK_REFUSED;
}

/* Whether what happens to @mount can be a reason to refuse: a mount in a less privileged namespace
 * must not keep others from their update. */
static bool counts(struct facts *facts, const struct mount *mount)
{
	return !namespaces_is_less_privileged(
		facts->namespaces, namespaces_of(facts->namespaces, mount->snapshot));
}

/* The verdict where nothing was found: what the unmount does in a namespace that could not be seen
 * is not known, unless it does not travel. */
static int nothing_found(struct facts *facts, struct finding *finding)
{
	const struct wish *wish = facts->wish;
	const struct mount *parent = facts->target.parent;
	bool travels = parent && parent->group;

	if (progress_acts(facts->progress, wish) & OF_TUCK && wish->propagation)
		travels = wish->propagation == MS_SHARED;
	return travels ? blind_spots_verdict(facts, finding) : MNTTUCK_OK;
}

/* Append "/opt in the mount namespace of process 12 (sleep)" to a list. */
static int add_place(struct facts *facts, char **list, struct mount *mount)
{
	_cleanup_free_ char *path = words_of_path(facts->namespaces, mount);

	if (!path)
		return -ENOMEM;
	return text_add_format(list, ", ", _("%s in %s"), path,
		words_of_namespace(facts->namespaces, facts_namespace_of(facts, mount)).text);
}

enum operation {
	OPERATION_COVER, /* bind it on itself */
	OPERATION_LEAVE_GROUP,
};

/* Append a command about @mount to a list of commands; nothing if no path leads to it. */
static int add_command_about(
	struct facts *facts, char **commands, struct mount *mount, enum operation operation)
{
	_cleanup_free_ char *command = NULL, *path = NULL;
	const char *where = NULL;
	char buffer[32];
	int r;

	if (mount)
		where = words_of_way(
			facts->namespaces, facts_namespace_of(facts, mount), mount, buffer);
	if (!where)
		return 0;
	path = shell_quote(own_view_target(facts->namespaces, mount) ?: mount_target(mount));
	if (!path)
		return -ENOMEM;
	r = operation == OPERATION_COVER
		    ? command_make(&command, "{mount} %s--rbind %s %s", where, path, path)
		    : command_make(&command, "{mount} %s--make-private %s", where, path);
	return r < 0 ? r : text_add(commands, COMMANDS_SEPARATOR, command);
}

/* Add the commands that cover the mount which shows at the path of @effect. The cover must not lie
 * on a mount that receives, or the unmount would reach the cover. */
static int add_cover(struct facts *facts, char **commands, const struct effect *effect)
{
	int r = 0;

	if (effect->mask_is_in_group)
		r = add_command_about(facts, commands, effect->top, OPERATION_LEAVE_GROUP);
	return r < 0 ? r : add_command_about(facts, commands, effect->top, OPERATION_COVER);
}

/* Whether an unmasking effect before @effect has the same path in the same namespace: one command
 * covers both mounts. */
static bool is_covered_before(const struct effects *effects, const struct effect *effect)
{
	const char *target = mount_target(effect->top);

	for (const struct effect *each = effects->list; each < effect; each++)
		if (each->is_unmasked && each->top->snapshot == effect->top->snapshot && target &&
			mount_target(each->top) && strcmp(mount_target(each->top), target) == 0)
			return true;
	return false;
}

/* The places of one kind of effect, and the commands against it. */
struct harm {
	char *places, *commands;
	bool is_refused; /* one of them is a reason to refuse */
};

static void harm_free(struct harm *harm)
{
	free(harm->places);
	free(harm->commands);
}

/* @is_harm: whether the effect is of this kind, and not named with one before. */
static int find_harm(struct facts *facts, const struct effects *effects,
	bool (*is_harm)(const struct effects *effects, const struct effect *effect),
	int (*add_remedy)(struct facts *facts, char **commands, const struct effect *effect),
	struct harm *harm)
{
	size_t count = 0;
	int r = 0;

	for (size_t i = 0; i < effects->count && r == 0; i++) {
		const struct effect *effect = &effects->list[i];

		if (!is_harm(effects, effect))
			continue;
		harm->is_refused = harm->is_refused || counts(facts, effect->top);
		if (count++ >= LIST_MAX)
			continue;
		r = add_place(facts, &harm->places, effect->top);
		r = r < 0 ? r : add_remedy(facts, &harm->commands, effect);
	}
	return r < 0 ? r : text_add_more(&harm->places, count);
}

/* An effect that is left out has the namespace of the one before, so it can't decide whether the
 * rule refuses. */
static bool is_unmasking(const struct effects *effects, const struct effect *effect)
{
	return effect->is_unmasked && !is_covered_before(effects, effect);
}

/* Mounts that others have put in place of the old version. Their users must not see the new one. */
static int check_unmasking(
	struct facts *facts, const struct effects *effects, struct finding *finding)
{
	_cleanup_(harm_free) struct harm harm = {0};
	int r = find_harm(facts, effects, is_unmasking, add_cover, &harm);

	if (r < 0 || !harm.places)
		return r < 0 ? r : nothing_found(facts, finding);
	if (!harm.is_refused) {
		finding_detail(finding,
			_("what is mounted instead of the old version is unmounted, too, at %s"),
			harm.places);
		return MNTTUCK_OK;
	}
	finding_detail(finding,
		_("its unmount would travel on, and also take what is mounted instead of the old "
		  "version at %s"),
		harm.places);
	if (harm.commands) {
		finding_remedy(finding, _("Cover it once more, so that it goes on showing:"));
		finding_commands(finding, harm.commands);
	}
	return MNTTUCK_REFUSED;
}

static bool is_sliding(const struct effects *effects, const struct effect *effect)
{
	(void)effects;
	return effect->slides;
}

/* Take the old version out of its peer group: then it does not receive the unmount of the mounts on
 * it, and stays, with the mount that would slide down. */
static int add_privacy(struct facts *facts, char **commands, const struct effect *effect)
{
	return add_command_about(facts, commands, effect->top, OPERATION_LEAVE_GROUP);
}

/* Mounts that would slide down, mostly over the new version. */
static int check_sliding(
	struct facts *facts, const struct effects *effects, struct finding *finding)
{
	_cleanup_(harm_free) struct harm harm = {0};
	int r = find_harm(facts, effects, is_sliding, add_privacy, &harm);

	if (r < 0 || !harm.places)
		return r < 0 ? r : MNTTUCK_OK;
	finding_detail(finding,
		harm.is_refused
			? _("its unmount would travel on, and a mount that covers another one "
			    "on the old version would slide down to %s (as before Linux 6.17)")
			: _("a mount that covers another one on the old version slides down to "
			    "%s"),
		harm.places);
	if (!harm.is_refused)
		return MNTTUCK_OK;
	if (harm.commands) {
		finding_remedy(finding, _("Let the old version stay there:"));
		finding_commands(finding, harm.commands);
	}
	return MNTTUCK_REFUSED;
}

int check_reveal_propagates(struct facts *facts, struct finding *finding)
{
	const struct wish *wish = facts->wish;
	const struct effects *effects;
	_cleanup_free_ char *path = NULL;
	int r = facts_effects(facts, &effects);

	if (r < 0)
		return refuse_unknown(finding, r);
	if (effects->hides) {
		finding_detail(finding,
			_("what lies beneath would not show, since another mount arrives over it"));
		return MNTTUCK_REFUSED;
	}
	if (!effects->taken) {
		r = check_sliding(facts, effects, finding);
		return r == MNTTUCK_OK ? check_unmasking(facts, effects, finding) : r;
	}
	path = words_of_path(facts->namespaces, effects->taken);
	if (!path)
		return -ENOMEM;
	finding_detail(finding,
		_("its unmount would travel on, and also take what lies lower in the stack at %s "
		  "in %s"),
		path,
		words_of_namespace(facts->namespaces, facts_namespace_of(facts, effects->taken))
			.text);
	/* A group of its own for the top one would not help: the lower mount receives from the one
	 * between them, to which no path leads. */
	finding_remedy(finding,
		_("Unmount the stack by hand. To see which of its mounts are in one peer group:"));
	finding_command(
		finding, "{findmnt} %s--propagation %s", words_own_namespace(), wish->target.shell);
	return MNTTUCK_REFUSED;
}

static int add_own_path(struct facts *facts, char **list, struct mount *mount)
{
	_cleanup_free_ char *path = words_of_path(facts->namespaces, mount);

	return path ? text_add(list, ", ", path) : -ENOMEM;
}

/* The mounts that are lost: by their paths where the caller is, and with the namespace elsewhere.
 * @is_refused: one of them is a reason to refuse. */
static int describe_lost(
	struct facts *facts, const struct effects *effects, char **list, bool *is_refused)
{
	const struct mntns *own = &facts->namespaces->list[0];
	int r = 0;

	for (size_t i = 0; i < effects->lost_count && r == 0; i++) {
		struct mount *lost = effects->lost[i];

		*is_refused = *is_refused || counts(facts, lost);
		if (i >= LIST_MAX)
			continue;
		if (namespaces_of(facts->namespaces, lost->snapshot) != own)
			r = add_place(facts, list, lost);
		else
			r = add_own_path(facts, list, lost);
	}
	return r < 0 ? r : text_add_more(list, effects->lost_count);
}

int check_reveal_children(struct facts *facts, struct finding *finding)
{
	bool is_forced = facts->wish->operations & MNTTUCK_FORCE, is_refused = false;
	const struct effects *effects;
	_cleanup_free_ char *list = NULL;
	int r = facts_effects(facts, &effects);

	if (r < 0)
		return refuse_unknown(finding, r);
	r = describe_lost(facts, effects, &list, &is_refused);
	if (r < 0)
		return r;
	if (!effects->lost_count)
		return nothing_found(facts, finding);
	finding_detail(finding,
		is_forced || !is_refused ? _("mounts on the top mount are lost: %s")
					 : _("mounts on the top mount would be lost: %s"),
		list);
	if (is_forced || !is_refused)
		return MNTTUCK_OK;
	finding_remedy(
		finding, _("Move them to the new version, or unmount them; or accept the loss:"));
	finding_force(finding, facts);
	return MNTTUCK_REFUSED;
}

/* The mounts because of which the old version stays in a place: those on it that no unmount
 * reaches, or a cover of its own. */
static int list_keepers(struct facts *facts, char **list, const struct effect *effect)
{
	struct mount *cover = mount_cover(effect->top);
	int r = 0;

	for (struct mount *child = effect->top->first_child; child && r == 0;
		child = child->next_sibling)
		if (child != cover && !child->is_dropped)
			r = add_own_path(facts, list, child);
	return r < 0 || *list ? r : add_own_path(facts, list, effect->keeps ?: effect->top);
}

/* Append "/opt in the mount namespace of process 12 (app), app.service (kept by /opt/own)". */
static int add_left(struct facts *facts, char **list, const struct effect *effect, const char *unit)
{
	const struct mntns *mntns = facts_namespace_of(facts, effect->top);
	_cleanup_free_ char *path = words_of_path(facts->namespaces, effect->top);
	_cleanup_free_ char *keepers = NULL;

	if (!path || list_keepers(facts, &keepers, effect) < 0)
		return -ENOMEM;
	return text_add_format(list, ", ", _("%s in %s%s%s (kept by %s)"), path,
		words_of_namespace(facts->namespaces, mntns).text, unit ? ", " : "", unit ?: "",
		keepers);
}

/* Tell of a place that is left behind: append it to @list, and the service that its process belongs
 * to to @units. A service gets its own mounts again when it is restarted, on the new version. */
static int tell_left(struct facts *facts, char **list, char **units, const struct effect *effect)
{
	const struct mntns *mntns = facts_namespace_of(facts, effect->top);
	_cleanup_free_ char *unit = NULL;
	int r = 0;

	if (mntns != &facts->namespaces->list[0] && mntns->pid)
		r = words_of_unit(mntns->pid, &unit);
	r = r < 0 ? r : add_left(facts, list, effect, unit);
	return r < 0 || !unit ? r : text_add_word(units, unit);
}

int check_reveal_incomplete(struct facts *facts, struct finding *finding)
{
	const struct effects *effects;
	_cleanup_free_ char *list = NULL, *units = NULL;
	size_t count = 0;
	int r = facts_effects(facts, &effects);

	if (r < 0)
		return refuse_unknown(finding, r);
	for (size_t i = 0; i < effects->count && r == 0; i++) {
		const struct effect *effect = &effects->list[i];

		if (effect->is_left && counts(facts, effect->top) && count++ < LIST_MAX)
			r = tell_left(facts, &list, &units, effect);
	}
	r = r < 0 ? r : text_add_more(&list, count);
	if (r < 0)
		return r;
	if (!list)
		return nothing_found(facts, finding);
	if (facts->wish->is_one_of_many || facts->wish->operations & MNTTUCK_EVERYWHERE) {
		finding_detail(finding, _("the old version is replaced separately at %s"), list);
		return MNTTUCK_OK;
	}
	finding_detail(finding, _("the old version would stay at %s"), list);
	if (facts->wish->operations & MNTTUCK_FORCE)
		return MNTTUCK_OK;
	/* Don't suggest to unmount the mounts that keep the old version: they may protect a
	 * service. */
	finding_remedy(finding, _("Leave them behind:"));
	finding_force(finding, facts);
	if (units) {
		finding_remedy(finding, _("Then restart them, so that they get the new version:"));
		finding_command(finding, "systemctl restart %s", units);
	}
	return MNTTUCK_REFUSED;
}

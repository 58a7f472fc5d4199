/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rules about taking the top mount away: what is beneath will be what shows, and nothing else
 * is lost or left.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"
#include "i18n.h"
#include "namespaces.h"
#include "plan.h"
#include "rules.h"
#include "snapshot.h"
#include "util.h"

/* Whether there will be something beneath: it is tucked first, or the top lies on a mount's root.
 */
enum mnttuck_verdict check_reveal_beneath(struct mnttuck *tuck, struct finding *finding)
{
	struct mount *parent = tuck->target.parent;
	const struct place *place;

	if (operation_acts(tuck) & OF_TUCK)
		return MNTTUCK_OK;
	place = parent ? operation_place(tuck) : NULL;
	if (place && place->path && mount_root(parent) &&
		strcmp(place->path, mount_root(parent)) == 0)
		return MNTTUCK_OK;
	if (place && !place->path)
		return MNTTUCK_UNCHECKED;
	finding_detail(finding,
		_("nothing lies beneath the top mount at this path, so the directory that it is "
		  "mounted on would show"));
	finding_remedy(finding,
		_("Tuck the new version first: mount --tuck SOURCE %s; or, to have "
		  "the bare directory: umount %s"),
		tuck->target.shell, tuck->target.shell);
	return MNTTUCK_REFUSED;
}

/* Without an outlook nothing can be promised: then it is refused, and why is said. */
static enum mnttuck_verdict refuse_blind(struct mnttuck *tuck, struct finding *finding)
{
	finding_detail(finding, _("what the unmount would take can't be known: %s"),
		strerror(-tuck->foreseen_error));
	return MNTTUCK_REFUSED;
}

enum mnttuck_verdict check_reveal_propagates(struct mnttuck *tuck, struct finding *finding)
{
	const struct outlook *outlook = operation_outlook(tuck);
	const char *target;

	if (!outlook)
		return refuse_blind(tuck, finding);
	if (outlook->hides) {
		finding_detail(finding,
			_("what lies beneath would not show, since another mount arrives over it"));
		return MNTTUCK_REFUSED;
	}
	if (!outlook->taken)
		return MNTTUCK_OK;
	target = mount_target(outlook->taken);
	finding_detail(finding,
		_("its unmount would travel on, and also take what lies lower in the stack at %s "
		  "in %s"),
		target ?: _("a place out of sight"),
		operation_describe_namespace(tuck, operation_namespace_of(tuck, outlook->taken))
			.text);
	finding_remedy(finding,
		_("See with findmnt --propagation %s which mounts are in one peer group; give the "
		  "top one its own (mount --make-private %s), or unmount the stack by hand"),
		tuck->target.path, tuck->target.shell);
	return MNTTUCK_REFUSED;
}

enum mnttuck_verdict check_reveal_children(struct mnttuck *tuck, struct finding *finding)
{
	const struct outlook *outlook = operation_outlook(tuck);
	_cleanup_free_ char *list = NULL;

	if (!outlook)
		return refuse_blind(tuck, finding);
	for (size_t i = 0; i < outlook->lost_count; i++)
		text_add(&list, ", ", mount_target(outlook->lost[i]) ?: _("one out of sight"));
	if (!outlook->lost_count)
		return MNTTUCK_OK;
	finding_detail(finding,
		tuck->operations & MNTTUCK_FORCE ? _("mounts on the top mount are lost: %s")
						 : _("mounts on the top mount would be lost: %s"),
		list ?: "");
	if (tuck->operations & MNTTUCK_FORCE)
		return MNTTUCK_OK;
	finding_remedy(
		finding, _("Move them to the new version, or unmount them; or accept the loss: "
			   "--reveal=force"));
	return MNTTUCK_REFUSED;
}

static void add_left(struct mnttuck *tuck, char **list, const struct effect *effect)
{
	const struct mntns *mntns = operation_namespace_of(tuck, effect->top);
	_cleanup_free_ char *item = NULL;
	const char *keeps = effect->keeps ? mount_target(effect->keeps) : NULL;

	if (asprintf(&item, _("%s in %s (kept by %s)"), mount_target(effect->top) ?: _("a place"),
		    operation_describe_namespace(tuck, mntns).text,
		    keeps ?: _("a mount out of sight")) >= 0)
		text_add(list, ", ", item);
}

/* What would free the copies that stay, as commands. */
static void add_left_remedy(struct mnttuck *tuck, char **commands, const struct effect *effect)
{
	const struct mntns *mntns = operation_namespace_of(tuck, effect->top);
	_cleanup_free_ char *item = NULL, *path = NULL;

	if (!effect->keeps || !mount_target(effect->keeps))
		return;
	path = shell_quote(mount_target(effect->keeps));
	if (!path)
		return;
	if (mntns == &tuck->namespaces->list[0]) {
		if (asprintf(&item, "umount %s", path) < 0)
			item = NULL;
	} else if (mntns->pid) {
		if (asprintf(&item, "umount --namespace %d %s", mntns->pid, path) < 0)
			item = NULL;
	}
	if (item)
		text_add(commands, " && ", item);
}

enum mnttuck_verdict check_reveal_incomplete(struct mnttuck *tuck, struct finding *finding)
{
	const struct outlook *outlook = operation_outlook(tuck);
	_cleanup_free_ char *list = NULL, *commands = NULL;
	size_t left = 0;

	if (!outlook)
		return refuse_blind(tuck, finding);
	for (size_t i = 0; i < outlook->count; i++) {
		const struct effect *effect = &outlook->effects[i];

		if (!effect->stays)
			continue;
		left++;
		add_left(tuck, &list, effect);
		add_left_remedy(tuck, &commands, effect);
	}
	if (!left)
		return MNTTUCK_OK;
	finding_detail(finding, _("the old version would stay at %s"), list ?: _("some place"));
	if (tuck->operations & MNTTUCK_FORCE)
		return MNTTUCK_OK;
	if (commands)
		finding_remedy(finding,
			_("Leave them behind: --reveal=force; or take away what keeps them: %s"),
			commands);
	else
		finding_remedy(finding, _("Leave them behind: --reveal=force"));
	return MNTTUCK_REFUSED;
}

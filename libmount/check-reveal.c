/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The checks about a reveal: what lies beneath the top mount must be what shows, and nothing else
 * may be lost or left behind.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "facts.h"
#include "findings.h"
#include "i18n.h"
#include "namespaces.h"
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
	int r;

	/* The tuck will put a mount beneath. */
	if (progress_acts(facts->progress, wish) & OF_TUCK)
		return MNTTUCK_OK;
	r = lies_on_root(facts);
	if (r != 0)
		return r == 1 ? MNTTUCK_OK : r == -ENOMEM ? r : MNTTUCK_UNCHECKED;
	finding_detail(finding,
		_("nothing lies beneath the top mount at this path, so the directory that it is "
		  "mounted on would show"));
	finding_remedy(finding,
		_("Tuck the new version first: mount --tuck SOURCE %s; or, to have "
		  "the bare directory: umount %s"),
		wish->target.shell, wish->target.shell);
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

int check_reveal_propagates(struct facts *facts, struct finding *finding)
{
	const struct wish *wish = facts->wish;
	const struct effects *effects;
	const char *target;
	int r = facts_effects(facts, &effects);

	if (r < 0)
		return refuse_unknown(finding, r);
	if (effects->hides) {
		finding_detail(finding,
			_("what lies beneath would not show, since another mount arrives over it"));
		return MNTTUCK_REFUSED;
	}
	if (!effects->taken)
		return MNTTUCK_OK;
	target = mount_target(effects->taken);
	finding_detail(finding,
		_("its unmount would travel on, and also take what lies lower in the stack at %s "
		  "in %s"),
		target ?: _("a place out of sight"),
		words_of_namespace(facts->namespaces, facts_namespace_of(facts, effects->taken))
			.text);
	finding_remedy(finding,
		_("See with findmnt --propagation %s which mounts are in one peer group; give the "
		  "top one its own (mount --make-private %s), or unmount the stack by hand"),
		wish->target.path, wish->target.shell);
	return MNTTUCK_REFUSED;
}

int check_reveal_children(struct facts *facts, struct finding *finding)
{
	bool is_forced = facts->wish->operations & MNTTUCK_FORCE;
	const struct effects *effects;
	_cleanup_free_ char *list = NULL;
	int r = facts_effects(facts, &effects);

	if (r < 0)
		return refuse_unknown(finding, r);
	for (size_t i = 0; i < effects->lost_count && r == 0; i++)
		r = text_add(&list, ", ", mount_target(effects->lost[i]) ?: _("one out of sight"));
	if (r < 0)
		return r;
	if (!effects->lost_count)
		return MNTTUCK_OK;
	finding_detail(finding,
		is_forced ? _("mounts on the top mount are lost: %s")
			  : _("mounts on the top mount would be lost: %s"),
		list);
	if (is_forced)
		return MNTTUCK_OK;
	finding_remedy(
		finding, _("Move them to the new version, or unmount them; or accept the loss: "
			   "--reveal=force"));
	return MNTTUCK_REFUSED;
}

static int add_left(struct facts *facts, char **list, const struct effect *effect)
{
	const struct mntns *mntns = facts_namespace_of(facts, effect->top);
	_cleanup_free_ char *item = NULL;
	const char *keeps = effect->keeps ? mount_target(effect->keeps) : NULL;

	if (asprintf(&item, _("%s in %s (kept by %s)"), mount_target(effect->top) ?: _("a place"),
		    words_of_namespace(facts->namespaces, mntns).text,
		    keeps ?: _("a mount out of sight")) < 0) {
		item = NULL;
		return -ENOMEM;
	}
	return text_add(list, ", ", item);
}

/* Append the command that unmounts the mount because of which a copy stays. */
static int add_left_remedy(struct facts *facts, char **commands, const struct effect *effect)
{
	const struct mntns *mntns = facts_namespace_of(facts, effect->top);
	_cleanup_free_ char *item = NULL, *path = NULL;
	char where[32] = "";

	if (!effect->keeps || !mount_target(effect->keeps))
		return 0;
	if (mntns != &facts->namespaces->list[0]) {
		if (!mntns->pid)
			return 0;
		snprintf(where, sizeof(where), "--namespace %d ", mntns->pid);
	}
	path = shell_quote(mount_target(effect->keeps));
	if (!path || asprintf(&item, "umount %s%s", where, path) < 0) {
		item = NULL;
		return -ENOMEM;
	}
	return text_add(commands, " && ", item);
}

int check_reveal_incomplete(struct facts *facts, struct finding *finding)
{
	const struct effects *effects;
	_cleanup_free_ char *list = NULL, *commands = NULL;
	size_t left = 0;
	int r = facts_effects(facts, &effects);

	if (r < 0)
		return refuse_unknown(finding, r);
	for (size_t i = 0; i < effects->count; i++) {
		const struct effect *effect = &effects->list[i];

		if (!effect->stays)
			continue;
		left++;
		r = add_left(facts, &list, effect);
		r = r < 0 ? r : add_left_remedy(facts, &commands, effect);
		if (r < 0)
			return r;
	}
	if (!left)
		return MNTTUCK_OK;
	finding_detail(finding, _("the old version would stay at %s"), list);
	if (facts->wish->operations & MNTTUCK_FORCE)
		return MNTTUCK_OK;
	if (commands)
		finding_remedy(finding,
			_("Leave them behind: --reveal=force; or take away what keeps them: %s"),
			commands);
	else
		finding_remedy(finding, _("Leave them behind: --reveal=force"));
	return MNTTUCK_REFUSED;
}

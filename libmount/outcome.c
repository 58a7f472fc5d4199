/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "outcome.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "facts.h"
#include "findings.h"
#include "i18n.h"
#include "namespaces.h"
#include "own-view.h"
#include "progress.h"
#include "snapshot-read.h"
#include "util.h"
#include "wish.h"
#include "words.h"

/* ---- a tuck ---- */

int outcome_find_copy(const struct facts *facts, struct mount_identity *ret)
{
	const struct mount_identity *top = &facts->wish->target.identity;
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	struct mount *mount;
	int r = snapshot_read_one(top->unique_id, top->short_id, &snapshot, &mount);
	bool is_top = true;

	while (r == 0 && mount->short_parent_id != facts->target.parent->short_id) {
		struct snapshot *below = NULL;

		is_top = false;
		r = snapshot_read_parent(mount, &below, &mount);
		if (r < 0 || mount->short_id == mount->short_parent_id) {
			snapshot_free(below);
			return -ENOENT;
		}
		snapshot_free(snapshot);
		snapshot = below;
	}
	if (r < 0 || is_top)
		return r < 0 ? r : -EAGAIN;
	ret->short_id = mount->short_id;
	ret->unique_id = mount->id;
	return 0;
}

/* Say what is at the new mount's path, or at the target's. */
static int say_overtaken(const struct facts *facts, struct mount *new, struct report *report)
{
	const char *target = facts->wish->target.path;
	const char *path = new &&mount_target(new) ? mount_target(new) : target;
	_cleanup_free_ char *stack = words_of_stack(path);

	report_say(report,
		_("attached as mount %d, but somebody else mounted or unmounted there "
		  "meanwhile; "
		  "at %s there now are, from the bottom: %s"),
		facts->progress->attached.short_id, path, stack ?: _("unknown"));
	return -EBUSY;
}

int outcome_of_tuck(struct facts *facts, struct report *report)
{
	struct mount_identity *attached = &facts->progress->attached;
	const struct mount *parent = facts->target.parent;
	struct located top = {0}, new = {0};
	bool is_meant;
	int r = attached->short_id ? 0 : outcome_find_copy(facts, attached);

	r = r < 0 ? r : located_read(&top, &facts->wish->target.identity);
	r = r < 0 ? r : located_read(&new, attached);
	is_meant = r == 0 && top.mount->short_parent_id == attached->short_id &&
		   (!parent || new.mount->short_parent_id == parent->short_id);
	if (r < 0 && r != -ENOENT)
		report_say(report, _("attached, but what lies where there can't be read: %s"),
			strerror(-r));
	else if (!is_meant)
		r = say_overtaken(facts, new.mount, report);
	located_free(&top);
	located_free(&new);
	return r;
}

/* ---- a reveal ---- */

/* A copy elsewhere that is to go, and what it is found by. */
struct expected {
	uint64_t id;
	ino_t namespace_inode;
	int short_id;
	bool is_apart; /* no unmount reaches it */
	char *text, *remedy;
};

void expectations_clear(struct expectations *expectations)
{
	for (size_t i = 0; i < expectations->count; i++) {
		free(expectations->list[i].text);
		free(expectations->list[i].remedy);
	}
	free(expectations->list);
	free(expectations->path);
}

static int expect(struct expected *expected, struct facts *facts, struct mount *copy)
{
	const struct mntns *mntns = facts_namespace_of(facts, copy);
	_cleanup_free_ char *path = words_of_path(facts->namespaces, copy);

	*expected = (struct expected){
		.namespace_inode = mntns->inode,
		.id = copy->id,
		.short_id = copy->short_id,
	};
	if (!path)
		return -ENOMEM;
	if (asprintf(&expected->text, _("%s in %s"), path,
		    words_of_namespace(facts->namespaces, mntns).text) >= 0)
		return 0;
	expected->text = NULL;
	return -ENOMEM;
}

/* The command that replaces the old version in a place that receives nothing; NULL: none. */
static int make_remedy(struct expected *expected, const struct facts *facts,
	const struct mntns *mntns, struct mount *copy)
{
	_cleanup_free_ char *path = mount_target(copy) ? shell_quote(mount_target(copy)) : NULL;

	/* From a namespace that the program has entered the new version can't be named there. */
	if (!mount_target(copy) || !mntns->pid || *words_own_namespace())
		return 0;
	if (!path)
		return -ENOMEM;
	return command_make(&expected->remedy,
		"{mount} --namespace %d --source-namespace=caller --tuck --reveal %s %s",
		mntns->pid, facts->wish->target.shell, path);
}

static int expect_apart(struct expected *expected, struct facts *facts, struct mount *copy)
{
	const struct mntns *mntns = facts_namespace_of(facts, copy);
	int r = expect(expected, facts, copy);

	expected->is_apart = true;
	return r < 0 ? r : make_remedy(expected, facts, mntns, copy);
}

int expectations_note(struct expectations *expectations, struct facts *facts)
{
	const struct mount *beneath = facts->target.parent;
	const struct effects *effects;
	const char *path;
	int r = facts_effects(facts, &effects);

	if (r < 0)
		return r;
	path = mount_target(facts->target.mount);
	expectations->path = path ? strdup(path) : NULL;
	expectations->list =
		calloc(effects->count + effects->apart_count, sizeof(*expectations->list));
	if (!expectations->list || (path && !expectations->path))
		return -ENOMEM;
	expectations->beneath_id = beneath ? beneath->id : 0;
	expectations->beneath_short_id = beneath ? beneath->short_id : 0;
	/* The first is the target itself. */
	for (size_t i = 1; i < effects->count && r == 0; i++) {
		const struct effect *effect = &effects->list[i];

		if (effect->top && (effect->is_left || !effect->stays))
			r = expect(&expectations->list[expectations->count++], facts,
				effect->is_left ? effect->shows : effect->top);
	}
	/* In the caller's own namespace such a mount can be there on purpose, as the one that the
	 * old version was bound from. The plan lists it, and that is enough. */
	for (size_t i = 0; i < effects->apart_count && r == 0; i++)
		if (effects->apart[i]->snapshot != facts->namespaces->list[0].snapshot)
			r = expect_apart(&expectations->list[expectations->count++], facts,
				effects->apart[i]);
	return r < 0 ? r : facts_error(facts);
}

static int say_unverified(struct report *report, int error)
{
	report_say(report, _("unmounted, but what shows in every namespace now can't be read: %s"),
		strerror(-error));
	return error;
}

/* Which mount shows at the target's path, and whether the old top is gone. */
static int verify_here(
	const struct facts *facts, const struct expectations *expectations, struct report *report)
{
	const struct operand *target = &facts->wish->target;
	const char *path = expectations->path;
	_cleanup_free_ char *stack = NULL;
	struct mount_identity shows;
	struct located top = {0};
	int r = located_read(&top, &target->identity);
	bool is_gone = r == -ENOENT, is_meant;

	located_free(&top);
	if (r < 0 && !is_gone)
		return say_unverified(report, r);
	r = path ? kernel_identify(AT_FDCWD, path, 0, &shows) : -ENOENT;
	if (r < 0 && r != -ENOENT)
		return say_unverified(report, r);
	is_meant = r == 0 && (expectations->beneath_id && shows.unique_id
					     ? shows.unique_id == expectations->beneath_id
					     : shows.short_id == expectations->beneath_short_id);
	if (is_gone && (is_meant || !path))
		return 0;
	stack = words_of_stack(path ?: target->path);
	report_say(report,
		is_gone ? _("the top mount was unmounted, but what shows is another than was "
			    "beneath it, since somebody else mounted or unmounted there "
			    "meanwhile; at %s there now are, from the bottom: %s")
			: _("another mount was unmounted than the top one, since somebody else "
			    "mounted or unmounted there meanwhile; at %s there now are, from "
			    "the bottom: %s"),
		target->path, stack ?: _("nothing that is mounted"));
	return -EBUSY;
}

/* Whether the copy is still in its namespace. @namespaces: as they are now. */
static bool is_still_mounted(const struct namespaces *namespaces, const struct expected *expected)
{
	for (size_t i = 0; i < namespaces->count; i++) {
		const struct mntns *mntns = &namespaces->list[i];
		const struct mount *mount;

		if (mntns->inode != expected->namespace_inode || !mntns->snapshot)
			continue;
		mount = snapshot_find(mntns->snapshot, expected->short_id);
		return mount && (!expected->id || mount->id == expected->id);
	}
	return false;
}

/* Say which of the mounts that are @list, with @remedies, have the old version. */
static void say_left(
	struct report *report, const char *left, const char *apart, const char *remedies)
{
	const char *replace = remedies ? _(". Replace it there:") : "";

	if (!apart)
		report_say(report, _("revealed, but the old version stays at %s"), left);
	else if (!left)
		report_say(report,
			_("revealed, but the old version stays at %s, where nothing is passed on "
			  "to%s"),
			apart, replace);
	else
		report_say(report,
			_("revealed, but the old version stays at %s, and at %s, where nothing is "
			  "passed on to%s"),
			left, apart, replace);
	if (remedies)
		report_say_commands(report, remedies);
}

/* Tell where the old version is still mounted. Returns in how many places. */
static int verify_elsewhere(const struct expectations *expectations, struct report *report)
{
	_cleanup_(cleanup_namespaces) struct namespaces *namespaces = NULL;
	_cleanup_free_ char *left = NULL, *apart = NULL, *remedies = NULL;
	int count = 0, r = expectations->count ? namespaces_read(&namespaces) : 0;

	if (r < 0 && !namespaces)
		return say_unverified(report, r);
	if (expectations->count && own_view_widen(namespaces) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < expectations->count; i++) {
		const struct expected *expected = &expectations->list[i];

		if (!is_still_mounted(namespaces, expected))
			continue;
		count++;
		text_add(expected->is_apart ? &apart : &left, ", ", expected->text);
		if (expected->remedy)
			text_add(&remedies, COMMANDS_SEPARATOR, expected->remedy);
	}
	if (left || apart)
		say_left(report, left, apart, remedies);
	else if (count)
		report_say(report, _("revealed, but the old version stays at %s"), _("some place"));
	return count;
}

int outcome_of_reveal(
	const struct facts *facts, const struct expectations *expectations, struct report *report)
{
	int r = verify_here(facts, expectations, report);

	return r < 0 ? r : verify_elsewhere(expectations, report);
}

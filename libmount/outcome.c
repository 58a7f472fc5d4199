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
#include "places.h"
#include "progress.h"
#include "snapshot-read.h"
#include "util.h"
#include "wish.h"
#include "words.h"

int outcome_is_left(const struct mount_identity *identity)
{
	struct located now = {0};
	int r = located_read(&now, identity);

	located_free(&now);
	return r == -ENOENT ? 0 : r < 0 ? r : 1;
}

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
static int say_overtaken(
	const struct facts *facts, struct mount *new, int fd, struct report *report)
{
	const char *target = facts->wish->target.path;
	const char *path = new &&mount_target(new) ? mount_target(new) : target;
	_cleanup_free_ char *stack = words_of_stack(path);

	report_say(report,
		_("attached as mount %d, but somebody else mounted or unmounted there "
		  "meanwhile; "
		  "at %s there now are, from the bottom: %s"),
		progress_attached_id(facts->progress, fd), path, stack ?: _("unknown"));
	return -EBUSY;
}

int outcome_of_tuck(struct facts *facts, int fd, struct report *report)
{
	struct mount_identity *attached = &facts->progress->attached;
	const struct mount *parent = facts->target.parent;
	struct located top = {0}, new = {0};
	bool is_meant;
	bool is_known = attached->unique_id || attached->short_id;
	int r = is_known ? 0 : outcome_find_copy(facts, attached);

	r = r < 0 ? r : located_read(&top, &facts->wish->target.identity);
	r = r < 0 ? r : located_read_beside(&new, attached, &top);
	if (r == 0)
		attached->short_id = new.mount->short_id;
	is_meant = r == 0 && top.mount->short_parent_id == attached->short_id &&
		   (!parent || new.mount->short_parent_id == parent->short_id);
	if (r < 0 && r != -ENOENT)
		report_say(report, _("attached, but what lies where there can't be read: %s"),
			strerror(-r));
	else if (!is_meant)
		r = say_overtaken(facts, new.mount, fd, report);
	located_free(&new);
	located_free(&top);
	return r;
}

/* ---- a reveal ---- */

enum left_kind {
	LEFT_RECEIVING, /* the old version, which receives */
	LEFT_APART,	/* the old version; no unmount reaches it */
	LEFT_EARLIER,	/* may be an earlier version */
	LEFT_KINDS,
};

/* A mount elsewhere that is to go, or is expected to stay, and what it is found by. */
struct expected {
	uint64_t id, namespace_id; /* 0: not known */
	ino_t namespace_inode;
	int short_id;
	enum left_kind kind;
};

void expectations_clear(struct expectations *expectations)
{
	free(expectations->list);
	free(expectations->path);
	*expectations = (struct expectations){0};
}

static void expect(struct expectations *expectations, const struct facts *facts,
	const struct mount *copy, enum left_kind kind)
{
	const struct mntns *mntns = namespaces_of(facts->namespaces, copy->snapshot);

	expectations->list[expectations->count++] = (struct expected){
		.namespace_id = mntns->id,
		.namespace_inode = mntns->inode,
		.id = copy->id,
		.short_id = copy->short_id,
		.kind = kind,
	};
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
		calloc(2 * effects->count + effects->apart_count, sizeof(*expectations->list));
	if (!expectations->list || (path && !expectations->path))
		return -ENOMEM;
	expectations->beneath_id = beneath ? beneath->id : 0;
	expectations->beneath_short_id = beneath ? beneath->short_id : 0;
	/* The first is the target itself. */
	for (size_t i = 1; i < effects->count; i++) {
		const struct effect *effect = &effects->list[i];

		if (effect->top && (effect->is_left || !effect->stays))
			expect(expectations, facts, effect->is_left ? effect->shows : effect->top,
				LEFT_RECEIVING);
		/* In the caller's own namespace the plan alone lists such a mount, too. */
		if (effect->is_earlier &&
			effect->shows->snapshot != facts->namespaces->list[0].snapshot)
			expect(expectations, facts, effect->shows, LEFT_EARLIER);
	}
	/* In the caller's own namespace such a mount can be there on purpose, as the one that the
	 * old version was bound from. The plan lists it, and that is enough. */
	for (size_t i = 0; i < effects->apart_count; i++)
		if (effects->apart[i]->snapshot != facts->namespaces->list[0].snapshot)
			expect(expectations, facts, effects->apart[i], LEFT_APART);
	return facts_error(facts);
}

int expectations_note_removal(struct expectations *expectations, struct facts *facts)
{
	const struct effects *effects;
	int r = facts_effects(facts, &effects);

	if (r < 0)
		return r;
	expectations->list = calloc(effects->count + 1, sizeof(*expectations->list));
	if (!expectations->list)
		return -ENOMEM;
	for (size_t i = 0; i < effects->count; i++)
		if (effects->list[i].top->snapshot != facts->namespaces->list[0].snapshot)
			expect(expectations, facts, effects->list[i].top, LEFT_RECEIVING);
	return facts_error(facts);
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

/* The mount of @expected, if it is still there. @namespaces: as they are now; @where: its
 * namespace. */
static struct mount *find_left(const struct namespaces *namespaces, const struct expected *expected,
	const struct mntns **where)
{
	for (size_t i = 0; i < namespaces->count; i++) {
		const struct mntns *mntns = &namespaces->list[i];
		struct mount *mount;

		if (mntns->inode != expected->namespace_inode || !mntns->snapshot)
			continue;
		*where = mntns;
		mount = snapshot_find(mntns->snapshot, expected->short_id);
		return mount && (!expected->id || mount->id == expected->id) ? mount : NULL;
	}
	return NULL;
}

/* Where the old version is still mounted, or an earlier one, in words. */
struct left {
	int count;
	struct {
		size_t count;
		char *list; /* NULL: none */
	} places[LEFT_KINDS];
	/* The commands that replace the old version where it receives nothing, and those that take
	 * an earlier version away; the units that get the new version when they are restarted. */
	char *replace, *reveal, *units;
};

static void left_clear(struct left *left)
{
	for (size_t i = 0; i < LEFT_KINDS; i++)
		free(left->places[i].list);
	free(left->replace);
	free(left->reveal);
	free(left->units);
}

/* Add the command that replaces the old version in a place that receives nothing. */
static void add_replace(struct left *left, const struct facts *facts, const struct mntns *mntns,
	struct mount *mount)
{
	_cleanup_free_ char *path = mount_target(mount) ? shell_quote(mount_target(mount)) : NULL;
	_cleanup_free_ char *remedy = NULL;

	/* From a namespace that the program has entered the new version can't be named there. */
	if (!path || !mntns->pid || *words_own_namespace())
		return;
	if (command_make(&remedy,
		    "{mount} --namespace %d --source-namespace=caller --tuck --reveal %s %s",
		    mntns->pid, facts->wish->target.shell, path) == 0)
		text_add(&left->replace, COMMANDS_SEPARATOR, remedy);
}

/* Add what brings the new version to a place that shows an earlier one. It lies beneath. */
static void add_reveal(struct left *left, const struct mntns *mntns, struct mount *mount)
{
	_cleanup_free_ char *path = mount_target(mount) ? shell_quote(mount_target(mount)) : NULL;
	_cleanup_free_ char *remedy = NULL, *unit = NULL;

	if (!path || !mntns->pid || words_of_unit(mntns->pid, &unit) < 0)
		return;
	if (unit)
		text_add_word(&left->units, unit);
	else if (command_make(&remedy, "{umount} --namespace %d --reveal=force %s", mntns->pid,
			 path) == 0)
		text_add(&left->reveal, COMMANDS_SEPARATOR, remedy);
}

static void add_left_place(struct left *left, const struct facts *facts,
	struct namespaces *namespaces, const struct mntns *mntns, struct mount *mount,
	enum left_kind kind)
{
	_cleanup_free_ char *path = NULL;

	if (left->count++ == 0)
		namespaces_find_processes(namespaces);
	if (left->places[kind].count++ >= LIST_MAX)
		return;
	path = words_of_path(namespaces, mount);
	if (!path || text_add_format(&left->places[kind].list, ", ", _("%s in %s"), path,
			     words_of_namespace(namespaces, mntns).text) < 0)
		return;
	if (kind == LEFT_APART)
		add_replace(left, facts, mntns, mount);
	if (kind == LEFT_EARLIER)
		add_reveal(left, mntns, mount);
}

/* Tell of the places that show an earlier version. @is_all: nothing else has been told. */
static void say_earlier(struct report *report, const struct left *left, bool is_all)
{
	_cleanup_free_ char *restart = NULL;
	const char *list = left->places[LEFT_EARLIER].list;

	if (is_all)
		report_say(report,
			_("revealed, but an earlier version, or a mount of its own, stays at %s"),
			list);
	else
		report_say_line(
			report, _("An earlier version, or a mount of its own, stays at %s"), list);
	if (left->units && command_make(&restart, "systemctl restart %s", left->units) == 0) {
		report_say_line(report, _("If it is an earlier version, restart what shows it:"));
		report_say_commands(report, restart);
	}
	if (left->reveal) {
		report_say_line(report,
			_("If it is an earlier version, take it away, with what is on it:"));
		report_say_commands(report, left->reveal);
	}
}

static void say_left(struct report *report, const struct left *left)
{
	const char *replace = left->replace ? _(". Replace it there:") : "";
	const char *receiving = left->places[LEFT_RECEIVING].list;
	const char *apart = left->places[LEFT_APART].list;
	const char *earlier = left->places[LEFT_EARLIER].list;

	if (receiving && apart)
		report_say(report,
			_("revealed, but the old version stays at %s, and at %s, where nothing is "
			  "passed on to%s"),
			receiving, apart, replace);
	else if (apart)
		report_say(report,
			_("revealed, but the old version stays at %s, where nothing is passed on "
			  "to%s"),
			apart, replace);
	else if (receiving)
		report_say(report, _("revealed, but the old version stays at %s"), receiving);
	else if (!earlier)
		report_say(report, _("revealed, but the old version stays at %s"), _("some place"));
	if (left->replace)
		report_say_commands(report, left->replace);
	if (earlier)
		say_earlier(report, left, !receiving && !apart);
}

/* Ask for the one mount, so that no namespace has to be read if all are gone. */
static bool may_be_left(const struct expected *expected)
{
	return !expected->id || !expected->namespace_id ||
	       kernel_has_mount(expected->id, expected->namespace_id) != 0;
}

static bool may_any_be_left(const struct expectations *expectations)
{
	for (size_t i = 0; i < expectations->count; i++)
		if (may_be_left(&expectations->list[i]))
			return true;
	return false;
}

/* Tell where what was to go is still mounted. Returns in how many places. */
static int verify_elsewhere(const struct facts *facts, const struct expectations *expectations,
	struct report *report, struct places *places)
{
	bool is_removal = facts->beneath.is_read;
	_cleanup_(cleanup_namespaces) struct namespaces *namespaces = NULL;
	_cleanup_(left_clear) struct left left = {0};
	int r;

	if (!may_any_be_left(expectations))
		return 0;
	r = namespaces_read(&namespaces);
	if (r < 0 && !namespaces)
		return say_unverified(report, r);
	if (expectations->count && own_view_widen(namespaces) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < expectations->count; i++) {
		const struct expected *expected = &expectations->list[i];
		const struct mntns *mntns;
		struct mount *mount = find_left(namespaces, expected, &mntns);

		if (!mount)
			continue;
		add_left_place(&left, facts, namespaces, mntns, mount, expected->kind);
		/* Without memory the outcome still says it. */
		if (places_add_mount(places, MNTTUCK_LEFT, namespaces, mntns, mount) < 0)
			continue;
		places->list[places->count - 1].numbers[MNTTUCK_IS_LEFT] =
			expected->kind == LEFT_EARLIER ? 2 : 1;
		if (expected->kind == LEFT_RECEIVING && !is_removal &&
			!namespaces_is_less_privileged(namespaces, mntns))
			places_set_rule(places, "reveal-incomplete");
	}
	for (size_t i = 0; i < LEFT_KINDS; i++)
		text_add_more(&left.places[i].list, left.places[i].count);
	if (left.count && is_removal)
		report_say(report, _("taken away, but copies stay at %s, with mounts on them"),
			left.places[LEFT_RECEIVING].list ?: _("some place"));
	else if (left.count)
		say_left(report, &left);
	return left.count;
}

int outcome_of_reveal(const struct facts *facts, const struct expectations *expectations,
	struct report *report, struct places *places)
{
	int r = verify_here(facts, expectations, report);

	/* mnttuck_replace_elsewhere() looks for what is left. */
	if (r < 0 || facts->wish->is_one_of_many || facts->wish->operations & MNTTUCK_EVERYWHERE)
		return r;
	return verify_elsewhere(facts, expectations, report, places);
}

/* ---- an unmount beneath the top ---- */

/* Whether the top mount lies on the base, and all between them is gone. */
static int verify_removal(const struct facts *facts)
{
	const struct beneath *beneath = &facts->beneath;
	struct located top = {0};
	int r = located_read(&top, &facts->wish->target.identity);

	if (r == -ENOENT || (r == 0 && top.mount->short_parent_id != beneath->base->short_id))
		r = -EBUSY;
	located_free(&top);
	for (size_t i = 0; i < beneath->count && r == 0; i++) {
		const struct mount_identity identity = mount_get_identity(beneath->list[i]);

		r = outcome_is_left(&identity);
		r = r > 0 ? -EBUSY : r;
	}
	return r;
}

int outcome_of_removal(const struct facts *facts, const struct expectations *expectations,
	int error, struct report *report, struct places *places)
{
	const char *target = facts->wish->target.path;
	_cleanup_free_ char *stack = NULL;
	int r = verify_removal(facts);

	if (r < 0 && r != -EBUSY)
		return say_unverified(report, r);
	if (error)
		r = error;
	if (r == 0)
		return verify_elsewhere(facts, expectations, report, places);
	stack = words_of_stack(mount_target(facts->target.mount) ?: target);
	report_say(report,
		_("only %zu of %zu mounts were taken away (%s); at %s there now are, from the "
		  "bottom: %s"),
		facts->progress->removed, facts->beneath.count, strerror(-r), target,
		stack ?: _("unknown"));
	return r;
}

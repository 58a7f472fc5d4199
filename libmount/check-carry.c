/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The checks about the mounts on the top mount that are to be carried over to the source. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "checks.h"
#include "facts.h"
#include "findings.h"
#include "i18n.h"
#include "snapshot.h"
#include "util.h"
#include "wish.h"
#include "words.h"

/* Why an item can't be carried. */
static const char *reason_of(const struct carry_item *item)
{
	if (carry_item_is_stuck(item) && item->mount->unbindable)
		return _("it is unbindable");
	switch (item->state) {
	case CARRY_HIDDEN:
		return _("another mount covers it");
	case CARRY_LACKING:
		return _("it is missing");
	case CARRY_LINK:
		return _("a symbolic link is on the path");
	case CARRY_KIND:
		return S_ISDIR(item->mode) ? _("it is not a directory") : _("it is a directory");
	case CARRY_OTHER:
		return _("something else is mounted there");
	default:
		return strerror(-item->error);
	}
}

/* "/opt/a (it is missing), /opt/b (something else is mounted there)": the items for which @concerns
 * is true. NULL: there are none. -ENOMEM. */
static int list_items(
	const struct carry *carry, bool (*concerns)(const struct carry_item *), char **list)
{
	size_t count = 0;
	int r = 0;

	for (size_t i = 0; i < carry->count && r == 0; i++) {
		const struct carry_item *item = &carry->items[i];

		if (concerns(item) && count++ < LIST_MAX)
			r = text_add_format(list, ", ", _("%s (%s)"), mount_target(item->mount),
				reason_of(item));
	}
	return r < 0 ? r : text_add_more(list, count);
}

static int refuse_unread(struct finding *finding, int error)
{
	if (error == -ENOMEM)
		return error;
	if (error == -ETIMEDOUT)
		finding_detail(finding,
			_("the filesystem of a mount on the top mount, or of the source, has not "
			  "answered for two seconds"));
	else
		finding_detail(finding, _("the mounts on the top mount can't be known: %s"),
			strerror(-error));
	return MNTTUCK_REFUSED;
}

/* Commands that make unbindable mounts private. */
static int allow_clones(const struct carry *carry, struct finding *finding)
{
	bool is_first = true;

	for (size_t i = 0; i < carry->count; i++) {
		const struct carry_item *item = &carry->items[i];
		_cleanup_free_ char *path = NULL;

		if (!carry_item_is_stuck(item) || !item->mount->unbindable)
			continue;
		path = shell_quote(mount_target(item->mount));
		if (!path)
			return -ENOMEM;
		if (is_first)
			finding_remedy(finding, _("Allow clones:"));
		finding_command(finding, "{mount here} --make-private %s", path);
		is_first = false;
	}
	return 0;
}

int check_carry_bindable(struct facts *facts, struct finding *finding)
{
	const struct carry *carry;
	_cleanup_free_ char *list = NULL;
	bool is_hidden = false;
	int r = facts_carry(facts, &carry);

	if (r < 0)
		return refuse_unread(finding, r);
	r = list_items(carry, carry_item_is_stuck, &list);
	if (r < 0 || !list)
		return r < 0 ? r : MNTTUCK_OK;
	finding_detail(finding, _("mounts on the top mount can't be cloned: %s"), list);
	for (size_t i = 0; i < carry->count; i++)
		is_hidden = is_hidden || carry->items[i].state == CARRY_HIDDEN;
	if (is_hidden)
		finding_remedy(finding, _("Unmount or reveal first what covers them"));
	r = allow_clones(carry, finding);
	return r < 0 ? r : MNTTUCK_REFUSED;
}

/* The mounts that are carried, for the table of rules. */
static int tell_carried(const struct carry *carry, struct finding *finding)
{
	_cleanup_free_ char *list = NULL;
	size_t count = 0;
	int r = 0;

	for (size_t i = 0; i < carry->count && r == 0; i++)
		if (carry->items[i].state != CARRY_THERE && count++ < LIST_MAX)
			r = text_add(&list, ", ", mount_target(carry->items[i].mount));
	r = r < 0 ? r : text_add_more(&list, count);
	if (r == 0 && list)
		finding_detail(finding, _("carried: %s"), list);
	return r < 0 ? r : MNTTUCK_OK;
}

int check_carry_place(struct facts *facts, struct finding *finding)
{
	const struct wish *wish = facts->wish;
	const struct carry *carry;
	_cleanup_free_ char *list = NULL;
	int r = facts_carry(facts, &carry);

	if (r < 0)
		return refuse_unread(finding, r);
	if (!carry->count)
		return MNTTUCK_OK;
	if (wish->kind == SOURCE_MOVE) {
		finding_detail(finding,
			_("a mount that is moved would get the mounts on the top mount while "
			  "others see it"));
		finding_remedy(finding, _("Clone it instead:"));
		finding_command(finding, "{mount here} --tuck --carry --rbind %s %s",
			wish->source.shell, wish->target.shell);
		return MNTTUCK_REFUSED;
	}
	r = list_items(carry, carry_item_lacks_place, &list);
	if (r < 0)
		return r;
	if (!list && carry->items[0].state == CARRY_UNKNOWN)
		return MNTTUCK_UNCHECKED;
	if (!list)
		return tell_carried(carry, finding);
	finding_detail(
		finding, _("it has no place for what is mounted on the top mount: %s"), list);
	finding_remedy(
		finding, _("Make these files or directories in it, or unmount those mounts"));
	return MNTTUCK_REFUSED;
}

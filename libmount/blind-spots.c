/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "blind-spots.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"
#include "findings.h"
#include "i18n.h"
#include "libmnttuck.h"
#include "namespaces.h"
#include "util.h"
#include "words.h"

static int describe_walk(const struct namespaces *namespaces, char **text)
{
	if (namespaces->sees_all)
		return 0;
	if (namespaces->walk_error == -ENOTTY)
		return text_add_format(text, "; ", "%s",
			_("this kernel has no list of mount namespaces, so those without a process "
			  "can't be found"));
	if (namespaces->walk_error == 0 || namespaces->walk_error == -EPERM)
		return text_add_format(text, "; ", "%s",
			_("mount namespaces without a process here can't be found: the kernel "
			  "lists them for root in the first pid namespace alone"));
	return text_add_format(text, "; ",
		_("mount namespaces without a process can't be found: %s"),
		strerror(-namespaces->walk_error));
}

/* The name of a namespace, without a search for its process. */
static struct words name_of(const struct namespaces *namespaces, const struct mntns *mntns)
{
	struct words words;

	if (mntns->pid || mntns == &namespaces->list[0])
		return words_of_namespace(namespaces, mntns);
	snprintf(words.text, sizeof(words.text), _("mount namespace %llu"),
		(unsigned long long)mntns->inode);
	return words;
}

static int describe_reading(const struct namespaces *namespaces, char **text)
{
	const struct mntns *unread = NULL, *partly = NULL;
	int count = 0, r = 0;

	for (size_t i = 0; i < namespaces->count; i++) {
		const struct mntns *mntns = &namespaces->list[i];

		if (!mntns->snapshot) {
			unread = unread ?: mntns;
			count++;
		} else if (mntns->is_partial) {
			partly = partly ?: mntns;
		}
	}
	if (count == 1)
		r = text_add_format(text, "; ", _("%s can't be read: %s"),
			name_of(namespaces, unread).text, strerror(-unread->error));
	else if (count)
		r = text_add_format(text, "; ",
			_("%d mount namespaces can't be read, such as %s: %s"), count,
			name_of(namespaces, unread).text, strerror(-unread->error));
	if (r == 0 && partly)
		r = text_add_format(text, "; ", _("some of the mounts of %s are out of sight"),
			name_of(namespaces, partly).text);
	return r;
}

int blind_spots_describe(struct facts *facts, char **ret)
{
	const struct namespaces *namespaces = facts_namespaces(facts);
	int r = 0;

	*ret = NULL;
	if (facts->namespaces_error < 0)
		r = text_add_format(ret, "; ", _("not every mount namespace can be found: %s"),
			strerror(-facts->namespaces_error));
	else if (namespaces)
		r = describe_walk(namespaces, ret);
	return r < 0 || !namespaces ? r : describe_reading(namespaces, ret);
}

int blind_spots_verdict(struct facts *facts, struct finding *finding)
{
	_cleanup_free_ char *text = NULL;

	if (blind_spots_describe(facts, &text) < 0)
		return -ENOMEM;
	if (!text)
		return MNTTUCK_OK;
	finding_detail(finding, "%s", text);
	return MNTTUCK_UNCHECKED;
}

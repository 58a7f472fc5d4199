/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The checks about locked mounts: in a mount namespace that a less privileged user namespace owns,
 * those that came from a more privileged one can't be unmounted, nor can their flags be taken away.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "checks.h"
#include "facts.h"
#include "findings.h"
#include "i18n.h"
#include "kernel.h"
#include "probe.h"
#include "snapshot.h"
#include "util.h"
#include "wish.h"
#include "words.h"

int check_target_locked(struct facts *facts, struct finding *finding)
{
	const char *target = mount_target(facts->target.mount);
	const struct wish *wish = facts->wish;
	int r;

	if (!facts_may_be_locked(facts))
		return MNTTUCK_OK;
	r = target ? probe_locked(target) : -ENOENT;
	if (r < 0)
		return r == -ENOMEM ? r : MNTTUCK_UNCHECKED;
	if (r == 0)
		return MNTTUCK_OK;
	finding_detail(finding,
		_("its top mount came from a mount namespace of another user namespace and is "
		  "locked: it could never be unmounted here"));
	finding_remedy(finding, _("Put a mount of your own on top first:"));
	finding_command(
		finding, "{mount here} --rbind %s %s", wish->target.shell, wish->target.shell);
	return MNTTUCK_REFUSED;
}

static const struct {
	uint64_t attribute;
	const char *word;
} lockable[] = {
	{MOUNT_ATTR_RDONLY, "ro"},
	{MOUNT_ATTR_NOSUID, "nosuid"},
	{MOUNT_ATTR_NODEV, "nodev"},
	{MOUNT_ATTR_NOEXEC, "noexec"},
	{MOUNT_ATTR__ATIME, "atime"},
};

/* Whether the kernel refuses to change these attributes, of the clone or of all mounts in it. */
static bool is_locked(int clone, bool is_recursive, const struct attributes *attributes)
{
	return (attributes->set || attributes->clear) &&
	       kernel_set_attributes(clone, is_recursive, attributes->set, attributes->clear, 0) ==
		       -EPERM;
}

/* The options that are locked, of those that are to be changed: "ro,nosuid". */
static int locked_words(int clone, uint64_t clear, char **words)
{
	int r = 0;

	for (size_t i = 0; i < ELEMENTS(lockable) && r == 0; i++) {
		struct attributes one = {.clear = clear & lockable[i].attribute};

		if (is_locked(clone, /* is_recursive= */ true, &one))
			r = text_add(words, ",", lockable[i].word);
	}
	return r;
}

/* What a more privileged mount namespace has forbidden can't be allowed here. The clone is tried,
 * and is not attached. */
int check_source_locked(struct facts *facts, struct finding *finding)
{
	const struct wish *wish = facts->wish;
	uint64_t clear = wish->tree_attributes.clear | wish->attributes.clear;
	unsigned int recursive = wish->kind == SOURCE_RBIND ? AT_RECURSIVE : 0;
	_cleanup_close_ int clone = -1;
	_cleanup_free_ char *words = NULL;
	int r;

	if (wish->kind == SOURCE_TREE || (!clear && !wish->attributes.set) ||
		!facts_may_be_locked(facts))
		return MNTTUCK_OK;
	clone = kernel_open_tree(wish->source.fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | recursive);
	if (clone < 0 || (!is_locked(clone, true, &wish->tree_attributes) &&
				 !is_locked(clone, false, &wish->attributes)))
		return MNTTUCK_OK;
	r = locked_words(clone, clear, &words);
	if (r < 0)
		return r;
	finding_detail(finding,
		_("it came from a mount namespace of another user namespace, which has locked its "
		  "options: %s"),
		words ?: _("unknown"));
	finding_remedy(finding, _("Keep these options as they are"));
	return MNTTUCK_REFUSED;
}

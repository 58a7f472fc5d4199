/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "own-flags.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "facts.h"
#include "findings.h"
#include "i18n.h"
#include "kernel.h"
#include "namespaces.h"
#include "own-namespace.h"
#include "snapshot.h"
#include "util.h"
#include "words.h"

/* A server on the way to a mount point, in a container, may not answer. */
enum { SET_WITHIN_MS = 2000 };

struct own_flags_place {
	int mntns; /* the namespace, open; -1: the caller's own, or see error */
	int error; /* -errno of opening it, or of setting the flags */
	int short_id;
	unsigned int flags;
	bool is_from_root; /* the path begins at the root of the caller's namespace */
	bool is_container; /* what leads to the mount point is in the hands of less privileged users
			    */
	char *path, *text;
};

static int note_place(
	struct facts *facts, const struct effect *effect, struct own_flags_place *place)
{
	const struct mntns *mntns = facts_namespace_of(facts, effect->shows);
	const char *path = mount_target(effect->shows);
	int n;

	*place = (struct own_flags_place){
		.mntns = -1,
		.short_id = effect->shows->short_id,
		.flags = effect->own_flags,
		.is_container = namespaces_is_less_privileged(facts->namespaces, mntns),
		.is_from_root = mntns == &facts->namespaces->list[0] && facts->namespaces->own_root,
		.path = path ? strdup(path) : NULL,
	};
	if (mntns != &facts->namespaces->list[0]) {
		place->mntns = mntns_open(mntns);
		place->error = place->mntns < 0 ? place->mntns : 0;
	}
	n = asprintf(&place->text, _("%s in %s"), path ?: _("a place out of sight"),
		words_of_namespace(facts->namespaces, mntns).text);
	if (n < 0)
		place->text = NULL;
	return n < 0 || (path && !place->path) ? -ENOMEM : 0;
}

int own_flags_note(struct own_flags *own, struct facts *facts)
{
	const struct effects *effects;
	int r = facts_effects(facts, &effects);

	if (r < 0)
		return r;
	own->list = calloc(effects->count + 1, sizeof(*own->list));
	if (!own->list)
		return -ENOMEM;
	for (size_t i = 0; i < effects->count && r == 0; i++)
		if (effects->list[i].own_flags)
			r = note_place(facts, &effects->list[i], &own->list[own->count++]);
	return r;
}

void own_flags_clear(struct own_flags *own)
{
	for (size_t i = 0; i < own->count; i++) {
		if (own->list[i].mntns >= 0)
			close(own->list[i].mntns);
		free(own->list[i].path);
		free(own->list[i].text);
	}
	free(own->list);
	*own = (struct own_flags){0};
}

/* In a child. That the mount is the one that was meant is checked by its id, because what a path
 * leads to is the container's choice. */
static int work_set(void *argument, void *answer)
{
	const struct own_flags_place *place = argument;
	struct mount_identity identity;
	int fd, r;

	(void)answer;
	if (place->mntns >= 0 && setns(place->mntns, CLONE_NEWNS) < 0)
		return -errno;
	r = place->is_from_root ? own_namespace_enter_root() : 0;
	if (r < 0)
		return r;
	fd = kernel_open_path(AT_FDCWD, place->path);
	r = fd < 0 ? fd : kernel_identify(fd, "", AT_EMPTY_PATH, &identity);
	if (r < 0)
		return r;
	if (identity.short_id != place->short_id)
		return -ESTALE;
	r = kernel_set_attributes(fd, false, place->flags, 0, 0);
	/* A file of the new version is open for writing already. */
	if (r == -EBUSY && place->flags != MOUNT_ATTR_RDONLY)
		kernel_set_attributes(
			fd, false, place->flags & ~(unsigned int)MOUNT_ATTR_RDONLY, 0, 0);
	return r;
}

static void set_of(struct own_flags *own, bool is_container)
{
	for (size_t i = 0; i < own->count; i++) {
		struct own_flags_place *place = &own->list[i];

		if (place->is_container == is_container && place->error == 0)
			place->error = place->path ? child_run_within(SET_WITHIN_MS, work_set,
							     place, NULL, 0)
						   : -ENOENT;
	}
}

/* Containers come last, since they can make others wait. */
void own_flags_set(struct own_flags *own)
{
	set_of(own, /* is_container= */ false);
	set_of(own, /* is_container= */ true);
}

int own_flags_report(const struct own_flags *own, struct report *report)
{
	_cleanup_free_ char *list = NULL;
	int error = 0;

	for (size_t i = 0; i < own->count; i++) {
		const struct own_flags_place *place = &own->list[i];
		_cleanup_free_ char *item = NULL;

		if (place->error == 0)
			continue;
		error = error ?: place->error;
		if (asprintf(&item, "%s (%s: %s)", place->text, words_of_flags(place->flags).text,
			    strerror(-place->error)) < 0)
			item = NULL;
		text_add(&list, ", ", item ?: place->text);
	}
	if (error)
		report_say_more(report,
			_("revealed, but flags that were set there alone could not be set on the "
			  "new version at %s"),
			list ?: _("some place"));
	return error;
}

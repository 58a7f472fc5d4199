/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * reveal: unmount the top mount, if and only if what is beneath will be what shows.
 *
 * There is no exact unmount: umount2() by a descriptor takes whatever has come to lie over that
 * mount. So everything is checked immediately before, and verified by ids after; what else happened
 * is said.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attach.h"
#include "facts.h"
#include "i18n.h"
#include "namespaces.h"
#include "rules.h"
#include "snapshot.h"
#include "util.h"

/* A copy elsewhere that was to go, by what finds it again. */
struct expected {
	uint64_t namespace_id, id;
	ino_t inode;
	int short_id;
	bool was_to_stay;
	char *text;
};

struct expectations {
	struct expected *list;
	size_t count;
};

static void expectations_clear(struct expectations *expectations)
{
	for (size_t i = 0; i < expectations->count; i++)
		free(expectations->list[i].text);
	free(expectations->list);
}

static int note_expectations(struct mnttuck *tuck, struct expectations *expectations)
{
	const struct outlook *outlook = operation_outlook(tuck);

	if (!outlook)
		return tuck->foreseen_error;
	expectations->list = calloc(outlook->count, sizeof(*expectations->list));
	if (!expectations->list)
		return -ENOMEM;
	for (size_t i = 1; i < outlook->count; i++) {
		const struct effect *effect = &outlook->effects[i];
		struct expected *expected = &expectations->list[expectations->count];
		const struct mntns *mntns;

		if (!effect->top)
			continue;
		mntns = operation_namespace_of(tuck, effect->top);
		*expected = (struct expected){
			.namespace_id = mntns->id,
			.inode = mntns->inode,
			.id = effect->top->id,
			.short_id = effect->top->short_id,
			.was_to_stay = effect->stays,
		};
		if (asprintf(&expected->text, _("%s in %s"),
			    mount_target(effect->top) ?: _("a place out of sight"),
			    operation_describe_namespace(tuck, mntns).text) < 0) {
			expected->text = NULL;
			return -ENOMEM;
		}
		expectations->count++;
	}
	return 0;
}

/* Whether the mount is still there, in its namespace as that is now. */
static bool is_there(const struct namespaces *namespaces, const struct expected *expected)
{
	for (size_t i = 0; i < namespaces->count; i++) {
		const struct mntns *mntns = &namespaces->list[i];
		const struct mount *mount;

		if (mntns->inode != expected->inode || !mntns->snapshot)
			continue;
		mount = snapshot_find(mntns->snapshot, expected->short_id);
		return mount && (!expected->id || mount->id == expected->id);
	}
	return false;
}

static int unmount(int fd)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (umount2(path, MNT_DETACH) == 0)
		return 0;
	/* No /proc. The working directory is for a child to change. */
	return errno == ENOENT ? attach_take_away(fd) : -errno;
}

static int fail_unverified(struct mnttuck *tuck, int error)
{
	operation_tell(tuck,
		_("unmounted, but what shows in every namespace now can't be read: %s"),
		strerror(-error));
	return error;
}

/* What shows at the target's path, and whether the old top is gone. */
static int verify_here(struct mnttuck *tuck, const char *path, uint64_t id, int short_id)
{
	struct located top = {.fd = -1, .identity = tuck->target.identity};
	struct mount_identity shows;
	_cleanup_free_ char *stack = NULL;
	int r = operation_read(&top);
	bool is_gone = r == -ENOENT, is_meant;

	located_clear(&top);
	if (r < 0 && !is_gone)
		return fail_unverified(tuck, r);
	r = path ? kernel_identify(AT_FDCWD, path, 0, &shows) : -ENOENT;
	if (r < 0 && r != -ENOENT)
		return fail_unverified(tuck, r);
	is_meant = r == 0 &&
		   (id && shows.unique_id ? shows.unique_id == id : shows.short_id == short_id);
	if (is_gone && (is_meant || !path))
		return 0;
	stack = operation_describe_stack(path ?: tuck->target.path);
	operation_tell(tuck,
		is_gone ? _("the top mount was unmounted, but what shows is another than was "
			    "beneath it, since somebody else mounted or unmounted there "
			    "meanwhile; at %s there now are, from the bottom: %s")
			: _("another mount was unmounted than the top one, since somebody else "
			    "mounted or unmounted there meanwhile; at %s there now are, from "
			    "the bottom: %s"),
		tuck->target.path, stack ?: _("nothing that is mounted"));
	return -EBUSY;
}

/* Returns how many places were left on the old version; they are named in the outcome. */
static int verify_elsewhere(struct mnttuck *tuck, const struct expectations *expectations)
{
	_cleanup_(cleanup_namespaces) struct namespaces *namespaces = NULL;
	_cleanup_free_ char *left = NULL;
	int count = 0, r = expectations->count ? namespaces_read(&namespaces) : 0;

	if (r < 0 && !namespaces)
		return fail_unverified(tuck, r);
	for (size_t i = 0; i < expectations->count; i++) {
		if (!is_there(namespaces, &expectations->list[i]))
			continue;
		count++;
		text_add(&left, ", ", expectations->list[i].text);
	}
	if (count)
		operation_tell(tuck, _("revealed, but the old version stays at %s"),
			left ?: _("some place"));
	return count;
}

int mnttuck_reveal(struct mnttuck *tuck)
{
	_cleanup_(expectations_clear) struct expectations expectations = {0};
	_cleanup_free_ char *path = NULL;
	uint64_t beneath_id;
	int beneath_short_id, r;

	if (!(tuck->operations & MNTTUCK_REVEAL) || !tuck->target.path ||
		operation_acts(tuck) & OF_TUCK)
		return -EINVAL;
	if (tuck->is_revealed)
		return -EALREADY;
	operation_forget(tuck);
	free(steal_pointer(&tuck->outcome));
	r = rules_check(tuck, RULES_FIRST);
	if (r == 0)
		r = note_expectations(tuck, &expectations);
	if (r < 0)
		return r;
	if (mount_target(tuck->target.mount)) {
		path = strdup(mount_target(tuck->target.mount));
		if (!path)
			return -ENOMEM;
	}
	beneath_id = tuck->target.parent ? tuck->target.parent->id : 0;
	beneath_short_id = tuck->target.parent ? tuck->target.parent->short_id : 0;
	r = unmount(tuck->target.fd);
	if (r < 0) {
		int explained;

		tuck->kernel_error = r;
		operation_forget(tuck);
		explained = rules_check(tuck, RULES_ALL);
		return explained < 0 ? explained : r;
	}
	tuck->is_revealed = true;
	r = verify_here(tuck, path, beneath_id, beneath_short_id);
	return r < 0 ? r : verify_elsewhere(tuck, &expectations);
}

int mnttuck_is_revealed(const struct mnttuck *tuck)
{
	return tuck->is_revealed;
}

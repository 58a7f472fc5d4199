/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tuck: attaches the source beneath the top mount at the target.
 *
 * In this order: rules, source, attach, propagation, verify. A refusal ends it with nothing
 * changed.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "attach-propagation.h"
#include "detach.h"
#include "i18n.h"
#include "libmnttuck.h"
#include "operation.h"
#include "outcome.h"
#include "rules.h"
#include "snapshot-read.h"
#include "util.h"

/* Whether @mount is below the new mount, and not on the top mount that now covers it. */
static bool is_submount(const struct mnttuck *tuck, const struct mount *mount)
{
	while (mount && mount->short_id != tuck->progress.attached.short_id) {
		if (mount->short_id == tuck->wish.target.identity.short_id)
			return false;
		mount = mount->parent;
	}
	return mount != NULL;
}

/* Submounts are reached by their paths from the new mount's root. */
static int set_propagation_of_submounts(struct mnttuck *tuck)
{
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	struct mount *new, *mount;
	int r = snapshot_read(SNAPSHOT_FULL, &snapshot);

	new = r < 0 ? NULL : snapshot_find(snapshot, tuck->progress.attached.short_id);
	if (!new)
		return r < 0 ? r : -ENOENT;
	snapshot_for_each (mount, snapshot) {
		_cleanup_close_ int fd = -1;
		struct mount_identity identity;
		const char *path = mount_target(mount) + strlen(mount_target(new));

		if (mount == new || !is_submount(tuck, mount))
			continue;
		fd = kernel_open_path(tuck->source.fd, path + strspn(path, "/"));
		r = fd < 0 ? fd : kernel_identify(fd, "", AT_EMPTY_PATH, &identity);
		/* If submounts are stacked, the path leads to the uppermost. */
		if (r == 0 && identity.is_root)
			r = kernel_set_attributes(fd, false, 0, 0, tuck->wish.propagation);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The descriptor still leads to the new mount, although the top mount covers it. */
static int make_propagation(struct mnttuck *tuck)
{
	const struct wish *wish = &tuck->wish;
	int r;

	/* By propagation the new mount can't be reached; the rules have made sure that it arrived
	 * with the propagation that was asked for. */
	if (!wish->propagation || progress_way(&tuck->progress) == ATTACH_BY_PROPAGATION)
		return 0;
	r = kernel_set_attributes(tuck->source.fd, false, 0, 0, wish->propagation);
	if (r == 0 && wish->propagation_is_recursive)
		r = set_propagation_of_submounts(tuck);
	if (r < 0)
		report_say(&tuck->report,
			_("attached as mount %d, but its propagation could not be set: %s"),
			tuck->progress.attached.short_id, strerror(-r));
	return r;
}

static int attach_arriving(struct mnttuck *tuck)
{
	_cleanup_close_ int lock = attach_lock();
	struct attach_target target;
	int r;

	(void)lock;
	/* The propagation of the parent decides what is done to it, so it is read under the lock.
	 */
	facts_free(&tuck->facts);
	r = facts_read_target(&tuck->facts);
	r = r < 0 ? r : facts_attach_target(&tuck->facts, &target);
	r = r < 0 ? r : attach_by_propagation(&target, tuck->source.fd);
	if (r < 0)
		return r;
	r = outcome_find_copy(&tuck->facts, &tuck->progress.attached);
	if (r == -EAGAIN) /* the parent left its peer group in that moment */
		return r;
	tuck->progress.is_attached = true;
	if (r < 0)
		tuck->progress.attached = (struct mount_identity){0};
	return 0;
}

static int attach_source(struct mnttuck *tuck)
{
	int r;

	if (progress_way(&tuck->progress) == ATTACH_BY_PROPAGATION)
		return attach_arriving(tuck);
	r = attach_by_flag(tuck->source.fd, tuck->wish.target.fd);
	tuck->progress.is_attached = r == 0;
	return r;
}

/* In a clone that is still detached every mount is reached, also one that another covers. Under a
 * shared parent all would become shared when they are attached. */
static int make_propagation_of_clone(struct mnttuck *tuck)
{
	const struct wish *wish = &tuck->wish;

	if (!wish->propagation || !wish->propagation_is_recursive || wish->kind == SOURCE_MOVE ||
		progress_way(&tuck->progress) == ATTACH_BY_PROPAGATION ||
		!tuck->facts.target.parent || tuck->facts.target.parent->group)
		return 0;
	return kernel_set_attributes(
		tuck->source.fd, /* recursive= */ true, 0, 0, wish->propagation);
}

/* If a copy of a mount that was to be moved has been attached, unmount the original. */
static int unmount_original(struct mnttuck *tuck)
{
	const struct wish *wish = &tuck->wish;
	int r;

	if (wish->kind != SOURCE_MOVE || source_is_moved(wish, progress_way(&tuck->progress)))
		return 0;
	r = detach_in_child(wish->source.fd);
	if (r < 0)
		report_say(&tuck->report,
			_("attached as mount %d, but %s could not be unmounted: %s"),
			tuck->progress.attached.short_id, wish->source.path, strerror(-r));
	return r;
}

/* The kernel refused what the rules accept: read everything anew and find out why. */
static int explain_attach(struct mnttuck *tuck, int error)
{
	int r;

	source_restore(&tuck->source, &tuck->wish, progress_way(&tuck->progress));
	tuck->progress.kernel_error = error;
	facts_free(&tuck->facts);
	r = rules_check(&tuck->facts, &tuck->report, RULES_ALL);
	return r < 0 ? r : error;
}

int mnttuck_attach(struct mnttuck *tuck)
{
	const struct wish *wish = &tuck->wish;
	int r;

	if (tuck->progress.is_attached)
		return -EALREADY;
	if (!(wish->operations & MNTTUCK_TUCK) || !wish->target.path || wish->kind == SOURCE_NONE)
		return -EINVAL;
	r = rules_check(&tuck->facts, &tuck->report, RULES_FIRST);
	if (r < 0)
		return r;
	r = source_make(&tuck->source, wish, progress_way(&tuck->progress));
	if (r == 0)
		r = kernel_identify(tuck->source.fd, "", AT_EMPTY_PATH, &tuck->progress.attached);
	if (r == 0)
		r = make_propagation_of_clone(tuck);
	if (r == 0)
		r = attach_source(tuck);
	if (r < 0)
		return explain_attach(tuck, r);
	rules_accept(wish, &tuck->report);
	r = unmount_original(tuck);
	r = r < 0 ? r : make_propagation(tuck);
	return r < 0 ? r : outcome_of_tuck(&tuck->facts, &tuck->report);
}

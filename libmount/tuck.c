/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tuck: attaches the source beneath the top mount at the target.
 *
 * In this order: rules, source, attach, propagation, verify. A refusal ends it with nothing
 * changed. Nothing that an earlier call has read is used: the rules read all anew, and if a mount
 * came or went while they did, they read it again.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "attach-propagation.h"
#include "detach.h"
#include "enter.h"
#include "i18n.h"
#include "libmnttuck.h"
#include "operation.h"
#include "outcome.h"
#include "rules.h"
#include "snapshot-read.h"
#include "util.h"

static int attached_id(struct mnttuck *tuck)
{
	return progress_attached_id(&tuck->progress, tuck->source.fd);
}

/* Whether @mount is below the new mount, and not on the top mount that now covers it. */
static bool is_submount(const struct mnttuck *tuck, const struct mount *mount)
{
	while (mount && mount->short_id != tuck->progress.attached.short_id) {
		if (mount->short_id == tuck->facts.target.mount->short_id)
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
	/* Not from mountinfo, which is slow among many slaves. */
	int r = snapshot_read(SNAPSHOT_LIGHT, &snapshot);

	new = r < 0 ? NULL : snapshot_find(snapshot, attached_id(tuck));
	if (!new)
		return r < 0 ? r : -ENOENT;
	snapshot_for_each (mount, snapshot) {
		_cleanup_close_ int fd = -1;
		struct mount_identity identity;
		const char *path;

		if (mount == new || !is_submount(tuck, mount))
			continue;
		if (!mount_target(mount) || !mount_target(new))
			return snapshot_error(snapshot) ?: -ENODATA;
		path = mount_target(mount) + strlen(mount_target(new));
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
			attached_id(tuck), strerror(-r));
	return r;
}

/* Whether the propagation of the target's parent is as it was. */
static bool parent_is_as_before(const struct facts *facts)
{
	const struct mount *parent = facts->target.parent;
	const struct mount_identity identity = mount_get_identity(parent);
	struct located now = {0};
	bool is_same = located_read(&now, &identity) == 0 && now.mount->group == parent->group &&
		       now.mount->master == parent->master;

	located_free(&now);
	return is_same;
}

static int attach_arriving(struct mnttuck *tuck)
{
	struct passage_target target;
	int killed, r = facts_attach_target(&tuck->facts, &target);

	r = r < 0 ? r : attach_by_propagation(&target, tuck->source.fd);
	/* A child that was killed can have attached it before. */
	killed = r == -EIO ? r : 0;
	if (r < 0 && !killed)
		return r;
	r = outcome_find_copy(&tuck->facts, &tuck->progress.attached);
	if (r == -EAGAIN) /* the parent left its peer group in that moment */
		return killed ?: r;
	tuck->progress.is_attached = true;
	if (r < 0)
		tuck->progress.attached = (struct mount_identity){0};
	if (!killed || parent_is_as_before(&tuck->facts))
		return 0;
	report_say(&tuck->report,
		_("attached as mount %d, but the process that did it was killed, and the parent of "
		  "the mount has another propagation than before"),
		attached_id(tuck));
	return killed;
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
	r = detach_mount(wish->source.fd);
	if (r < 0)
		report_say(&tuck->report,
			_("attached as mount %d, but %s could not be unmounted: %s"),
			attached_id(tuck), wish->source.path, strerror(-r));
	return r;
}

static int explain_attach(struct mnttuck *tuck, int error)
{
	source_restore(&tuck->source);
	return operation_explain(tuck, error);
}

/* The rules, the source, and then the question whether what the rules have read is still so. If
 * mounts come and go all the time, the last answer counts. */
static int decide_to_attach(struct mnttuck *tuck)
{
	enum { LOOKS = 4 };
	enum attach_way way = progress_way(&tuck->progress);
	int r;

	for (int look = 1;; look++) {
		facts_free(&tuck->facts);
		tuck->progress.kernel_error = 0;
		r = rules_check(&tuck->facts, &tuck->report, RULES_FIRST);
		if (r < 0)
			return r;
		r = source_make(&tuck->source, &tuck->wish, way,
			progress_tree(&tuck->progress, &tuck->wish));
		r = r < 0 ? r : operation_carry_over(tuck);
		if (r < 0)
			return explain_attach(tuck, r);
		r = look == 1 ? wish_confirm(&tuck->wish) : 0;
		if (r < 0) {
			source_restore(&tuck->source);
			return r;
		}
		if (look == LOOKS || !facts_have_changed(&tuck->facts))
			return 0;
		wish_tell(&tuck->wish, "mounts came or went meanwhile");
		source_restore(&tuck->source);
	}
}

static int attach_now(struct mnttuck *tuck)
{
	const struct wish *wish = &tuck->wish;
	int r = decide_to_attach(tuck);

	if (r < 0)
		return r;
	r = kernel_identify_once(tuck->source.fd, "", AT_EMPTY_PATH, &tuck->progress.attached);
	r = r < 0 ? r : make_propagation_of_clone(tuck);
	r = r < 0 ? r : attach_source(tuck);
	if (!tuck->progress.is_attached)
		return explain_attach(tuck, r);
	if (r < 0)
		return r;
	rules_accept(wish, &tuck->report);
	r = unmount_original(tuck);
	r = r < 0 ? r : make_propagation(tuck);
	return r < 0 ? r : outcome_of_tuck(&tuck->facts, tuck->source.fd, &tuck->report);
}

static int attach_locked(struct mnttuck *tuck, void *unused)
{
	_cleanup_close_ int lock = -1;
	const struct wish *wish = &tuck->wish;
	int r;

	(void)unused;
	if (tuck->progress.is_attached)
		return -EALREADY;
	if (!(wish->operations & MNTTUCK_TUCK) || !wish->target.path || wish->kind == SOURCE_NONE)
		return -EINVAL;
	/* By propagation another tuck changes the parent's propagation for a moment, which decides
	 * what is done to the parent. */
	lock = progress_lock(&tuck->progress);
	tuck->progress.holds_lock = lock >= 0;
	report_begin(&tuck->report);
	r = attach_now(tuck);
	facts_end(&tuck->facts);
	if (tuck->progress.is_attached) {
		wish_tell(wish, "attached as mount %d", attached_id(tuck));
		r = report_end(&tuck->report, r);
	}
	tuck->progress.holds_lock = false;
	return r;
}

int mnttuck_attach(struct mnttuck *tuck)
{
	KEEP_ERRNO;
	return enter_and_run(tuck->wish.namespace_fd, attach_locked, tuck, NULL);
}

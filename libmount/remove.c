/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * remove: unmounts what lies beneath the top mount, if and only if nobody sees a difference.
 *
 * The unmounts arrive by propagation (detach-propagation.h). Several mounts go one after the other,
 * always the one that lies on the base: each time the next one moves down to the base, so that no
 * mount has to be reached that others cover. Before each unmount the stack is read again.
 */
#include <errno.h>

#include "attach-propagation.h"
#include "detach-propagation.h"
#include "enter.h"
#include "libmnttuck.h"
#include "operation.h"
#include "outcome.h"
#include "rules.h"
#include "snapshot-read.h"
#include "snapshot.h"
#include "util.h"

/* The rules, what is expected, and then the question whether what the rules have read is still so.
 * If mounts come and go all the time, the last answer counts. */
static int decide_to_remove(struct mnttuck *tuck, struct expectations *expectations)
{
	enum { LOOKS = 4 };
	int r;

	for (int look = 1;; look++) {
		facts_free(&tuck->facts);
		tuck->progress.kernel_error = 0;
		r = rules_check(&tuck->facts, &tuck->report, RULES_FIRST);
		r = r < 0 ? r : expectations_note_removal(expectations, &tuck->facts);
		if (r == 0 && look == 1)
			r = wish_confirm(&tuck->wish);
		if (r < 0 || look == LOOKS || !facts_have_changed(&tuck->facts))
			return r;
		wish_tell(&tuck->wish, "mounts came or went meanwhile");
		expectations_clear(expectations);
	}
}

/* Whether @mount is one of those that are to go. */
static bool is_in_list(const struct beneath *beneath, const struct mount *mount)
{
	for (size_t i = 0; i < beneath->count; i++)
		if (beneath->list[i]->short_id == mount->short_id &&
			(!mount->id || !beneath->list[i]->id || beneath->list[i]->id == mount->id))
			return true;
	return false;
}

/* Whether what lies on the base is still a mount that is to go: walk down from the top mount, whose
 * descriptor keeps its id. -ENODATA: the top lies there already. */
static int may_go(void *argument)
{
	struct mnttuck *tuck = argument;
	const struct mount_identity *top = &tuck->wish.target.identity;
	const struct beneath *beneath = &tuck->facts.beneath;
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	struct mount *mount;
	bool is_top = true;
	int r = snapshot_read_one(top->unique_id, top->short_id, &snapshot, &mount);

	while (r == 0 && mount->short_parent_id != beneath->base->short_id) {
		struct snapshot *below = NULL;

		is_top = false;
		r = snapshot_read_parent(mount, &below, &mount);
		if (r < 0)
			break;
		snapshot_free(snapshot);
		snapshot = below;
		if (!is_in_list(beneath, mount))
			r = -EBUSY;
	}
	if (r == -ENOENT)
		r = -EBUSY;
	return r == 0 && is_top ? -ENODATA : r;
}

static size_t count_gone(const struct beneath *beneath)
{
	size_t count = 0;

	for (size_t i = 0; i < beneath->count; i++) {
		const struct mount_identity identity = mount_get_identity(beneath->list[i]);

		count += outcome_is_left(&identity) == 0;
	}
	return count;
}

static int remove_now(struct mnttuck *tuck)
{
	_cleanup_(expectations_clear) struct expectations expectations = {0};
	int r = decide_to_remove(tuck, &expectations), error;

	if (r < 0)
		return r;
	error = detach_by_propagation(&tuck->facts.beneath.passage, tuck->facts.beneath.count,
		may_go, tuck, &tuck->progress.removed);
	if (error == -ENODATA)
		error = 0;
	/* A child that was killed can have unmounted more than it has told of. */
	if (error == -EIO)
		tuck->progress.removed = count_gone(&tuck->facts.beneath);
	if (tuck->progress.removed == 0)
		return operation_explain(tuck, error ?: -EBUSY);
	wish_tell(&tuck->wish, "%zu mounts have been taken away", tuck->progress.removed);
	return outcome_of_removal(&tuck->facts, &expectations, error, &tuck->report, &tuck->places);
}

static int remove_locked(struct mnttuck *tuck, void *unused)
{
	const unsigned int operations = MNTTUCK_REMOVE_BENEATH | MNTTUCK_REMOVE_ALL;
	_cleanup_close_ int lock = -1;
	int r;

	(void)unused;
	if (!(tuck->wish.operations & operations) || !tuck->wish.target.path)
		return -EINVAL;
	if (tuck->progress.removed)
		return -EALREADY;
	/* Another operation by propagation changes the propagation of the parent for a moment. */
	lock = attach_lock();
	tuck->progress.holds_lock = lock >= 0;
	report_begin(&tuck->report);
	r = remove_now(tuck);
	facts_end(&tuck->facts);
	if (tuck->progress.removed)
		r = report_end(&tuck->report, r);
	tuck->progress.holds_lock = false;
	return r;
}

int mnttuck_remove_beneath(struct mnttuck *tuck)
{
	KEEP_ERRNO;
	return enter_and_run(tuck->wish.namespace_fd, remove_locked, tuck, NULL);
}

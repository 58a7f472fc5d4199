/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * reveal: unmounts the top mount, if and only if the mount beneath it will be the one that shows.
 *
 * umount2(2) by a descriptor unmounts the mount that lies on top of it by then. So the rules are
 * checked immediately before, and again if a mount came or went while they were; the outcome is
 * verified afterwards, and only then put into words. With MNTTUCK_EXACT the unmount arrives by
 * propagation, which takes no other mount (detach-exact.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "detach-exact.h"
#include "detach.h"
#include "enter.h"
#include "libmnttuck.h"
#include "namespaces.h"
#include "operation.h"
#include "outcome.h"
#include "own-flags.h"
#include "rules.h"
#include "snapshot.h"
#include "util.h"

/* The rules, what is expected, and then the question whether what the rules have read is still so.
 * If mounts come and go all the time, the last answer counts. */
static int decide_to_unmount(struct mnttuck *tuck, struct expectations *expectations,
	struct own_flags *own_flags, bool asks_caller)
{
	enum { LOOKS = 4 };
	int r;

	for (int look = 1;; look++) {
		facts_free(&tuck->facts);
		tuck->progress.kernel_error = 0;
		r = rules_check(&tuck->facts, &tuck->report, RULES_FIRST);
		r = r < 0 ? r : expectations_note(expectations, &tuck->facts);
		r = r < 0 ? r : own_flags_note(own_flags, &tuck->facts);
		if (r == 0 && look == 1 && asks_caller)
			r = wish_confirm(&tuck->wish);
		if (r == 0 && look < LOOKS && facts_have_changed(&tuck->facts)) {
			wish_tell(&tuck->wish, "mounts came or went meanwhile");
			expectations_clear(expectations);
			own_flags_clear(own_flags);
			continue;
		}
		return r;
	}
}

/* For mnttuck_find(). */
static void note_old_version(struct mnttuck *tuck)
{
	struct mount *top = tuck->facts.target.mount;

	if (tuck->progress.old_root || !top || !mount_root(top))
		return;
	tuck->progress.old_device = mount_device(top);
	tuck->progress.old_root = strdup(mount_root(top));
	tuck->progress.old_flags = top->flags;
}

/* A descriptor of the mount beneath, if this operation has tucked it. By propagation the new mount
 * is a copy of the source. */
static int descriptor_of_beneath(const struct mnttuck *tuck)
{
	const struct mount *beneath = tuck->facts.target.parent;
	const struct mount_identity known = mount_get_identity(beneath);
	struct mount_identity identity;

	if (tuck->source.fd < 0 || !tuck->progress.is_attached ||
		kernel_identify(tuck->source.fd, "", AT_EMPTY_PATH, &identity) < 0 ||
		!mount_identity_is_same(&identity, &known) || !identity.is_root)
		return -1;
	return tuck->source.fd;
}

/* Whether others have mounted on the top mount, or over it. False also before statmount. */
static bool top_has_mounts(const struct mnttuck *tuck)
{
	_cleanup_free_ uint64_t *ids = NULL;
	size_t count = 0;

	return tuck->wish.target.identity.unique_id &&
	       kernel_listmount_below(tuck->wish.target.identity.unique_id, 0, &ids, &count) == 0 &&
	       count > 0;
}

/* Whether the top mount still lies on the mount that the rules have found beneath it, and that one
 * is in the same peer group. If mounts are on the top, it would stay or they would show. */
static int top_may_go(void *argument)
{
	const struct mnttuck *tuck = argument;
	const struct mount *beneath = tuck->facts.target.parent;
	const struct mount_identity identity = mount_get_identity(beneath);
	struct located now = {0};
	int r = located_read(&now, &identity);

	if (r == 0 && now.mount->group != beneath->group)
		r = -EBUSY;
	located_free(&now);
	if (r == 0 && (!facts_are_steady(&tuck->facts) || top_has_mounts(tuck)))
		r = -EBUSY;
	return r == -ENOENT ? -EBUSY : r;
}

/* -EBUSY: nothing has changed, since others mounted or unmounted there. */
static int unmount_exactly(struct mnttuck *tuck)
{
	const struct namespaces *namespaces = tuck->facts.namespaces;
	const struct mount *beneath = tuck->facts.target.parent;
	const struct exact_target target = {
		.top = tuck->wish.target.fd,
		.top_id = tuck->wish.target.identity.unique_id,
		.namespace_id = namespaces ? namespaces->list[0].id : 0,
		.path = mount_target(tuck->facts.target.mount),
		.beneath = descriptor_of_beneath(tuck),
		.beneath_group = beneath->group,
	};
	int is_left, r = detach_exactly(&target, top_may_go, tuck);

	if (r != 0 && r != -EIO)
		return r;
	is_left = outcome_is_left(&tuck->wish.target.identity);
	/* EIO: the child was killed, before or after the unmount. 0: the unmount was made, but on
	 * a kernel that the child can't ask, a top mount that others have mounted on may have
	 * stayed. */
	return is_left == 1 || (is_left != 0 && r == -EIO) ? -EBUSY : 0;
}

static int unmount_top(struct mnttuck *tuck)
{
	int r;

	if (tuck->wish.operations & MNTTUCK_EXACT)
		return unmount_exactly(tuck);
	r = detach_mount(tuck->wish.target.fd);
	/* A child that was killed can have unmounted it before. */
	return r == -EIO && outcome_is_left(&tuck->wish.target.identity) == 0 ? 0 : r;
}

/* The rules, and the unmount; again if others came between. */
static int decide_and_unmount(
	struct mnttuck *tuck, struct expectations *expectations, struct own_flags *own_flags)
{
	enum { TRIES = 8 };
	int r;

	for (int try = 1;; try++) {
		r = decide_to_unmount(tuck, expectations, own_flags, try == 1);
		if (r < 0)
			return r;
		note_old_version(tuck);
		r = unmount_top(tuck);
		if (r != -EBUSY || try == TRIES)
			return r < 0 ? operation_explain(tuck, r) : r;
		wish_tell(&tuck->wish, "others mounted or unmounted there");
		expectations_clear(expectations);
		own_flags_clear(own_flags);
	}
}

static int reveal_now(struct mnttuck *tuck)
{
	_cleanup_(expectations_clear) struct expectations expectations = {0};
	_cleanup_(own_flags_clear) struct own_flags own_flags = {0};
	int error, r = decide_and_unmount(tuck, &expectations, &own_flags);

	if (r < 0)
		return r;
	tuck->progress.is_revealed = true;
	own_flags_set(&own_flags);
	wish_tell(&tuck->wish, "the top mount %d has been unmounted",
		tuck->facts.target.mount->short_id);
	r = outcome_of_reveal(&tuck->facts, &expectations, &tuck->report, &tuck->places);
	error = own_flags_report(&own_flags, &tuck->report);
	return r != 0 ? r : error;
}

static int reveal(struct mnttuck *tuck, void *unused)
{
	const struct wish *wish = &tuck->wish;
	int r;

	(void)unused;
	if (!(wish->operations & MNTTUCK_REVEAL) || !wish->target.path ||
		progress_acts(&tuck->progress, wish) & OF_TUCK)
		return -EINVAL;
	if (tuck->progress.is_revealed)
		return -EALREADY;
	report_begin(&tuck->report);
	r = reveal_now(tuck);
	facts_end(&tuck->facts);
	if (tuck->progress.is_revealed)
		r = report_end(&tuck->report, r);
	return r;
}

int mnttuck_reveal(struct mnttuck *tuck)
{
	KEEP_ERRNO;
	return enter_and_run(tuck->wish.namespace_fd, reveal, tuck, NULL);
}

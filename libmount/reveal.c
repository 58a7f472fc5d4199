/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * reveal: unmounts the top mount, if and only if the mount beneath it will be the one that shows.
 *
 * There is no exact unmount: umount2(2) by a descriptor unmounts the mount that lies on top of it
 * by then. So the rules are checked immediately before, and again if a mount came or went while
 * they were; the outcome is verified afterwards, and only then put into words.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "detach.h"
#include "enter.h"
#include "libmnttuck.h"
#include "operation.h"
#include "outcome.h"
#include "own-flags.h"
#include "rules.h"
#include "snapshot.h"
#include "util.h"

/* The rules, what is expected, and then the question whether what the rules have read is still so.
 * If mounts come and go all the time, the last answer counts. */
static int decide_to_unmount(
	struct mnttuck *tuck, struct expectations *expectations, struct own_flags *own_flags)
{
	enum { LOOKS = 4 };
	int r;

	for (int look = 1;; look++) {
		facts_free(&tuck->facts);
		tuck->progress.kernel_error = 0;
		r = rules_check(&tuck->facts, &tuck->report, RULES_FIRST);
		r = r < 0 ? r : expectations_note(expectations, &tuck->facts);
		r = r < 0 ? r : own_flags_note(own_flags, &tuck->facts);
		if (r == 0 && look == 1)
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

static int reveal_now(struct mnttuck *tuck)
{
	_cleanup_(expectations_clear) struct expectations expectations = {0};
	_cleanup_(own_flags_clear) struct own_flags own_flags = {0};
	int error, r = decide_to_unmount(tuck, &expectations, &own_flags);

	if (r < 0)
		return r;
	note_old_version(tuck);
	r = detach_mount(tuck->wish.target.fd);
	/* A child that was killed can have unmounted it before. */
	if (r == -EIO && outcome_is_gone(&tuck->wish.target.identity))
		r = 0;
	if (r < 0)
		return operation_explain(tuck, r);
	tuck->progress.is_revealed = true;
	own_flags_set(&own_flags);
	wish_tell(&tuck->wish, "the top mount %d has been unmounted",
		operand_short_id(&tuck->wish.target));
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

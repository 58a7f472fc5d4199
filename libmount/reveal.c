/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * reveal: unmounts the top mount, if and only if the mount beneath it will be the one that shows.
 *
 * There is no exact unmount: umount2(2) by a descriptor unmounts the mount that lies on top of it
 * by then. So the rules are checked immediately before, and the outcome is verified afterwards.
 */
#include <errno.h>
#include <stdlib.h>

#include "detach.h"
#include "libmnttuck.h"
#include "operation.h"
#include "outcome.h"
#include "own-flags.h"
#include "rules.h"
#include "util.h"

/* The kernel refused what the rules accept: read everything anew and find out why. */
static int explain_unmount(struct mnttuck *tuck, int error)
{
	int r;

	tuck->progress.kernel_error = error;
	facts_free(&tuck->facts);
	r = rules_check(&tuck->facts, &tuck->report, RULES_ALL);
	return r < 0 ? r : error;
}

int mnttuck_reveal(struct mnttuck *tuck)
{
	_cleanup_(expectations_clear) struct expectations expectations = {0};
	_cleanup_(own_flags_clear) struct own_flags own_flags = {0};
	const struct wish *wish = &tuck->wish;
	int r, error;

	if (!(wish->operations & MNTTUCK_REVEAL) || !wish->target.path ||
		progress_acts(&tuck->progress, wish) & OF_TUCK)
		return -EINVAL;
	if (tuck->progress.is_revealed)
		return -EALREADY;
	facts_free(&tuck->facts);
	free(steal_pointer(&tuck->report.outcome));
	r = rules_check(&tuck->facts, &tuck->report, RULES_FIRST);
	if (r == 0)
		r = expectations_note(&expectations, &tuck->facts);
	if (r == 0)
		r = own_flags_note(&own_flags, &tuck->facts);
	if (r < 0)
		return r;
	r = detach_mount(wish->target.fd);
	if (r < 0)
		return explain_unmount(tuck, r);
	tuck->progress.is_revealed = true;
	own_flags_set(&own_flags);
	r = outcome_of_reveal(&tuck->facts, &expectations, &tuck->report);
	error = own_flags_report(&own_flags, &tuck->report);
	return r != 0 ? r : error;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "umount/umount-carry.h"

#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "cli/start.h"
#include "i18n.h"
#include "kernel.h"
#include "libmnttuck.h"
#include "probe.h"
#include "tuck/act.h"
#include "tuck/tuck-report.h"
#include "utab/utab.h"
#include "util.h"

/* The same act with other operations, and its target. Returns 0, or after a message the status. */
static int open_act(const struct act *model, unsigned int operations, struct act *act)
{
	*act = *model;
	act->operations = operations;
	act->place = NULL;
	act->tuck = act_new(operations);
	return act_set_target(act);
}

static void close_act(struct act *act)
{
	mnttuck_free(act->tuck);
	free(act->place);
}

/* Check that what lies beneath could be revealed if nothing were mounted on the top, and clone it.
 * Returns 0 and @clone, or after a message the exit status. */
static int clone_what_shows(const struct act *model, int *clone)
{
	struct act act;
	int r, status = open_act(model, model->operations, &act);

	if (status == 0) {
		mnttuck_skip_rule(act.tuck, "reveal-children");
		r = mnttuck_check(act.tuck);
		status = r < 0 ? act_fail(&act, r) : 0;
	}
	if (status == 0) {
		*clone = probe_clone_beneath(act.place);
		if (*clone < 0) {
			warnx(_("%s: what lies beneath can't be cloned: %s"), act.target,
				strerror(-*clone));
			status = MNT_EX_FAIL;
		}
	}
	close_act(&act);
	return status;
}

static int attach_and_reveal(struct act *act)
{
	int error, r, status = act_begin(act, /* at_once= */ true);

	if (status != 0)
		return status;
	r = mnttuck_attach(act->tuck);
	if (!mnttuck_is_attached(act->tuck))
		return act_fail(act, r);
	if (r != 0) {
		report_outcome(act->target,
			mnttuck_get_outcome(act->tuck) ?: _("tucked, but not all was done"));
		return MNT_EX_SOMEOK;
	}
	status = act_reveal(act, &error);
	if (!error)
		return status;
	warnx(_("%s: a clone of what lies beneath, with the mounts on the top, is tucked; but the "
		"top mount stays"),
		act->target);
	act_fail(act, error);
	return MNT_EX_SOMEOK;
}

/* Take away what the clone stands for, also if not all of the reveal was as it was meant. Its line
 * in utab is the clone's now. */
static int remove_origin(const struct act *reveal)
{
	struct mount_identity shown;
	struct act act;
	int error = 0, status = open_act(reveal, MNTTUCK_REMOVE_BENEATH, &act);
	size_t lines = status == 0 && reveal->keeps_utab ? utab_count(act.place) : 0;

	if (lines && kernel_identify(AT_FDCWD, act.place, 0, &shown) == 0)
		utab_settle(act.place, lines - 1, shown.short_id);
	act.keeps_utab = act.is_verbose = act.frees_loop = false;
	status = status ?: act_remove(&act, &error);
	if (error) {
		warnx(_("%s: revealed, with the mounts on the old top; but what was beneath is "
			"still "
			"there, beneath its clone"),
			act.target);
		act_fail(&act, error);
		status = MNT_EX_SOMEOK;
	}
	close_act(&act);
	return status;
}

int umount_carry(const struct act *model, bool is_fake)
{
	_cleanup_close_ int clone = -1;
	struct act act;
	int status = clone_what_shows(model, &clone);

	if (status != 0)
		return status;
	status = open_act(model, model->operations | MNTTUCK_TUCK | MNTTUCK_CARRY, &act);
	act.finish = remove_origin;
	if (status == 0 && mnttuck_set_source_tree(act.tuck, clone, _("what lies beneath")) < 0)
		out_of_memory();
	if (status == 0)
		status = is_fake ? act_fake(&act) : attach_and_reveal(&act);
	close_act(&act);
	return status;
}

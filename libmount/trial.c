/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * trial: hands the new mount to a function of the caller's that tries it, before it is attached.
 *
 * The rules come first, so nothing is tried that would be refused. What is tried is what would be
 * attached: made private, with its flags.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "enter.h"
#include "libmnttuck.h"
#include "operation.h"
#include "rules.h"
#include "util.h"

struct trial {
	mnttuck_trial run;
	void *data;
};

/* A tree that the caller of the library made exists once. If the trial has attached it, the clone
 * of it takes its place; not if the trial got a copy of it, with the carried mounts (@is_copy):
 * mounts that the source has already are not carried, and leave their groups. */
static void take_clone(struct mnttuck *tuck, int clone, bool is_copy)
{
	if (clone < 0)
		return;
	if (tuck->wish.kind != SOURCE_TREE || is_copy) {
		close(clone);
		return;
	}
	if (tuck->progress.origin >= 0)
		close(tuck->progress.origin);
	tuck->progress.origin = clone;
}

/* A mount that is to be moved stays where it is; a clone of it is tried. */
static int hand_over_tree(
	struct mnttuck *tuck, const struct trial *trial, bool is_moved, bool is_copy)
{
	_cleanup_close_ int copy = -1;
	int r, clone = -1;

	if (is_moved) {
		copy = kernel_open_tree(
			tuck->source.fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | AT_RECURSIVE);
		if (copy < 0)
			return copy;
	}
	r = trial->run(trial->data, is_moved ? copy : tuck->source.fd, &clone);
	take_clone(tuck, clone, is_copy);
	return r;
}

static int try(struct mnttuck *tuck, void *trial)
{
	enum attach_way way = progress_way(&tuck->progress);
	int r;

	report_begin(&tuck->report);
	tuck->progress.kernel_error = 0;
	r = rules_check(&tuck->facts, &tuck->report, RULES_FIRST);
	r = r < 0 ? r
		  : source_make(&tuck->source, &tuck->wish, way,
			    progress_tree(&tuck->progress, &tuck->wish));
	r = r < 0 ? r : operation_carry_over(tuck);
	facts_free(&tuck->facts);
	if (r >= 0)
		r = hand_over_tree(tuck, trial, source_is_moved(&tuck->wish, way),
			/* is_copy= */ r == 1);
	source_restore(&tuck->source);
	return r;
}

int mnttuck_try(struct mnttuck *tuck, mnttuck_trial trial, void *data)
{
	KEEP_ERRNO;
	struct trial argument = {trial, data};
	const struct wish *wish = &tuck->wish;

	if (tuck->progress.is_attached)
		return -EALREADY;
	if (!(wish->operations & MNTTUCK_TUCK) || !wish->target.path || wish->kind == SOURCE_NONE)
		return -EINVAL;
	return enter_and_run(wish->namespace_fd, try, tuck, &argument);
}

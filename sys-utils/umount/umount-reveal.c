/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "umount/umount-reveal.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/interrupt.h"
#include "cli/start.h"
#include "i18n.h"
#include "libmnttuck.h"
#include "tuck/act.h"
#include "tuck/tuck-report.h"
#include "util.h"

/* All targets are in the same namespace, and nothing is done in the caller's afterwards. */
static int enter_namespace(const char *path)
{
	static bool is_there;
	_cleanup_close_ int fd = -1;

	if (!path || is_there)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNS) < 0) {
		warn(_("failed to set target namespace to %s"), path);
		return MNT_EX_SYSERR;
	}
	is_there = true;
	return 0;
}

static int say_failure(const struct reveal_request *request, struct mnttuck *tuck, int r)
{
	const struct mnttuck_refusal *refusal = mnttuck_get_refusal(tuck);

	if (!refusal) {
		warnx(_("%s: cannot reveal here: %s"), request->target, strerror(-r));
		return r == -ENOMEM ? MNT_EX_SYSERR : MNT_EX_FAIL;
	}
	if (!request->quiet || strcmp(refusal->rule, "target-mounted") != 0)
		report_refusal(refusal, MNTTUCK_REVEAL, request->target);
	return refusal->error == -EPERM ? MNT_EX_USAGE : MNT_EX_FAIL;
}

static int run_fake(const struct reveal_request *request, struct mnttuck *tuck)
{
	int r = mnttuck_explain(tuck);

	if (request->verbose) {
		report_checks(tuck);
		if (r == 0 && report_foresee(tuck, request->target) < 0)
			return MNT_EX_SYSERR;
		if (r == 0)
			report_places(tuck, MNTTUCK_REVEAL);
	}
	return r < 0 ? say_failure(request, tuck, r) : MNT_EX_SUCCESS;
}

static int run(
	struct libmnt_context *context, const struct reveal_request *request, struct mnttuck *tuck)
{
	_cleanup_free_ char *place = NULL;
	int utab_error, r;

	r = mnttuck_set_target(tuck, AT_FDCWD, request->target);
	if (r < 0)
		return say_failure(request, tuck, r);
	if (request->fake)
		return run_fake(request, tuck);
	place = place_of(request->target);
	if (request->verbose)
		report_foresee(tuck, request->target);
	if (!interrupts_end()) {
		warnx(_("interrupted"));
		return MNT_EX_USER;
	}
	r = reveal(tuck, place, !mnt_context_is_nomtab(context), &utab_error);
	if (r < 0 && !mnttuck_is_revealed(tuck))
		return say_failure(request, tuck, r);
	if (request->verbose) {
		report_checks(tuck);
		report_places(tuck, MNTTUCK_REVEAL);
	}
	report_lost(tuck, request->target);
	if (r != 0) {
		report_outcome(request->target, mnttuck_get_outcome(tuck) ?: _("revealed in part"));
		return MNT_EX_SOMEOK;
	}
	if (request->verbose)
		printf(_("%s: %s revealed.\n"), program_invocation_short_name, request->target);
	if (utab_error == 0)
		return MNT_EX_SUCCESS;
	warnx(_("%s: revealed, but /run/mount/utab could not be brought up to date"),
		request->target);
	return MNT_EX_FILEIO;
}

int umount_reveal(struct libmnt_context *context, const struct reveal_request *request)
{
	struct mnttuck *tuck = NULL;
	int status;

	interrupts_catch();
	status = enter_namespace(request->mntns);
	if (status != 0)
		return status;
	if (mnttuck_new(&tuck) < 0)
		out_of_memory();
	mnttuck_set_operations(
		tuck, MNTTUCK_REVEAL | (request->force ? (unsigned int)MNTTUCK_FORCE : 0));
	status = run(context, request, tuck);
	mnttuck_free(tuck);
	return status;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The check whether what a reveal would show answers: a filesystem whose server has died, or hangs,
 * must not take the place of one that works.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "checks.h"
#include "commands.h"
#include "facts.h"
#include "findings.h"
#include "i18n.h"
#include "probe.h"
#include "progress.h"
#include "snapshot.h"
#include "util.h"
#include "wish.h"

/* An error that a server that works may give, too. */
static bool is_an_answer(int error)
{
	return error == 0 || error == -ENOSYS || error == -EOPNOTSUPP || error == -EACCES ||
	       error == -EPERM;
}

/* Ask the filesystem that would show, once for each rules_check(), which can check the rule several
 * times. @error: the error of statfs(2). Returns 0, or -errno: it could not be asked. */
static int ask_what_would_show(struct facts *facts, int *error)
{
	struct progress *progress = facts->progress;
	const struct wish *wish = facts->wish;
	const char *target = facts->target.mount ? mount_target(facts->target.mount) : NULL;

	if (!progress->has_asked) {
		progress->has_asked = true;
		progress->answer = 0;
		if (wish->operations & MNTTUCK_TUCK)
			progress->asked = probe_answers(wish->source.fd, &progress->answer);
		else
			progress->asked = target ? probe_answers_beneath(target, &progress->answer)
						 : -ENODATA;
	}
	*error = progress->answer;
	return progress->asked;
}

int check_reveal_answers(struct facts *facts, struct finding *finding)
{
	const struct wish *wish = facts->wish;
	bool is_of_tuck = wish->operations & MNTTUCK_TUCK;
	int r, error;

	/* A source that has yet to be mounted, or that is accepted as it is. */
	if ((is_of_tuck && wish->kind == SOURCE_NONE) || wish->operations & MNTTUCK_FORCE)
		return MNTTUCK_UNCHECKED;
	r = ask_what_would_show(facts, &error);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		finding_detail(
			finding, _("it can't be asked whether it answers: %s"), strerror(-r));
		return MNTTUCK_UNCHECKED;
	}
	if (is_an_answer(error))
		return MNTTUCK_OK;
	if (error == -ETIMEDOUT)
		finding_detail(finding,
			is_of_tuck ? _("the new version has not answered for two seconds")
				   : _("the mount beneath has not answered for two seconds"));
	else
		finding_detail(finding,
			is_of_tuck ? _("the new version does not answer: %s")
				   : _("the mount beneath does not answer: %s"),
			strerror(-error));
	if (is_of_tuck && !facts->progress->is_attached)
		finding_remedy(finding, _("See to it that its server works; or show it as it is:"));
	else
		finding_remedy(finding,
			_("Tuck a version that answers, which is shown then; or show this one as "
			  "it is:"));
	finding_force(finding, facts);
	return MNTTUCK_REFUSED;
}

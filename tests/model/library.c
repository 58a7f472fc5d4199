/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A job through the library's public API, as any program would use it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "attach.h"
#include "inside.h"
#include "kernel.h"
#include "play.h"
#include "util.h"

/* ---- in words ---- */

static const char *const how_words[] = {
	[MNTTUCK_BIND] = "--bind ",
	[MNTTUCK_RBIND] = "--rbind ",
	[MNTTUCK_MOVE] = "--move ",
};

static const char *propagation_words(unsigned long propagation)
{
	switch (propagation) {
	case MS_SHARED:
		return "--make-shared ";
	case MS_SLAVE:
		return "--make-slave ";
	case MS_PRIVATE:
		return "--make-private ";
	case MS_UNBINDABLE:
		return "--make-unbindable ";
	default:
		return "";
	}
}

static const char *reveal_words(const struct job *job)
{
	if (!job->is_reveal)
		return "";
	if (!job->by_library)
		return job->is_tuck ? "" : "--lazy ";
	return job->is_forced ? "--reveal=force " : "--reveal ";
}

void library_note(struct world *world, const struct job *job, const struct outcome *outcome)
{
	const char *end = outcome->error == 0 ? "done" : outcome->rule;

	if (job->is_beneath) {
		note(world, 0, "umount --beneath%s %s  # %s", job->takes_all ? "=all" : "",
			job->target, end);
		return;
	}
	if (!job->is_tuck) {
		note(world, 0, "umount %s%s  # %s", reveal_words(job), job->target, end);
		return;
	}
	note(world, 0, "%smount --tuck%s %s%s%s%s%s %s%s  # %s",
		job->by_propagation ? "LIBMNTTUCK_ATTACH=propagation " : "",
		job->rules == MNTTUCK_KERNEL ? "=kernel" : "", job->is_carried ? "--carry " : "",
		reveal_words(job), propagation_words(job->propagation),
		job->is_new ? "-t tmpfs " : how_words[job->how], job->is_new ? "new" : job->source,
		job->target, job->is_reveal && !job->by_library ? " && umount --lazy" : "", end);
}

/* ---- the calls ---- */

static unsigned int operations(const struct job *job)
{
	unsigned int wanted = job->is_tuck ? MNTTUCK_TUCK : 0;

	if (job->is_beneath)
		return job->takes_all ? MNTTUCK_REMOVE_ALL : MNTTUCK_REMOVE_BENEATH;

	if (job->is_carried)
		wanted |= MNTTUCK_CARRY;
	if (job->is_reveal && job->by_library)
		wanted |= MNTTUCK_REVEAL | (job->is_forced ? MNTTUCK_FORCE : 0);
	return wanted;
}

static struct mnttuck *prepare(struct world *world, const struct job *job, int tree)
{
	struct mnttuck *tuck;
	int r = mnttuck_new(&tuck);

	attach_use_environment();
	if (job->by_propagation)
		setenv("LIBMNTTUCK_ATTACH", "propagation", 1);
	else
		unsetenv("LIBMNTTUCK_ATTACH");
	if (r == 0)
		r = mnttuck_set_operations(tuck, operations(job));
	if (r == 0)
		r = mnttuck_set_rules(tuck, job->rules);
	if (r == 0)
		r = mnttuck_set_target(tuck, AT_FDCWD, job->target);
	if (r == 0 && job->is_tuck)
		r = job->is_new ? mnttuck_set_source_tree(tuck, tree, "new")
				: mnttuck_set_source(tuck, AT_FDCWD, job->source, job->how);
	if (r == 0 && job->is_tuck)
		r = mnttuck_set_propagation(tuck, job->propagation, 0);
	if (r == 0 && job->is_skipped)
		r = mnttuck_skip_rule(tuck, "beneath-shown");
	if (r < 0)
		give_up(world, "the library");
	return tuck;
}

/* Whether the place is in the namespace that the model itself runs in. That has the /proc of which
 * the cases have copies, and it is none of those that are compared. */
static bool is_outside(const struct world *world, const struct mnttuck_place *place)
{
	return (uint64_t)mnttuck_place_number(place, MNTTUCK_NAMESPACE_INODE) ==
	       world->outside_inode;
}

/* Those that may show an earlier version are not left on the old one. */
static void take_left(
	const struct world *world, const struct mnttuck *tuck, struct outcome *outcome)
{
	const struct mnttuck_place *place = NULL;

	while ((place = mnttuck_next_place(tuck, place))) {
		bool is_earlier = mnttuck_place_number(place, MNTTUCK_IS_LEFT) == 2;

		if (mnttuck_place_number(place, MNTTUCK_KIND) != MNTTUCK_LEFT)
			continue;
		if (is_earlier || is_outside(world, place))
			outcome->left--;
		if (is_earlier && world->spaces[0].id && outcome->earlier_count < EARLIER_MOST)
			outcome->earlier[outcome->earlier_count++] =
				(uint64_t)mnttuck_place_number(place, MNTTUCK_MOUNT_ID);
	}
}

static struct outcome take_outcome(const struct world *world, const struct mnttuck *tuck, int r)
{
	const struct mnttuck_refusal *refusal = mnttuck_get_refusal(tuck);
	struct outcome outcome = {.error = r < 0 ? r : 0, .left = r > 0 ? r : 0};

	if (r > 0)
		take_left(world, tuck, &outcome);
	if (r >= 0 || !refusal)
		return outcome;
	snprintf(outcome.rule, sizeof(outcome.rule), "%s",
		mnttuck_refusal_text(refusal, MNTTUCK_RULE));
	snprintf(outcome.message, sizeof(outcome.message), "%s",
		mnttuck_refusal_text(refusal, MNTTUCK_MESSAGE));
	snprintf(outcome.remedy, sizeof(outcome.remedy), "%s",
		mnttuck_refusal_text(refusal, MNTTUCK_REMEDY) ?: "");
	return outcome;
}

/* Whether a rule about other namespaces could not be checked. All namespaces of a world have a
 * process, so that those without one can't be found matters in a pid namespace alone. */
static bool has_unchecked(const struct world *world, const struct mnttuck *tuck)
{
	const struct mnttuck_check *check = NULL;

	while ((check = mnttuck_next_check(tuck, check))) {
		const char *rule = mnttuck_check_text(check, MNTTUCK_RULE);
		const char *detail = mnttuck_check_text(check, MNTTUCK_DETAIL) ?: "";
		bool is_only_unfound = world->inside != INSIDE_PID &&
				       strstr(detail, "without a process") && !strchr(detail, ';');

		if (mnttuck_check_verdict(check) == MNTTUCK_UNCHECKED && !is_only_unfound &&
			(strncmp(rule, "reveal-", 7) == 0 || strncmp(rule, "receiver-", 9) == 0 ||
				strncmp(rule, "beneath-", 8) == 0))
			return true;
	}
	return false;
}

static struct outcome explain(struct world *world, const struct job *job, int tree)
{
	struct outcome outcome = {0};
	struct mnttuck *tuck;

	if (!operations(job))
		return outcome;
	tuck = prepare(world, job, tree);
	outcome = take_outcome(world, tuck, mnttuck_explain(tuck));
	outcome.is_unchecked = has_unchecked(world, tuck);
	mnttuck_free(tuck);
	return outcome;
}

struct outcome library_explain(struct world *world, const struct job *job, int tree)
{
	return inside_call(world, explain, job, tree);
}

static struct outcome plan_places(struct world *world, const struct job *job, int tree)
{
	const struct mnttuck_place *place = NULL;
	struct mnttuck *tuck = prepare(world, job, tree);
	struct outcome outcome = {.error = mnttuck_plan(tuck)};

	while ((place = mnttuck_next_place(tuck, place))) {
		int64_t kind = mnttuck_place_number(place, MNTTUCK_KIND);

		if (kind == MNTTUCK_UNSEEN &&
			(world->inside == INSIDE_PID ||
				mnttuck_place_number(place, MNTTUCK_NAMESPACE_INODE)))
			outcome.is_unchecked = true;
		outcome.left +=
			kind != MNTTUCK_UNSEEN && kind != MNTTUCK_LOST && !is_outside(world, place);
	}
	mnttuck_free(tuck);
	return outcome;
}

size_t library_places(struct world *world, const struct job *job, int tree, bool *is_unchecked)
{
	struct outcome outcome = inside_call(world, plan_places, job, tree);

	*is_unchecked = outcome.is_unchecked;
	return (size_t)outcome.left;
}

/* Nobody else is there, so whatever is not as it was meant is the library's fault. */
static void complain_of(struct world *world, const struct mnttuck *tuck, const char *what, int r)
{
	const struct mnttuck_refusal *refusal = mnttuck_get_refusal(tuck);

	complain(world, "%s, and then: %s", what,
		mnttuck_get_outcome(tuck)
			?: refusal ? mnttuck_refusal_text(refusal, MNTTUCK_MESSAGE)
				   : strerror(-r));
}

static int remove_beneath(struct world *world, const struct job *job, struct mnttuck *tuck)
{
	int r = mnttuck_remove_beneath(tuck), error = mnttuck_get_outcome_error(tuck);

	/* Without the rule the top can have gone, too. */
	if (r > 0 && error < 0 && !job->is_skipped)
		complain_of(world, tuck, "something beneath was taken away", error);
	return r;
}

static int tuck_and_reveal(struct world *world, const struct job *job, struct mnttuck *tuck)
{
	int error, r = job->is_tuck ? mnttuck_attach(tuck) : 0;

	if (r > 0) {
		complain_of(world, tuck, "it was attached", r);
		return 0;
	}
	if (r < 0 || !job->is_reveal || !job->by_library)
		return r;
	r = mnttuck_reveal(tuck);
	error = mnttuck_get_outcome_error(tuck);
	if (r > 0 && error == -EBUSY && job->is_tuck &&
		(job->rules == MNTTUCK_KERNEL || job->is_forced))
		/* Its own copies may have come to lie over the path, which then shows another. */
		count(world, REVEALS_HIDDEN);
	else if (r > 0 && error < 0)
		complain_of(world, tuck, "it was revealed", error);
	else if (r < 0 && job->is_tuck)
		complain_of(world, tuck, "it was tucked", r);
	else
		return r;
	return LEFT_UNKNOWN;
}

/* Unmount whatever lies on top of @fd. A copy of what was tucked may have come to lie over its
 * path. */
static void unmount_through(struct world *world, int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "self/fd/%d", fd);
	if (fchdir(world->proc) < 0)
		give_up(world, "/proc");
	if (umount2(path, MNT_DETACH) < 0)
		complain(world, "the top can't be unmounted: %s", strerror(errno));
	if (chdir("/") < 0)
		give_up(world, "/");
}

static struct outcome carry_out(struct world *world, const struct job *job, int tree)
{
	_cleanup_close_ int target = kernel_open_path(AT_FDCWD, job->target);
	struct outcome outcome = {0};

	if (operations(job)) {
		struct mnttuck *tuck = prepare(world, job, tree);

		outcome = take_outcome(world, tuck,
			job->is_beneath ? remove_beneath(world, job, tuck)
					: tuck_and_reveal(world, job, tuck));
		mnttuck_free(tuck);
	}
	if (outcome.error == 0 && job->is_reveal && !job->by_library)
		unmount_through(world, target);
	return outcome;
}

struct outcome library_do(struct world *world, const struct job *job, int tree)
{
	return inside_call(world, carry_out, job, tree);
}

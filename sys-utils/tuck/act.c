/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tuck/act.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/interrupt.h"
#include "cli/loop-device.h"
#include "cli/print.h"
#include "cli/start.h"
#include "i18n.h"
#include "kernel.h"
#include "libmnttuck.h"
#include "path.h"
#include "stack.h"
#include "table.h"
#include "tuck/old-device.h"
#include "tuck/tuck-report.h"
#include "tuck/tuck-tables.h"
#include "utab/utab.h"
#include "util.h"

static void tell(void *data, const char *line)
{
	(void)data;
	warnx("%s", line);
}

struct mnttuck *act_new(unsigned int operations)
{
	struct mnttuck *tuck;

	if (mnttuck_new(&tuck) < 0)
		out_of_memory();
	mnttuck_set_operations(tuck, operations);
	if (secure_getenv("LIBMNTTUCK_DEBUG"))
		mnttuck_set_log(tuck, tell, NULL);
	return tuck;
}

bool reveal_read_how(const char *argument, unsigned int *how)
{
	*how = 0;
	if (!argument)
		return true;
	if (strcmp(argument, "force") == 0)
		*how = MNTTUCK_FORCE;
	else if (strcmp(argument, "exact") == 0)
		*how = MNTTUCK_EXACT;
	else
		warnx(_("--reveal takes \"force\", \"exact\" or nothing, not \"%s\""), argument);
	return *how;
}

char *canonical_path(const char *path)
{
	char *canonical = path_canonical(path) ?: strdup(path);

	if (!canonical)
		out_of_memory();
	return canonical;
}

/* ---- before the mounts change ---- */

/* With a tuck and a reveal, the rule tells which of them it refuses. */
static unsigned int refused_operation(const struct act *act, const struct mnttuck_refusal *refusal)
{
	if (!(act->operations & MNTTUCK_TUCK))
		return act->operations;
	return strncmp(mnttuck_refusal_text(refusal, MNTTUCK_RULE), "reveal-", 7) == 0
		       ? MNTTUCK_REVEAL
		       : MNTTUCK_TUCK;
}

/* The message about an error of the kernel. */
static const char *unexplained(const struct act *act)
{
	if (act->operations & MNTTUCK_TUCK)
		return _("%s: cannot tuck here: %s (no rule explains it; dmesg(1) may have more "
			 "information)");
	if (act->operations & MNTTUCK_REVEAL)
		return _("%s: cannot reveal here: %s (no rule explains it; dmesg(1) may have more "
			 "information)");
	return _("%s: cannot take away what lies beneath: %s (no rule explains it; dmesg(1) may "
		 "have more information)");
}

static int fail_interrupted(void)
{
	warnx(_("interrupted"));
	return MNT_EX_USER;
}

int act_fail(const struct act *act, int r)
{
	const struct mnttuck_refusal *refusal = mnttuck_get_refusal(act->tuck);

	if (r == -ECANCELED)
		return fail_interrupted();
	if (!refusal) {
		warnx(unexplained(act), act->target, strerror(-r));
		return r == -ENOMEM ? MNT_EX_SYSERR : MNT_EX_FAIL;
	}
	if (!act->is_quiet ||
		strcmp(mnttuck_refusal_text(refusal, MNTTUCK_RULE), "target-mounted") != 0)
		report_refusal(refusal, refused_operation(act, refusal), act->target);
	return mnttuck_refusal_error(refusal) == -EPERM ? MNT_EX_USAGE : MNT_EX_FAIL;
}

int act_set_target(struct act *act)
{
	int r = mnttuck_set_target(act->tuck, AT_FDCWD, act->target);

	if (r < 0)
		return act_fail(act, r);
	act->place = canonical_path(act->target);
	return 0;
}

/* Find out where the act will take effect, for print_places(). */
static int plan(const struct act *act)
{
	int r = mnttuck_plan(act->tuck);

	if (r < 0)
		warnx(_("%s: where it takes effect can't be known: %s"), act->target, strerror(-r));
	return r;
}

void act_report_tables(const struct act *act)
{
	if (act->json)
		act_json_tables(act->json, act->tuck);
	if (!act->is_verbose || act->json)
		return;
	print_checks(act->tuck);
	print_places(act->tuck, act->operations);
}

int act_fake(const struct act *act)
{
	int r = mnttuck_explain(act->tuck);

	if ((act->is_verbose || act->json) && r == 0 && plan(act) < 0)
		return MNT_EX_SYSERR;
	act_report_tables(act);
	return r < 0 ? act_fail(act, r) : MNT_EX_SUCCESS;
}

/* A reveal after a tuck is the second half of what has begun. */
static int begin_to_act(void *argument)
{
	struct act *act = argument;

	if (!act->has_begun && !interrupts_end())
		return -1;
	act->has_begun = true;
	return 0;
}

int act_begin(struct act *act, bool at_once)
{
	/* Later the old state is gone; without a plan only the table of places is missing. */
	if (act->is_verbose || act->json)
		plan(act);
	mnttuck_set_confirm(act->tuck, begin_to_act, act);
	return at_once && begin_to_act(act) < 0 ? fail_interrupted() : 0;
}

/* ---- the reveal, and utab ---- */

/* Whether there is a utab at all. Without one, no mount table has to be read for its lines. */
static bool has_utab(void)
{
	return access("/run/mount/utab", F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

static void cleanup_table(struct libmnt_table **table)
{
	mnt_unref_table(*table);
}

static struct libmnt_table *read_mounts(void)
{
	struct libmnt_table *table = mnt_new_table();

	if (table && table_parse_file(table, "/proc/self/mountinfo") == 0)
		return table;
	mnt_unref_table(table);
	return NULL;
}

static bool is_mount_still_there(struct libmnt_fs *mount)
{
	_cleanup_(cleanup_table) struct libmnt_table *now = read_mounts();

	return !now || table_find_id(now, mnt_fs_get_id(mount));
}

/* Whether the mount that a lookup of the path of @mount ends in now shows the same directory of the
 * same filesystem. @now: its id. */
static bool is_there_again(struct libmnt_fs *mount, int *now)
{
	_cleanup_(cleanup_table) struct libmnt_table *table = NULL;
	struct mount_identity identity;
	struct libmnt_fs *other;

	if (kernel_identify(AT_FDCWD, mnt_fs_get_target(mount), 0, &identity) < 0 ||
		!identity.is_root)
		return false;
	table = read_mounts();
	other = table ? table_find_id(table, identity.short_id) : NULL;
	*now = identity.short_id;
	return other && mnt_fs_get_devno(other) == mnt_fs_get_devno(mount) &&
	       mnt_fs_get_root(other) && mnt_fs_get_root(mount) &&
	       strcmp(mnt_fs_get_root(other), mnt_fs_get_root(mount)) == 0;
}

/* A mount on the top that was carried leaves its line, if it is the only one, to its clone. */
static int pass_line_on(struct libmnt_fs *mount)
{
	const char *target = mnt_fs_get_target(mount);
	int now;

	return utab_count(target) == 1 && is_there_again(mount, &now) ? utab_settle(target, 0, now)
								      : utab_drop(mount);
}

/* Remove the lines of the mounts that were unmounted with @top, children before their parents. */
static int drop_lines(struct libmnt_table *before, struct libmnt_fs *top)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_BACKWARD);
	struct libmnt_fs *child;
	int r = iter ? 0 : -1;

	while (r == 0 && mnt_table_next_child_fs(before, iter, top, &child) == 0) {
		r = drop_lines(before, child);
		r = r ?: pass_line_on(child);
	}
	mnt_free_iter(iter);
	return r;
}

/* Returns what mnttuck_reveal() does. @utab_error: -EIO or another error if mounts are gone, and
 * their lines could not be removed. @loop_error: the same about the loop device. @device: see
 * old-device.h. */
static int reveal_with_records(const struct act *act, int *utab_error, int *loop_error, int *device)
{
	_cleanup_(cleanup_table) struct libmnt_table *before = NULL;
	struct libmnt_fs *top = NULL;
	bool is_noted = act->keeps_utab && has_utab();
	bool is_watched = old_device_is_watched(act->place);
	int r;

	*utab_error = *loop_error = 0;
	*device = -1;
	if (is_noted || is_watched || act->frees_loop) {
		before = read_mounts();
		if (before)
			stack_find(before, act->place, &top);
		*utab_error = is_noted && !top ? -EIO : 0;
		*loop_error = act->frees_loop && !top ? -EIO : 0;
	}
	if (is_watched && top)
		*device = old_device_keep(mnt_fs_get_source(top));
	r = mnttuck_reveal(act->tuck);
	if (!mnttuck_is_revealed(act->tuck)) {
		*utab_error = *loop_error = 0;
		return r;
	}
	/* If the outcome is not the expected one, another mount may have been unmounted instead:
	 * one that somebody mounted over the top in that moment. */
	if (!top || (r != 0 && is_mount_still_there(top)))
		return r;
	if (is_noted)
		*utab_error = drop_lines(before, top) ?: utab_drop(top);
	if (act->frees_loop)
		*loop_error = loop_device_free(mnt_fs_get_source(top), mnt_fs_get_devno(top));
	return r;
}

/* Print what came of a reveal. Returns the exit status. */
static int report_reveal(const struct act *act, int r, int utab_error, int loop_error)
{
	const char *outcome;

	/* After a tuck the tables have been printed already. */
	if (!(act->operations & MNTTUCK_TUCK))
		act_report_tables(act);
	report_lost(act->tuck, act->target);
	outcome = mnttuck_get_outcome(act->tuck);
	if (outcome || r != 0)
		report_outcome(act->target, outcome ?: _("revealed in part"));
	if (r != 0)
		return MNT_EX_SOMEOK;
	if (act->is_verbose && !act->json)
		print_line(stdout, _("%s: %s revealed.\n"), program_invocation_short_name,
			act->target);
	if (loop_error) {
		warnx(_("%s: revealed, but the loop device of the old top could not be freed: %s"),
			act->target, strerror(-loop_error));
		return MNT_EX_SOMEOK;
	}
	if (utab_error == 0)
		return MNT_EX_SUCCESS;
	warnx(_("%s: revealed, but /run/mount/utab could not be brought up to date"), act->target);
	return MNT_EX_FILEIO;
}

/* --everywhere, to be called before the reveal and after it. Returns the exit status. */
static int replace_elsewhere(const struct act *act)
{
	const struct mnttuck_place *place = NULL;
	int r;

	/* Somebody else has mounted there meanwhile, so it is not known what the new version is. */
	if (mnttuck_get_outcome_error(act->tuck) == -EBUSY)
		return MNT_EX_SOMEOK;
	r = mnttuck_replace_elsewhere(act->tuck);
	while ((place = mnttuck_next_place(act->tuck, place)))
		report_place(place, act->target, act->is_verbose && !act->json);
	if (act->json)
		act_json_elsewhere(act->json, act->tuck);
	if (r < 0)
		warnx(_("%s: the places that show the old version could not all be looked for: "
			"%s"),
			act->target, strerror(-r));
	return r == 0 ? MNT_EX_SUCCESS : MNT_EX_SOMEOK;
}

int act_reveal(const struct act *act, int *error)
{
	int prepared = act->wait.is_wanted ? mnttuck_prepare_wait(act->tuck) : 0;
	bool is_everywhere = act->operations & MNTTUCK_EVERYWHERE;
	int elsewhere = is_everywhere ? replace_elsewhere(act) : MNT_EX_SUCCESS;
	int utab_error, loop_error, device, status, rest, wait_status = MNT_EX_SUCCESS;
	int r = reveal_with_records(act, &utab_error, &loop_error, &device);

	*error = r < 0 && !mnttuck_is_revealed(act->tuck) ? r : 0;
	if (*error) {
		if (device >= 0)
			close(device);
		return MNT_EX_FAIL;
	}
	status = report_reveal(act, r, utab_error, loop_error);
	old_device_release(device);
	if (is_everywhere) {
		int again = replace_elsewhere(act);

		elsewhere = again ? again : elsewhere;
	}
	rest = act->finish ? act->finish(act) : MNT_EX_SUCCESS;
	if (act->wait.is_wanted)
		wait_status = act_wait_until_gone(
			&act->wait, act->tuck, act->target, prepared, act->json);
	return status ?: elsewhere ?: rest ?: wait_status;
}

/* ---- what lies beneath ---- */

/* Remove the lines of the mounts beneath @top that are gone, and free their loop devices. */
static void forget_removed(const struct act *act, struct libmnt_table *before,
	struct libmnt_fs *top, int *utab_error, int *loop_error)
{
	bool is_noted = act->keeps_utab && has_utab();

	for (struct libmnt_fs *fs = top; (fs = stack_beneath(before, fs));) {
		int r;

		if (is_mount_still_there(fs))
			continue;
		r = is_noted ? utab_drop_beneath(fs) : 0;
		*utab_error = *utab_error ?: r;
		r = act->frees_loop ? loop_device_free(mnt_fs_get_source(fs), mnt_fs_get_devno(fs))
				    : 0;
		*loop_error = *loop_error ?: r;
	}
}

/* Print what came of it. Returns the exit status. */
static int report_removal(const struct act *act, int r, int utab_error, int loop_error)
{
	const char *outcome = mnttuck_get_outcome(act->tuck);

	act_report_tables(act);
	if (outcome || r != 0)
		report_outcome(act->target, outcome ?: _("taken away in part"));
	if (r != 0)
		return MNT_EX_SOMEOK;
	if (act->is_verbose && !act->json)
		print_line(stdout,
			act->operations & MNTTUCK_REMOVE_ALL
				? _("%s: all beneath the top of %s unmounted.\n")
				: _("%s: the mount beneath the top of %s unmounted.\n"),
			program_invocation_short_name, act->target);
	if (loop_error) {
		warnx(_("%s: taken away, but its loop device could not be freed: %s"), act->target,
			strerror(-loop_error));
		return MNT_EX_SOMEOK;
	}
	if (utab_error == 0)
		return MNT_EX_SUCCESS;
	warnx(_("%s: taken away, but /run/mount/utab could not be brought up to date"),
		act->target);
	return MNT_EX_FILEIO;
}

int act_remove(const struct act *act, int *error)
{
	_cleanup_(cleanup_table) struct libmnt_table *before = NULL;
	bool is_noted = act->keeps_utab && has_utab();
	bool is_watched = old_device_is_watched(act->place);
	int utab_error = 0, loop_error = 0, device = -1, status, r;
	struct libmnt_fs *top = NULL, *beneath;

	if (is_noted || is_watched || act->frees_loop)
		before = read_mounts();
	if (before)
		stack_find(before, act->place, &top);
	beneath = top ? stack_beneath(before, top) : NULL;
	if (is_watched && beneath)
		device = old_device_keep(mnt_fs_get_source(beneath));
	r = mnttuck_remove_beneath(act->tuck);
	*error = r < 0 ? r : 0;
	if (r < 0) {
		if (device >= 0)
			close(device);
		return MNT_EX_FAIL;
	}
	if (top)
		forget_removed(act, before, top, &utab_error, &loop_error);
	else
		utab_error = is_noted ? -EIO : 0;
	status = report_removal(act, r, utab_error, loop_error);
	old_device_release(device);
	return status;
}

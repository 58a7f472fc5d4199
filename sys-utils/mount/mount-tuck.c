/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mount --tuck, as the data goes:
 *
 *   libmount's context -> what kind of source -> rules about the target -> the source, as a path
 * (bind, move) or as a detached tree (stage) -> the library attaches -> utab -> what there is to
 * say
 */
#include "mount/mount-tuck.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/interrupt.h"
#include "cli/start.h"
#include "i18n.h"
#include "kernel.h"
#include "libmnttuck.h"
#include "tuck/act.h"
#include "tuck/stage.h"
#include "tuck/tuck-options.h"
#include "tuck/tuck-report.h"
#include "tuck/tuck-request.h"
#include "utab/utab.h"
#include "util.h"

/* ---- what there is to say ---- */

static int say_failure(const struct tuck_job *job, int r)
{
	const struct mnttuck_refusal *refusal = mnttuck_get_refusal(job->tuck);

	if (mnttuck_is_attached(job->tuck)) {
		report_outcome(job->target,
			mnttuck_get_outcome(job->tuck) ?: _("tucked, but not all was done"));
		return MNT_EX_SOMEOK;
	}
	if (refusal) {
		report_refusal(refusal,
			strncmp(refusal->rule, "reveal-", 7) == 0 ? MNTTUCK_REVEAL : MNTTUCK_TUCK,
			job->target);
		return refusal->error == -EPERM ? MNT_EX_USAGE : MNT_EX_FAIL;
	}
	warnx(_("%s: cannot tuck here: %s"), job->target, strerror(-r));
	return r == -ENOMEM ? MNT_EX_SYSERR : MNT_EX_FAIL;
}

static int say_stage_failure(const struct tuck_job *job)
{
	const struct stage *stage = &job->stage;

	if (stage->status == MNT_EX_USER)
		warnx(_("interrupted"));
	else if (stage->message && *stage->message)
		warnx("%s: %s.", job->target, stage->message);
	else
		warnx(_("%s: the source can't be mounted"), job->target);
	if (stage->kernel_log)
		report_continued(_("the kernel says: "), stage->kernel_log);
	return stage->status;
}

static void say_success(const struct tuck_job *job)
{
	if (job->stage.message && *job->stage.message)
		warnx("%s: %s.", job->target, job->stage.message);
	if (!mnt_context_is_verbose(job->context))
		return;
	report_checks(job->tuck);
	report_places(job->tuck, job->operations);
	printf(_("%s: %s tucked beneath the top mount on %s.\n"), program_invocation_short_name,
		job->source ?: "none", job->target);
}

/* ---- the source ---- */

static int say_no_source(const struct tuck_job *job, int error)
{
	if (error == -ENOENT)
		warnx(_("%s: special device %s does not exist."), job->target, job->source ?: "");
	else
		warnx(_("%s: special device %s: %s."), job->target, job->source ?: "",
			strerror(-error));
	return MNT_EX_FAIL;
}

static int set_path_source(struct tuck_job *job)
{
	int r = mnttuck_set_source(job->tuck, AT_FDCWD, job->source ?: "", job->how);

	if (r < 0)
		return say_no_source(job, r);
	if (job->how == MNTTUCK_MOVE)
		job->moved_from = mnt_resolve_path(job->source, NULL);
	return 0;
}

/* A clone made here, to be attached in another namespace. */
static int set_path_clone(struct tuck_job *job)
{
	_cleanup_close_ int tree = -1;
	int r;

	if (job->how == MNTTUCK_MOVE) {
		warnx(_("%s: a mount can't be moved to another mount namespace; use --bind"),
			job->target);
		return MNT_EX_USAGE;
	}
	tree = kernel_open_tree(AT_FDCWD, job->source ?: "",
		OPEN_TREE_CLONE | (job->how == MNTTUCK_RBIND ? (unsigned int)AT_RECURSIVE : 0));
	if (tree == -ENOENT || tree == -ENOTDIR || tree == -EACCES)
		return say_no_source(job, tree);
	if (tree < 0) {
		warnx(_("%s: can't clone %s: %s"), job->target, job->source, strerror(-tree));
		return MNT_EX_FAIL;
	}
	r = mnttuck_set_source_tree(job->tuck, tree, job->source);
	job->has_source = r == 0;
	return r < 0 ? say_failure(job, r) : 0;
}

static int mount_staged(struct tuck_job *job, const char *target)
{
	int r;

	if (stage_mount(job->context, target, &job->stage) != MNT_EX_SUCCESS)
		return say_stage_failure(job);
	r = mnttuck_set_source_tree(job->tuck, job->stage.tree, job->source);
	job->has_source = r == 0;
	return r < 0 ? say_failure(job, r) : 0;
}

/* Of a mount in another namespace, a helper and what it needs is the caller's, and so is a device;
 * paths among the options of a filesystem are looked up where it is mounted. */
static bool is_mounted_from_here(const struct tuck_job *job)
{
	const char *source = mnt_context_get_source(job->context);

	return job->request->source_from_caller || job->stage.has_helper ||
	       (source && S_ISBLK(job_file_type(source, -1)));
}

static int prepare_staged(struct tuck_job *job)
{
	job->is_prepared = true;
	return stage_prepare(job->context, &job->stage) == MNT_EX_SUCCESS ? 0
									  : say_stage_failure(job);
}

/* Whether libmount would find the source, where no type says that it is none that can be found. */
static int check_staged_source(struct tuck_job *job)
{
	const char *type = mnt_context_get_fstype(job->context);
	_cleanup_free_ char *path = NULL;

	if (!job->source || strchr(job->source, ':') || (type && strcmp(type, "auto") != 0))
		return 0;
	path = mnt_resolve_spec(job->source, NULL);
	if (!path) {
		warnx(_("%s: can't find %s."), job->target, job->source);
		return MNT_EX_USAGE;
	}
	return mnt_tag_is_valid(job->source) || job_file_type(path, -1)
		       ? 0
		       : say_no_source(job, -ENOENT);
}

/* What is the caller's is taken before its namespace is left. */
static int take_source_of_caller(struct tuck_job *job)
{
	const char *place;
	size_t lines;
	int status;

	if (job->kind == KIND_PATH)
		return job->request->source_from_caller ? set_path_clone(job) : 0;
	if (mnt_context_is_fake(job->context))
		return check_staged_source(job);
	status = prepare_staged(job);
	if (status != 0 || !is_mounted_from_here(job))
		return status;
	place = stage_stand_in(job->context);
	lines = place ? utab_count(place) : 0;
	status = mount_staged(job, place);
	/* A helper's note belongs to the other namespace; libmount makes it there. */
	if (place)
		utab_withdraw(place, lines);
	return status;
}

/* ---- the steps ---- */

static int enter_namespace(struct tuck_job *job)
{
	_cleanup_free_ char *given = NULL;

	if (job->mntns < 0)
		return 0;
	if (job->source && *job->source != '/' && job->kind == KIND_PATH) {
		/* mount(8) makes it absolute here, and looks it up there. */
		given = job->source;
		job->source = place_of(given);
	}
	if (setns(job->mntns, CLONE_NEWNS) == 0)
		return 0;
	warn(_("failed to set target namespace to %s"), job->request->mntns);
	return MNT_EX_SYSERR;
}

static int set_target(struct tuck_job *job)
{
	int r = mnttuck_set_target(job->tuck, AT_FDCWD, job->target);

	if (r < 0)
		return say_failure(job, r);
	job->place = place_of(job->target);
	return 0;
}

/* With the target known: what can be refused is, before anything is mounted. */
static int check_and_stage(struct tuck_job *job)
{
	int r = mnttuck_check(job->tuck), status;

	if (r < 0)
		return say_failure(job, r);
	status = job->mntns < 0 ? prepare_staged(job) : 0;
	return status != 0 ? status : mount_staged(job, job->place);
}

static int finish_by_libmount(struct tuck_job *job)
{
	mnt_context_set_target(job->context, job->place);
	mnt_context_reset_status(job->context);
	mnt_context_set_syscall_status(job->context, 0);
	return mnt_context_finalize_mount(job->context);
}

/* libmount, which did not mount it itself, is told what there is to note. */
static int note_options(struct tuck_job *job)
{
	struct libmnt_fs *fs = mnt_context_get_fs(job->context);
	bool is_path = job->kind == KIND_PATH;

	return utab_note(&(struct utab_entry){
		.source = is_path ? job->source : mnt_fs_get_source(fs),
		.target = job->place,
		.options = mnt_fs_get_user_options(fs),
		/* Where the source's path is another namespace's, it is only a name. */
		.flags = is_path && !job->has_source ? MS_BIND : 0,
	});
}

static int finish_utab(struct tuck_job *job)
{
	int id = 0, rc;

	if (mnt_context_is_nomtab(job->context))
		return 0;
	mnttuck_get_mount_id(job->tuck, NULL, &id);
	if (job->moved_from)
		rc = utab_move(job->moved_from, job->place);
	else if (job->kind == KIND_STAGED && !job->stage.has_helper)
		rc = finish_by_libmount(job);
	else if (utab_count(job->place) > job->utab_lines)
		rc = 0; /* the helper has noted it */
	else
		rc = note_options(job);
	rc = rc ?: utab_settle(job->place, job->utab_lines, id);
	if (rc == 0)
		return 0;
	warnx(_("%s: tucked, but its options could not be noted in /run/mount/utab"), job->target);
	return MNT_EX_FILEIO;
}

static int run_fake(struct tuck_job *job)
{
	int r = mnttuck_explain(job->tuck);

	if (mnt_context_is_verbose(job->context)) {
		report_checks(job->tuck);
		if (r == 0 && report_foresee(job->tuck, job->target) < 0)
			return MNT_EX_SYSERR;
		if (r == 0)
			report_places(job->tuck, job->operations);
	}
	return r < 0 ? say_failure(job, r) : 0;
}

/* The second half. If it fails, the new version lies where it was tucked, and the top stays. */
static int take_top_away(struct tuck_job *job)
{
	const struct mnttuck_refusal *refusal;
	int utab_error, r;

	r = reveal(job->tuck, job->place, !mnt_context_is_nomtab(job->context), &utab_error);
	if (mnttuck_is_revealed(job->tuck))
		report_lost(job->tuck, job->target);
	if (r != 0 && mnttuck_is_revealed(job->tuck)) {
		report_outcome(
			job->target, mnttuck_get_outcome(job->tuck) ?: _("revealed in part"));
		return MNT_EX_SOMEOK;
	}
	if (r < 0) {
		refusal = mnttuck_get_refusal(job->tuck);
		warnx(_("%s: %s is tucked beneath the top mount, which stays; later: umount "
			"--reveal "
			"%s"),
			job->target, job->source ?: "none", job->target);
		if (refusal)
			report_refusal(refusal, MNTTUCK_REVEAL, job->target);
		else
			report_continued("", strerror(-r));
		return MNT_EX_SOMEOK;
	}
	if (r == 0 && mnt_context_is_verbose(job->context))
		printf(_("%s: %s revealed.\n"), program_invocation_short_name, job->target);
	if (utab_error == 0)
		return 0;
	warnx(_("%s: revealed, but /run/mount/utab could not be brought up to date"), job->target);
	return MNT_EX_FILEIO;
}

static int attach(struct tuck_job *job)
{
	int r, status;

	if (!interrupts_end()) {
		job->stage.status = MNT_EX_USER;
		return say_stage_failure(job);
	}
	if (mnt_context_is_verbose(job->context))
		report_foresee(job->tuck, job->target);
	r = mnttuck_attach(job->tuck);
	if (!mnttuck_is_attached(job->tuck))
		return say_failure(job, r);
	status = finish_utab(job);
	if (r < 0)
		return say_failure(job, r);
	say_success(job);
	/* Without a note in utab it is mounted all the same, and so revealed. */
	r = job->request->reveal ? take_top_away(job) : 0;
	return r != 0 ? r : status;
}

static int run(struct tuck_job *job)
{
	int status = 0;

	if (job->mntns >= 0)
		status = take_source_of_caller(job);
	else if (job->kind == KIND_STAGED && mnt_context_is_fake(job->context))
		status = check_staged_source(job);
	status = status ?: enter_namespace(job);
	status = status ?: set_target(job);
	if (status == 0 && job->kind == KIND_PATH && !job->has_source)
		status = set_path_source(job);
	if (status != 0)
		return status;
	if (mnt_context_is_fake(job->context))
		return run_fake(job);
	job->utab_lines = utab_count(job->place);
	if (job->kind == KIND_STAGED && !job->has_source)
		status = check_and_stage(job);
	status = status ?: attach(job);
	/* Not attached after all: then neither what its helper noted is so. */
	if (job->stage.has_helper && !mnttuck_is_attached(job->tuck))
		utab_withdraw(job->place, job->utab_lines);
	return status;
}

/* ---- from the command line to the steps ---- */

static int open_namespace(struct tuck_job *job)
{
	const char *path = job->request->mntns;

	if (!path)
		return 0;
	job->mntns = open(path, O_RDONLY | O_CLOEXEC);
	if (job->mntns >= 0 && ioctl(job->mntns, NS_GET_NSTYPE) == CLONE_NEWNS)
		return 0;
	if (job->mntns >= 0)
		errno = EINVAL;
	warn(_("failed to set target namespace to %s"), path);
	return MNT_EX_SYSERR;
}

static void clear_job(struct tuck_job *job)
{
	mnttuck_free(job->tuck);
	stage_clear(&job->stage);
	if (job->mntns >= 0)
		close(job->mntns);
	free(job->options);
	free(job->source);
	free(job->target);
	free(job->place);
	free(job->moved_from);
}

/* What libmount mounts has them from the start. */
static void set_attributes(struct tuck_job *job)
{
	const struct attribute_changes changes = attributes_from_options(job->options);

	mnttuck_set_attributes(
		job->tuck, changes.tree.set, changes.tree.clear, /* recursive= */ true);
	mnttuck_set_attributes(
		job->tuck, changes.top.set, changes.top.clear, /* recursive= */ false);
}

static int tuck(struct tuck_job *job)
{
	int status;

	interrupts_catch();
	status = open_namespace(job);
	status = status ?: job_read(job);
	if (status != 0)
		return status;
	if (mnttuck_new(&job->tuck) < 0)
		out_of_memory();
	job->operations = MNTTUCK_TUCK | (job->request->reveal ? (unsigned int)MNTTUCK_REVEAL : 0) |
			  (job->request->reveal_force ? (unsigned int)MNTTUCK_FORCE : 0);
	mnttuck_set_operations(job->tuck, job->operations);
	mnttuck_set_rules(job->tuck, job->request->kernel_rules ? MNTTUCK_KERNEL : MNTTUCK_STRICT);
	if (job->kind == KIND_PATH)
		set_attributes(job);
	mnttuck_set_propagation(job->tuck, job->propagation, job->is_propagation_recursive);
	return run(job);
}

int mount_tuck(struct libmnt_context *context, const struct tuck_request *request)
{
	struct tuck_job job = {
		.context = context,
		.request = request,
		.mntns = -1,
		.stage = {.tree = -1},
	};
	int status = tuck(&job);

	clear_job(&job);
	/* libmount from 2.39 on (seen: 2.42) fails an assertion when it is to free a context that
	 * has a loop device and did not mount it itself. The process's end closes that device too.
	 */
	if (job.is_prepared)
		exit(status);
	return status;
}

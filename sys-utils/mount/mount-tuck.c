/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mount --tuck, step by step:
 *
 *   tuck-request  what is asked for, from the command line and fstab
 *   the library   the target, and the rules about it
 *   stage         the source as a detached tree, unless it is a path (--bind, --move)
 *   the library   the rules about the source; attaches it
 *   utab          the line of the new mount
 *   act           with --reveal: takes the top mount away
 */
#include "mount/mount-tuck.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/interrupt.h"
#include "cli/namespace-option.h"
#include "cli/print.h"
#include "cli/start.h"
#include "commands.h"
#include "i18n.h"
#include "kernel.h"
#include "libmnttuck.h"
#include "tuck/act.h"
#include "tuck/base-overlay.h"
#include "tuck/base.h"
#include "tuck/stage-try.h"
#include "tuck/stage.h"
#include "tuck/tuck-report.h"
#include "tuck/tuck-request.h"
#include "utab/utab.h"
#include "util.h"
#include "words.h"

/* One run: how far it is. */
struct tuck_run {
	const struct tuck_request *request;
	struct libmnt_context *context;
	struct act act; /* with the library's handle, and the target's canonical path */
	struct stage stage;
	bool has_source; /* the library has got it as a tree */
};

/* ---- messages ---- */

static int tuck_fail(const struct tuck_run *run, int r)
{
	if (!mnttuck_is_attached(run->act.tuck))
		return act_fail(&run->act, r);
	report_outcome(run->act.target,
		mnttuck_get_outcome(run->act.tuck) ?: _("tucked, but not all was done"));
	return MNT_EX_SOMEOK;
}

static int stage_failed(const struct tuck_run *run)
{
	const struct stage *stage = &run->stage;

	if (stage->status == MNT_EX_USER)
		warnx(_("interrupted"));
	else if (stage->lacks_subdirectory)
		warnx(_("%s: cannot tuck %s here: it has no directory \"%s\" (X-mount.subdir), or "
			"that can't be mounted"),
			run->act.target, run->request->source ?: "none", stage->subdirectory);
	else if (stage->message && *stage->message)
		warnx("%s: %s.", run->act.target, stage->message);
	else
		warnx(_("%s: the source can't be mounted"), run->act.target);
	if (stage->kernel_log)
		report_continued(_("the kernel says: "), stage->kernel_log);
	return stage->status;
}

static int source_failed(const struct tuck_run *run, int error)
{
	const char *source = run->request->source;

	if (error == -ENOENT)
		warnx(_("%s: special device %s does not exist."), run->act.target, source);
	else
		warnx(_("%s: special device %s: %s."), run->act.target, source, strerror(-error));
	return MNT_EX_FAIL;
}

static void tuck_succeeded(const struct tuck_run *run)
{
	if (run->stage.message && *run->stage.message)
		warnx("%s: %s.", run->act.target, run->stage.message);
	report_landings(run->act.tuck, run->act.target);
	act_report_tables(&run->act);
	if (!run->act.is_verbose || run->act.json)
		return;
	print_line(stdout, _("%s: %s tucked beneath the top mount on %s.\n"),
		program_invocation_short_name, run->request->source ?: "none", run->act.target);
}

/* ---- the source ---- */

static int set_path_source(struct tuck_run *run)
{
	int r = mnttuck_set_source(
		run->act.tuck, AT_FDCWD, run->request->source, run->request->how);

	return r < 0 ? source_failed(run, r) : 0;
}

static int set_tree(struct tuck_run *run, int tree)
{
	int r = mnttuck_set_source_tree(run->act.tuck, tree, run->request->source);

	run->has_source = r == 0;
	return r < 0 ? tuck_fail(run, r) : 0;
}

/* A clone of a path in this namespace, to be attached in another one. */
static int set_path_clone(struct tuck_run *run)
{
	const struct tuck_request *request = run->request;
	_cleanup_close_ int tree = -1;

	if (request->how == MNTTUCK_MOVE) {
		warnx(_("%s: a mount can't be moved to another mount namespace; use --bind"),
			request->target);
		return MNT_EX_USAGE;
	}
	tree = kernel_open_tree(AT_FDCWD, request->source,
		OPEN_TREE_CLONE | (request->how == MNTTUCK_RBIND ? (unsigned int)AT_RECURSIVE : 0));
	if (tree == -ENOENT || tree == -ENOTDIR || tree == -EACCES)
		return source_failed(run, tree);
	if (tree < 0) {
		warnx(_("%s: can't clone %s: %s"), request->target, request->source,
			strerror(-tree));
		return MNT_EX_FAIL;
	}
	return set_tree(run, tree);
}

/* Mount the source on @target in a staging namespace, or nowhere at all; see stage.h. */
static int mount_staged(struct tuck_run *run, const char *target)
{
	int status = stage_mount(run->context, &run->request->options, target, &run->stage);

	return status == MNT_EX_SUCCESS ? set_tree(run, run->stage.tree) : stage_failed(run);
}

/* For --fake: whether libmount would find the source. With a type, the source may be just a name.
 */
static int check_staged_source(struct tuck_run *run)
{
	const char *source = run->request->source;
	_cleanup_free_ char *path = NULL;

	if (!source || strchr(source, ':') || run->request->has_type)
		return 0;
	path = mnt_resolve_spec(source, NULL);
	if (!path) {
		warnx(_("%s: can't find %s."), run->act.target, source);
		return MNT_EX_USAGE;
	}
	return mnt_tag_is_valid(source) || file_type(path, -1) ? 0 : source_failed(run, -ENOENT);
}

/* With --namespace, some sources are taken before the program enters that namespace: what a helper
 * mounts, because helpers and their files are the caller's; devices; and, with
 * --source-namespace=caller, all. Any other filesystem is mounted in the namespace, because its
 * options may contain paths. */
static int take_source_of_caller(struct tuck_run *run)
{
	const struct tuck_request *request = run->request;
	const char *place;
	int status;

	if (request->kind == SOURCE_PATH)
		return request->source_from_caller ? set_path_clone(run) : 0;
	if (request->is_fake)
		return check_staged_source(run);
	if (stage_prepare(run->context, &request->options, &run->stage) != MNT_EX_SUCCESS)
		return stage_failed(run);
	if (!request->source_from_caller && !run->stage.has_helper && !run->stage.has_device)
		return 0;
	place = stage_stand_in(run->context);
	status = mount_staged(run, place);
	/* A helper has written a line into utab here. It belongs into the other namespace's utab,
	 * where libmount will write it. */
	if (place && run->stage.has_helper)
		utab_withdraw(place, run->stage.lines_before);
	return status;
}

/* --from-base: take the source where the target shows its base. The rules that need no source come
 * first, as in check_and_stage(). */
static int take_source_from_base(struct tuck_run *run)
{
	const struct tuck_request *request = run->request;
	struct libmnt_table *mounts;
	struct base base;
	int r, status;

	/* --fake mounts no filesystem, not even a detached one. */
	if (request->is_fake && request->kind == SOURCE_STAGED)
		return 0;
	r = request->is_fake ? 0 : mnttuck_check(run->act.tuck);
	if (r < 0)
		return tuck_fail(run, r);
	mounts = base_overlay_read_mounts(run->context);
	status = base_enter(&base, run->act.target);
	if (status == 0) {
		status = base_overlay_check(mounts, run->context, run->act.target);
		if (status == 0)
			status = request->kind == SOURCE_PATH ? set_path_clone(run)
							      : mount_staged(run, run->act.place);
		base_leave(&base);
	}
	mnt_unref_table(mounts);
	return status;
}

/* ---- utab ---- */

/* @moved_from: the canonical path of a moved mount, or NULL. */
static int update_utab(struct tuck_run *run, const char *moved_from)
{
	const struct tuck_request *request = run->request;
	const struct stage *stage = &run->stage;
	bool is_path = request->kind == SOURCE_PATH;
	struct utab_entry entry = {
		.source = is_path ? request->source : mnt_context_get_source(run->context),
		.target = run->act.place,
		.options = request->options.noted,
		/* A source in another namespace is only a name here. */
		.flags = is_path && !run->has_source ? MS_BIND : 0,
		.moved_from = moved_from,
		.prepared = is_path || stage->has_helper ? NULL : run->context,
		/* With --namespace the helper has written into another utab. */
		.has_helper = stage->has_helper && request->mntns < 0,
		.lines_before = stage->lines_before,
	};

	mnttuck_get_mount_id(run->act.tuck, MNTTUCK_NEW_MOUNT, NULL, &entry.mount_id);
	if (utab_record(&entry) == 0)
		return 0;
	warnx(_("%s: tucked, but its options could not be noted in /run/mount/utab"),
		run->act.target);
	return MNT_EX_FILEIO;
}

/* ---- the steps ---- */

/* Check all rules that need no source, before anything is mounted. Then mount the source. */
static int check_and_stage(struct tuck_run *run)
{
	int r = mnttuck_check(run->act.tuck);

	if (r < 0)
		return tuck_fail(run, r);
	return mount_staged(run, run->act.place);
}

/* The sentence, and the command that reveals the new version. -ENOMEM. */
static int describe_tucked(const struct tuck_run *run, char **text)
{
	_cleanup_free_ char *target = shell_quote(run->act.place ?: run->act.target);
	_cleanup_free_ char *command = NULL;
	int length;

	if (!target || command_make(&command, "{umount here} --reveal %s", target) < 0)
		return -ENOMEM;
	length = asprintf(text, _("%s is tucked beneath the top mount, which stays. Later:"),
		run->request->source ?: "none");
	if (length < 0) {
		*text = NULL;
		return -ENOMEM;
	}
	text_make_printable(*text);
	return text_add(text, COMMANDS_SEPARATOR, command);
}

static void report_tucked(const struct tuck_run *run)
{
	_cleanup_free_ char *text = NULL;

	/* Without memory, too, the status has to say that something was done. */
	if (describe_tucked(run, &text) < 0)
		warnx(_("%s: tucked, but the top mount stays"), run->act.target);
	else
		report_outcome(run->act.target, text);
}

/* --reveal. If it fails, the new version stays tucked, and the top mount stays on it. */
static int take_top_away(struct tuck_run *run)
{
	const struct mnttuck_refusal *refusal;
	int error, status = act_reveal(&run->act, &error);

	if (!error)
		return status;
	refusal = mnttuck_get_refusal(run->act.tuck);
	report_tucked(run);
	if (refusal)
		report_refusal(refusal, MNTTUCK_REVEAL, run->act.target);
	else
		report_continued("", strerror(-error));
	return MNT_EX_SOMEOK;
}

/* --try */
static int try_it(struct tuck_run *run)
{
	const struct try try = {run->request->try, run->act.target, run->act.place};
	int status = 0, r = stage_try(run->act.tuck, &try, &status);

	return r < 0 ? tuck_fail(run, r) : status;
}

static int attach_and_note(struct tuck_run *run)
{
	_cleanup_free_ char *moved_from = NULL;
	int r, status = run->request->try ? try_it(run) : 0;

	/* A helper has written a line into utab. */
	status = status ?: act_begin(&run->act, /* at_once= */ run->stage.has_helper);
	if (status != 0)
		return status;
	/* After the move, the path may lead elsewhere. */
	if (run->request->kind == SOURCE_PATH && run->request->how == MNTTUCK_MOVE)
		moved_from = canonical_path(run->request->source);
	r = mnttuck_attach(run->act.tuck);
	if (!mnttuck_is_attached(run->act.tuck))
		return tuck_fail(run, r);
	status = run->act.keeps_utab ? update_utab(run, moved_from) : 0;
	if (r != 0)
		return tuck_fail(run, r);
	tuck_succeeded(run);
	/* A failure to write utab does not stop the reveal. */
	r = run->request->operations & MNTTUCK_REVEAL ? take_top_away(run) : 0;
	return r != 0 ? r : status;
}

/* Catch signals for the time in which the source is mounted. A signal that is caught does not end a
 * wait for a server that does not answer. So the source is looked at before, while signals still
 * have their default action: if its server does not answer, a signal ends the program there. */
static void catch_interrupts(const struct tuck_request *request)
{
	struct stat st;

	if (request->kind != SOURCE_STAGED)
		return;
	if (request->source)
		(void)!stat(request->source, &st);
	interrupts_catch();
}

static int run_steps(struct tuck_run *run)
{
	const struct tuck_request *request = run->request;
	int status = 0;

	catch_interrupts(request);
	if (request->mntns >= 0) {
		kernel_keep_proc();
		if (words_enter_namespace(request->mntns_path) < 0)
			out_of_memory();
	}
	if (request->mntns >= 0)
		status = take_source_of_caller(run);
	else if (request->kind == SOURCE_STAGED && request->is_fake && !request->from_base)
		status = check_staged_source(run);
	if (status == 0 && request->mntns >= 0 &&
		namespace_enter(request->mntns, request->mntns_path) < 0)
		status = MNT_EX_SYSERR;
	status = status ?: act_set_target(&run->act);
	if (status == 0 && request->from_base)
		status = take_source_from_base(run);
	else if (status == 0 && request->kind == SOURCE_PATH && !run->has_source)
		status = set_path_source(run);
	if (status != 0)
		return status;
	if (request->is_fake)
		return act_fake(&run->act);
	if (request->kind == SOURCE_STAGED && !run->has_source)
		status = check_and_stage(run);
	status = status ?: attach_and_note(run);
	if (mnttuck_is_attached(run->act.tuck))
		stage_finish(&run->stage);
	/* The helper's line is about a mount that has not been attached. */
	if (run->stage.has_helper && request->mntns < 0 && run->act.place &&
		!mnttuck_is_attached(run->act.tuck))
		utab_withdraw(run->act.place, run->stage.lines_before);
	return status;
}

/* ---- from the request to the steps ---- */

static void set_wishes(struct mnttuck *tuck, const struct tuck_request *request)
{
	const struct tuck_options *options = &request->options;

	mnttuck_set_rules(tuck, request->rules);
	mnttuck_set_propagation(tuck, options->propagation, options->is_propagation_recursive);
	/* A staged mount is made with its flags. */
	if (request->kind != SOURCE_PATH)
		return;
	mnttuck_set_attributes(tuck, options->tree.set, options->tree.clear, /* recursive= */ true);
	mnttuck_set_attributes(tuck, options->top.set, options->top.clear, /* recursive= */ false);
}

int mount_tuck_request(struct libmnt_context *context, const struct tuck_request *request)
{
	struct tuck_run run = {
		.request = request,
		.context = context,
		.act =
			{
				.operations = request->operations,
				.target = request->target,
				.is_verbose = request->is_verbose,
				.keeps_utab = request->keeps_utab,
				.wait = request->wait,
			},
		.stage = {STAGE_NOTHING},
	};
	struct act_json json;
	int status;

	if (request->options.propagation)
		clear_propagation(context);
	run.act.tuck = act_new(request->operations);
	set_wishes(run.act.tuck, request);
	if (request->is_json) {
		act_json_begin(&json, request->target);
		run.act.json = &json;
	}
	status = run_steps(&run);
	if (request->is_json)
		act_json_end(&json, run.act.tuck, status);
	mnttuck_free(run.act.tuck);
	free(run.act.place);
	stage_clear(&run.stage);
	return status;
}

int mount_tuck(struct libmnt_context *context, const struct tuck_command *command)
{
	struct tuck_request request;
	int status;

	status = tuck_request_read(&request, context, command);
	if (status == 0 && !request.is_excused)
		status = mount_tuck_request(context, &request);
	tuck_request_clear(&request);
	return status;
}

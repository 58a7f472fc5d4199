/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * findmnt(8): list mounted filesystems, or find some of them.
 *
 * The program reads its command line (findmnt-rows.c) into a request (request.h), completes the
 * request, and starts one of the jobs (jobs.h). A job passes mounts through these stages; each
 * calls only those before it, and takes only the parts of the request that it needs:
 *
 *	tables.c, tables-namespaces.c  read them
 *	match.c                        leaves out what was not asked for
 *	shape.c, view-*.c              puts them in order and makes rows of them
 *	output.c                       prints the rows, with columns.c and filter.c
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <locale.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cli/end.h"
#include "cli/print.h"
#include "findmnt/columns.h"
#include "findmnt/findmnt-rows.h"
#include "findmnt/jobs.h"
#include "findmnt/output.h"
#include "findmnt/request.h"
#include "i18n.h"
#include "kernel.h"
#include "path.h"

struct job_row {
	int (*run)(const struct command *command, struct output *output);
	/* The columns without --output and --df. NULL: the same as in the field before. For people,
	 * what only scripts need is left out, so that a row fits 80 characters. */
	const char *columns;
	const char *for_people;
	const char *for_people_namespaces; /* with --namespaces */
};

static const struct job_row list_job = {job_list, "TARGET,SOURCE,FSTYPE,OPTIONS", NULL, NULL};
static const struct job_row verify_job = {job_verify, "TARGET,SOURCE,FSTYPE,OPTIONS", NULL, NULL};
static const struct job_row poll_job = {
	job_poll, "ACTION,TARGET,SOURCE,FSTYPE,OPTIONS", NULL, "ACTION,TARGET,SOURCE,PID,COMMAND"};
static const struct job_row view_jobs[] = {
	[VIEW_MOUNTS] = {job_mounts, "TARGET,SOURCE,FSTYPE,PROPAGATION,MNT_ID,PARENT_ID", NULL,
		"TARGET,SOURCE,FSTYPE,PROPAGATION"},
	[VIEW_GROUPS] = {job_groups,
		"TARGET,ROLE,PEER-GROUP,MASTER,SOURCE,FSTYPE,PROPAGATION,MNT_ID",
		"TARGET,ROLE,SOURCE,FSTYPE,PROPAGATION,MNT_ID", "TARGET,ROLE,SOURCE,PID,COMMAND"},
	[VIEW_RECEIVERS] = {job_receivers, "TARGET,ACTION,SOURCE,PROPAGATION,MNT_ID", NULL, NULL},
	[VIEW_DOT] = {job_dot, "TARGET", NULL, NULL},
	[VIEW_TUCKED] = {job_tucked, "TARGET,SOURCE,TUCKED", "TARGET,SOURCE,TUCKED,DEPTH", NULL},
	[VIEW_WHO] = {job_who, "TARGET,SOURCE,WAY", NULL, NULL},
};

static const struct job_row *choose_job(const struct job *job)
{
	if (job->verify)
		return &verify_job;
	if (job->view)
		return &view_jobs[job->view];
	return job->poll ? &poll_job : &list_job;
}

/* What is left of argv: a device or a mount point, or a device and a mount point. A view is always
 * of a mount point. */
static void take_operands(struct command *command, char **operands)
{
	struct want *want = &command->want;

	if (!operands[0])
		return;
	if (want_names_one(want))
		errx(EXIT_FAILURE,
			_("--source, --target and --mountpoint already say what to look for: "
			  "give no operand with them"));
	if (operands[1]) {
		want->source = operands[0];
		want->mountpoint = operands[1];
	} else if (command->job.view) {
		want->mountpoint = operands[0];
	} else {
		want->operand = operands[0];
	}
}

/* libmount would ask the filesystem at a path that ends in a slash. A source that is no path here,
 * such as "host:/", keeps its slash. The text is of argv. */
static void cut_slashes(const char *path)
{
	struct mount_identity identity;

	if (path && kernel_identify(AT_FDCWD, path, 0, &identity) == 0)
		path_cut_slashes((char *)path);
}

/* The views that print every mount of every namespace. */
static bool shows_whole_tables(const struct command *command)
{
	enum view view = command->job.view;

	return command->from.all_namespaces &&
	       (view == VIEW_MOUNTS || view == VIEW_GROUPS || view == VIEW_DOT);
}

/* Set the fields of one part of the request that follow from another part. */
static void complete_request(struct command *command)
{
	struct stat st;

	if (command->from.source == SOURCE_LISTMOUNT &&
		command->from.files.count + command->from.tasks.count)
		errx(EXIT_FAILURE, _("options --kernel=listmount and --tab-file or --task can't be "
				     "used together"));
	if (command->job.verify && !command->from.source_given) {
		command->from.source = SOURCE_FSTAB;
		command->from.source_given = true;
	}
	if (command->from.all_namespaces && !command->job.view && !command->job.poll &&
		want_has_criteria(&command->want))
		command->job.view = VIEW_WHO;
	command->look.group_ids = command->job.view;
	command->look.headings = command->from.all_namespaces && command->job.view &&
				 command->job.view != VIEW_GROUPS && look_is_screen(&command->look);
	command->want.without_kernel = shows_whole_tables(command) && !command->want.all &&
				       !command->want.invert && !command->look.filter &&
				       !want_has_criteria(&command->want);
	command->want.by_image =
		command->want.source && stat(command->want.source, &st) == 0 && S_ISREG(st.st_mode);
	cut_slashes(command->want.operand);
	cut_slashes(command->want.target);
	cut_slashes(command->want.mountpoint);
	if (command->want.nocanonicalize)
		return;
	command->want.cache = mnt_new_cache();
	if (!command->want.cache)
		err(EXIT_FAILURE, _("failed to initialize libmount cache"));
	command->from.cache = command->look.cache = command->want.cache;
}

static const char *default_columns(const struct command *command, const struct job_row *job)
{
	if (!look_is_screen(&command->look))
		return job->columns;
	if (command->from.all_namespaces && job->for_people_namespaces)
		return job->for_people_namespaces;
	return job->for_people ?: job->columns;
}

static void refuse(bool is_given, const char *option, const char *view)
{
	if (is_given)
		errx(EXIT_FAILURE, _("%s does not go with %s"), option, view);
}

/* Refuse the options that the view can't follow, instead of ignoring them. */
static void check_view(const struct command *command)
{
	static const char *const names[] = {
		[VIEW_MOUNTS] = "--propagation",
		[VIEW_GROUPS] = "--propagation=groups",
		[VIEW_RECEIVERS] = "--propagation=receivers",
		[VIEW_DOT] = "--propagation=dot",
		[VIEW_TUCKED] = "--tucked",
		[VIEW_WHO] = "--namespaces",
	};
	const struct want *want = &command->want;
	const struct look *look = &command->look;
	enum view view = command->job.view;
	const char *name = names[view];

	refuse(command->job.poll, "--poll", name);
	if (view == VIEW_MOUNTS)
		return;
	refuse(want->backward, "--direction=backward", name);
	refuse(want->submounts, "--submounts", name);
	refuse(want->first_only && (view == VIEW_GROUPS || view == VIEW_DOT), "--first-only", name);
	refuse(want->unique && view != VIEW_GROUPS, "--uniq", name);
	if (view != VIEW_DOT)
		return;
	refuse(look->form == FORM_JSON, "--json", name);
	refuse(look->form == FORM_PAIRS, "--pairs", name);
	refuse(look->form == FORM_RAW, "--raw", name);
	refuse(look->list, "--list", name);
	refuse(look->columns, "--output", name);
	refuse(look->output_all, "--output-all", name);
	refuse(look->df, "--df", name);
	refuse(look->filter, "--filter", name);
}

static void check_request(const struct command *command)
{
	if (command->job.view)
		check_view(command);
	if (command->from.all_namespaces && !command->job.view && !command->job.poll)
		errx(EXIT_FAILURE, _("--namespaces goes with --propagation, --tucked or --poll, or "
				     "with a mount point or a source to look for"));
	if (command->from.all_namespaces && command->from.source_given)
		errx(EXIT_FAILURE, _("--namespaces reads every namespace, from the kernel alone"));
	if (command->job.wait && command->job.view != VIEW_TUCKED)
		errx(EXIT_FAILURE, _("--wait goes with --tucked"));
	if (command->job.everywhere &&
		(command->job.view != VIEW_TUCKED || !command->from.all_namespaces ||
			!want_has_criteria(&command->want)))
		errx(EXIT_FAILURE, _("--everywhere goes with --tucked --namespaces and -S, -t or "
				     "another option that says what to look for"));
}

int main(int argc, char **argv)
{
	struct command command = {.job.timeout = -1};
	const struct job_row *job;
	struct output *output;
	int status;

	setlocale(LC_ALL, "");
	check_output_at_exit();
	i18n_start();
	argv += options_read(&findmnt_options, &command, argc, argv);
	if (command.job.list_columns) {
		columns_print(&command.look);
		return EXIT_SUCCESS;
	}
	take_operands(&command, argv);
	complete_request(&command);
	job = choose_job(&command.job);
	command.look.namespace_columns =
		command.from.all_namespaces && !look_is_screen(&command.look);
	output = output_new(&command.look, default_columns(&command, job));
	check_request(&command);
	status = job->run(&command, output);
	output_free(output);
	mnt_unref_cache(command.want.cache);
	free(command.from.files.list);
	free(command.from.tasks.list);
	return status;
}

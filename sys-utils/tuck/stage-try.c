/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tuck/stage-try.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/interrupt.h"
#include "i18n.h"
#include "kernel.h"
#include "libmnttuck.h"
#include "own-namespace.h"
#include "tuck/stage-child.h"
#include "tuck/tuck-report.h"
#include "util.h"

/* One trial: what is to be done, and what came of it. */
struct trial {
	const struct try *try;
	int tree;
	int status;	    /* mount(8)'s; 0: the command has succeeded */
	char message[1024]; /* why it has not */
	bool has_failed;    /* the command itself, and not what is around it */
};

/* Put the new version on top. Returns a clone of it, which stays detached, or -errno. The tree that
 * is tried is made private after the clone was made, so that the clone keeps its peer groups. */
static int put_on_top(const struct trial *trial)
{
	_cleanup_close_ int place = kernel_open_path(AT_FDCWD, trial->try->place), clone = -1;
	int r = place < 0 ? place : kernel_move_mount(trial->tree, place, 0);

	if (r < 0)
		return r;
	clone = kernel_open_tree(
		trial->tree, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | (unsigned int)AT_RECURSIVE);
	r = clone < 0 ? clone
		      : kernel_set_attributes(trial->tree, /* recursive= */ true, 0, 0, MS_PRIVATE);
	return r < 0 ? r : steal_fd(&clone);
}

/* Run the command, and return what waitpid(2) says of it. -1 and errno. */
static int run_shell(const struct try *try)
{
	pid_t process = fork();
	int status;

	if (process == 0) {
		setenv("MOUNT_TUCK_TARGET", try->place, /* overwrite= */ 1);
		execl("/bin/sh", "sh", "-c", try->command, NULL);
		warn("%s", "/bin/sh");
		_exit(127);
	}
	while (process > 0 && waitpid(process, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return process < 0 ? -1 : status;
}

/* The worker always fails: then the guard kills what the command has left. @answer.error is what
 * waitpid(2) said. */
static int try_in_namespace(const void *data, int socket)
{
	const struct trial *trial = data;
	struct staged answer = STAGED_NOTHING;
	_cleanup_close_ int clone = -1;
	char directory[PATH_MAX];
	bool has_directory = getcwd(directory, sizeof(directory));
	int r = unshare(CLONE_NEWNS) < 0 ? -errno : own_namespace_make_private();

	if (r == 0)
		r = clone = put_on_top(trial);
	if (r < 0)
		return stage_answer_failure(
			socket, &answer, MNT_EX_SYSERR, _("the new version can't be tried"), r);
	/* The working directory may be at the target. */
	if (has_directory)
		(void)!chdir(directory);
	answer.tree = clone;
	answer.error = run_shell(trial->try);
	if (answer.error < 0)
		return stage_answer_failure(socket, &answer, MNT_EX_SYSERR,
			_("the command of --try can't be run"), -errno);
	stage_answer(socket, &answer);
	return MNT_EX_FAIL;
}

/* What waitpid(2) said, in words. */
static void describe_end(struct trial *trial, int status)
{
	trial->has_failed = true;
	trial->status = MNT_EX_FAIL;
	if (WIFSIGNALED(status))
		snprintf(trial->message, sizeof(trial->message),
			_("the command of --try was ended by signal %d (%s)"), WTERMSIG(status),
			strsignal(WTERMSIG(status)));
	else
		snprintf(trial->message, sizeof(trial->message),
			_("the command of --try ended with status %d"), WEXITSTATUS(status));
}

static int run_trial(void *data, int tree, int *clone)
{
	struct trial *trial = data;
	struct staged staged = STAGED_NOTHING;

	trial->tree = tree;
	/* They are blocked if the source was mounted by a child. */
	interrupts_catch();
	interrupts_defer(true);
	interrupts_unblock();
	stage_in_child(try_in_namespace, trial, &staged);
	interrupts_defer(false);
	*clone = staged.tree;
	trial->status = staged.status;
	if (staged.status != MNT_EX_SUCCESS)
		snprintf(trial->message, sizeof(trial->message), "%s", staged.message);
	else if (staged.error != 0)
		describe_end(trial, staged.error);
	return trial->status == MNT_EX_SUCCESS ? 0 : -ECANCELED;
}

int stage_try(struct mnttuck *tuck, const struct try *try, int *status)
{
	struct trial trial = {.try = try};
	int r = mnttuck_try(tuck, run_trial, &trial);

	if (trial.status == MNT_EX_SUCCESS)
		return r;
	*status = trial.status;
	if (trial.has_failed)
		report_refused_by(try->target, "try-failed", trial.message);
	else if (trial.status == MNT_EX_USER)
		warnx("%s", trial.message);
	else
		warnx("%s: %s", try->target, trial.message);
	return 1;
}

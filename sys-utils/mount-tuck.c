/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mount --tuck, as the data goes:
 *
 *   libmount's context -> what kind of source -> rules about the target -> the source, as a path (bind, move)
 *   or as a detached tree (stage) -> the library attaches -> utab -> what there is to say
 */
#include "mount-tuck.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "attributes.h"
#include "libmnttuck.h"
#include "report.h"
#include "stage.h"
#include "util.h"
#include "utab.h"

/* What the source is, and so which way it goes. */
enum kind {
	KIND_PATH,   /* bind or move: the library takes the path */
	KIND_STAGED, /* libmount mounts it */
};

struct tuck_job {
	struct libmnt_context *context;
	const struct tuck_request *request;
	struct mnttuck *tuck;
	enum kind kind;
	enum mnttuck_source how;
	unsigned long flags; /* of mount(2), without the propagation flags */
	unsigned long propagation;
	char *source, *target;	   /* as given; libmount's own change as it prepares */
	int namespace; /* descriptor of --namespace, or -1 */
};

static void cleanup_tuck(struct mnttuck **tuck)
{
	mnttuck_free(*tuck);
}

/* libmount's own words for @rc. */
static int fail_by_libmount(struct libmnt_context *context, int rc)
{
	char message[BUFSIZ] = "";
	int status = mnt_context_get_excode(context, rc, message, sizeof(message));
	const char *target = mnt_context_get_target(context) ?: mnt_context_get_source(context);

	if (*message)
		warnx(target ? "%2$s: %1$s." : "%1$s.", message, target);
	return status ?: MNT_EX_USAGE;
}

/* ---- what is to be done ---- */

/* The target with --target-prefix before it, as libmount puts it when it prepares. */
static char *full_target(struct libmnt_context *context)
{
	const char *prefix = mnt_context_get_target_prefix(context);
	const char *target = mnt_context_get_target(context);
	char *path = NULL;

	if (!prefix)
		return strdup(target);
	return asprintf(&path, "%s/%s", prefix, target + strspn(target, "/")) < 0 ? NULL : path;
}

static const char *const propagation_options[] = { "shared", "slave", "private", "unbindable",
	"rshared", "rslave", "rprivate", "runbindable" };

/* Take the propagation flags out of the context: they are for the attached mount, not for the source. */
static int take_propagation(struct tuck_job *job)
{
	struct libmnt_fs *fs = mnt_context_get_fs(job->context);
	_cleanup_free_ char *options = mnt_fs_strdup_options(fs);
	unsigned long flags = 0;

	mnt_context_get_mflags(job->context, &flags);
	job->propagation = flags & MS_PROPAGATION;
	job->flags = flags & ~(unsigned long)MS_PROPAGATION;
	if (job->propagation & (job->propagation - 1)) {
		warnx("only one propagation flag can be given with --tuck");
		return MNT_EX_USAGE;
	}
	if (!job->propagation)
		return 0;
	for (size_t i = 0; options && i < ELEMENTS(propagation_options); i++)
		while (mnt_optstr_remove_option(&options, propagation_options[i]) == 0)
			;
	mnt_context_set_mflags(job->context, 0);
	if (options && mnt_fs_set_options(fs, options) != 0)
		return MNT_EX_SYSERR;
	mnt_context_get_mflags(job->context, &flags);
	mnt_context_set_mflags(job->context, job->flags & ~flags);
	return 0;
}

static bool needs_libmount(const char *options)
{
	_cleanup_free_ char *copy = options ? strdup(options) : NULL;
	char *rest = copy, *name, *value;
	size_t name_size, value_size;

	while (rest && mnt_optstr_next_option(&rest, &name, &name_size, &value, &value_size) == 0)
		if (strncmp(name, "X-mount.", 8) == 0 && strncmp(name, "X-mount.mkdir", 13) != 0)
			return true;
	return false;
}

/* An untyped source decides for itself what becomes of it. */
static enum kind kind_of_untyped(struct tuck_job *job)
{
	struct stat source, target;
	char *type;

	job->how = MNTTUCK_BIND;
	if (!job->source || strchr(job->source, '=') || stat(job->source, &source) < 0)
		return KIND_STAGED;
	if (S_ISDIR(source.st_mode))
		return KIND_PATH;
	if (!S_ISREG(source.st_mode))
		return KIND_STAGED;
	if (stat(job->target, &target) == 0 && !S_ISDIR(target.st_mode))
		return KIND_PATH;
	type = mnt_get_fstype(job->source, NULL, NULL);
	free(type);
	return type ? KIND_STAGED : KIND_PATH;
}

static void choose_kind(struct tuck_job *job)
{
	if (job->flags & MS_MOVE) {
		job->how = MNTTUCK_MOVE;
		job->kind = KIND_PATH;
	} else if (job->flags & MS_BIND) {
		job->how = job->flags & MS_REC ? MNTTUCK_RBIND : MNTTUCK_BIND;
		job->kind = needs_libmount(mnt_context_get_options(job->context)) ? KIND_STAGED
										    : KIND_PATH;
	} else if (mnt_context_get_fstype(job->context)) {
		job->kind = KIND_STAGED;
	} else {
		job->kind = kind_of_untyped(job);
	}
}

/* ---- what there is to say ---- */

static int say_failure(const struct tuck_job *job, int r)
{
	const struct mnttuck_refusal *refusal = mnttuck_get_refusal(job->tuck);

	if (mnttuck_get_outcome(job->tuck)) {
		warnx("%s: %s", job->target, mnttuck_get_outcome(job->tuck));
		return MNT_EX_SOMEOK;
	}
	if (refusal) {
		report_refusal(refusal, job->target);
		return refusal->error == -EPERM ? MNT_EX_USAGE : MNT_EX_FAIL;
	}
	warnx("%s: cannot tuck here: %s", job->target, strerror(-r));
	return r == -ENOMEM ? MNT_EX_SYSERR : MNT_EX_FAIL;
}

static int say_stage_failure(const struct tuck_job *job, const struct stage *stage)
{
	if (stage->status == MNT_EX_USER)
		warnx("interrupted");
	else if (stage->message && *stage->message)
		warnx("%s: %s.", job->target, stage->message);
	if (stage->kernel_log)
		report_continued("the kernel says: ", stage->kernel_log);
	return stage->status;
}

static void say_success(const struct tuck_job *job)
{
	if (!mnt_context_is_verbose(job->context))
		return;
	report_checks(job->tuck);
	printf("mount: %s tucked beneath the top mount on %s.\n", job->source ?: "none", job->target);
}

/* ---- the steps ---- */

static int enter_namespace(const struct tuck_job *job)
{
	if (job->namespace < 0 || setns(job->namespace, CLONE_NEWNS) == 0)
		return 0;
	warn("can't enter the mount namespace %s", job->request->namespace);
	return MNT_EX_FAIL;
}

static int set_path_source(struct tuck_job *job)
{
	struct attribute_change change = attributes_from_options(
		mnt_context_get_options(job->context), job->flags);
	int r;

	r = mnttuck_set_source(job->tuck, AT_FDCWD, job->source ?: "", job->how);
	if (r < 0) {
		warnx("%s: special device %s %s.", job->target, job->source ?: "",
			r == -ENOENT ? "does not exist" : strerror(-r));
		return MNT_EX_FAIL;
	}
	return mnttuck_set_attributes(job->tuck, change.set, change.clear, change.recursive);
}

/* A clone made here, to be attached in another namespace. */
static int set_path_clone(struct tuck_job *job)
{
	struct attribute_change change = attributes_from_options(
		mnt_context_get_options(job->context), job->flags);
	_cleanup_close_ int tree = -1;
	int r;

	if (job->how == MNTTUCK_MOVE) {
		warnx("%s: a mount can't be moved to another mount namespace; use --bind", job->target);
		return MNT_EX_USAGE;
	}
	tree = open_tree(AT_FDCWD, job->source ?: "",
		OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
			(job->how == MNTTUCK_RBIND ? (unsigned int)AT_RECURSIVE : 0));
	if (tree < 0) {
		warn("%s: can't clone %s", job->target, job->source ?: "");
		return MNT_EX_FAIL;
	}
	r = mnttuck_set_source_tree(job->tuck, tree, job->source);
	if (r == 0)
		r = mnttuck_set_attributes(job->tuck, change.set, change.clear, change.recursive);
	return r < 0 ? say_failure(job, r) : 0;
}

static int set_staged_source(struct tuck_job *job)
{
	struct stage stage;
	int status, r;

	if (job->namespace >= 0)
		/* The target is a path in the other namespace. */
		mnt_context_disable_canonicalize(job->context, 1);
	status = stage_mount(job->context, job->namespace, &stage);
	if (status == 0) {
		r = mnttuck_set_source_tree(job->tuck, stage.tree, job->source);
		status = r < 0 ? MNT_EX_SYSERR : 0;
	} else {
		status = say_stage_failure(job, &stage);
	}
	stage_clear(&stage);
	return status;
}

/* A source of its own namespace is taken before that is left, and a path of the other one after. */
static int set_source_and_target(struct tuck_job *job)
{
	bool here_first = job->kind == KIND_STAGED || job->request->source_from_caller;
	int status = 0, r;

	if (job->namespace >= 0 && here_first && !mnt_context_is_fake(job->context))
		status = job->kind == KIND_STAGED ? set_staged_source(job) : set_path_clone(job);
	if (status == 0)
		status = enter_namespace(job);
	if (status != 0)
		return status;
	r = mnttuck_set_target(job->tuck, AT_FDCWD, job->target);
	if (r < 0)
		return say_failure(job, r);
	if (job->kind == KIND_PATH && !(job->namespace >= 0 && here_first))
		return set_path_source(job);
	return 0;
}

static int finish_utab(struct tuck_job *job)
{
	int id = 0, rc;

	if (mnt_context_is_nomtab(job->context))
		return 0;
	mnt_context_set_syscall_status(job->context, 0);
	rc = mnt_context_finalize_mount(job->context);
	if (rc == 0) {
		mnttuck_get_mount_id(job->tuck, NULL, &id);
		rc = utab_settle(mnt_context_get_target(job->context), id);
	}
	if (rc == 0)
		return 0;
	warnx("%s: tucked, but its options could not be noted in /run/mount/utab", job->target);
	return MNT_EX_FILEIO;
}

static int run_fake(struct tuck_job *job)
{
	int r = mnttuck_explain(job->tuck);

	if (mnt_context_is_verbose(job->context))
		report_checks(job->tuck);
	return r < 0 ? say_failure(job, r) : 0;
}

static int run(struct tuck_job *job)
{
	int status, r;

	status = set_source_and_target(job);
	if (status != 0)
		return status;
	if (mnt_context_is_fake(job->context))
		return run_fake(job);
	if (job->kind == KIND_STAGED && job->namespace < 0) {
		r = mnttuck_check(job->tuck);
		status = r < 0 ? say_failure(job, r) : set_staged_source(job);
		if (status != 0)
			return status;
	}
	stage_block_interrupts();
	r = mnttuck_set_propagation(job->tuck, job->propagation, (job->flags & MS_REC) != 0);
	r = r < 0 ? r : mnttuck_attach(job->tuck);
	if (r < 0)
		return say_failure(job, r);
	status = job->kind == KIND_STAGED ? finish_utab(job) : 0;
	say_success(job);
	return status;
}

int mount_tuck(struct libmnt_context *context, const struct tuck_request *request)
{
	_cleanup_(cleanup_tuck) struct mnttuck *tuck = NULL;
	_cleanup_close_ int namespace = -1;
	_cleanup_free_ char *source = NULL, *target = NULL;
	struct tuck_job job = { .context = context, .request = request };
	int rc;

	stage_catch_interrupts();
	rc = mnt_context_apply_fstab(context);
	if (rc != 0)
		return fail_by_libmount(context, rc);
	if (!mnt_context_get_target(context)) {
		warnx("%s: no target to tuck beneath", mnt_context_get_source(context) ?: "none");
		return MNT_EX_USAGE;
	}
	target = full_target(context);
	source = mnt_context_get_source(context) ? strdup(mnt_context_get_source(context)) : NULL;
	if (!target || (mnt_context_get_source(context) && !source))
		return MNT_EX_SYSERR;
	job.source = source;
	job.target = target;
	rc = take_propagation(&job);
	if (rc != 0)
		return rc;
	choose_kind(&job);
	if (request->namespace) {
		namespace = open(request->namespace, O_RDONLY | O_CLOEXEC);
		if (namespace < 0) {
			warn("can't open the mount namespace %s", request->namespace);
			return MNT_EX_FAIL;
		}
	}
	job.namespace = namespace;
	if (mnttuck_new(&tuck) < 0)
		return MNT_EX_SYSERR;
	job.tuck = tuck;
	mnttuck_set_rules(tuck, request->kernel_rules ? MNTTUCK_KERNEL : MNTTUCK_STRICT);
	return run(&job);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mount --tuck, as the data goes:
 *
 *   libmount's context -> what kind of source -> rules about the target -> the source, as a path
 * (bind, move) or as a detached tree (stage) -> the library attaches -> utab -> what there is to
 * say
 */
#include "mount-tuck.h"

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

#include "attributes.h"
#include "kernel.h"
#include "libmnttuck.h"
#include "report.h"
#include "stage.h"
#include "utab.h"
#include "util.h"

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
	bool is_propagation_recursive;
	char *source, *target; /* as given; libmount's own change as it prepares */
	char *place;	       /* the target's canonical path, in its namespace */
	int namespace;	       /* descriptor of --namespace, or -1 */
	bool has_source;       /* the library has it */
	bool is_prepared;      /* libmount's context is, perhaps with a loop device */
	struct stage stage;
	char *moved_from;  /* the canonical path of a moved mount */
	size_t utab_lines; /* that the target had before */
};

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

/* fstab is that of the namespace in which the target is, as for mount(8) without --tuck. libmount
 * goes there and back, which would lose the working directory and a chroot. */
static int apply_fstab(struct libmnt_context *context, const char *namespace)
{
	_cleanup_close_ int root = -1, cwd = -1;
	int rc;

	if (!namespace)
		return mnt_context_apply_fstab(context);
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	rc = mnt_context_set_target_ns(context, namespace);
	if (rc == 0) {
		rc = mnt_context_apply_fstab(context);
		mnt_context_set_target_ns(context, NULL);
	}
	if (root < 0 || cwd < 0 || fchdir(root) < 0 || chroot(".") < 0 || fchdir(cwd) < 0)
		return rc ?: -errno;
	return rc;
}

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

static const char *const propagation_options[] = {
	"shared", "slave", "private", "unbindable", "rshared", "rslave", "rprivate", "runbindable"};

/* Take the propagation flags out of the context: they are for the attached mount, not for the
 * source. */
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
			if (propagation_options[i][0] == 'r')
				job->is_propagation_recursive = true;
	if (mnt_fs_set_options(fs, options) != 0)
		return MNT_EX_SYSERR;
	/* Without the MS_REC of "rprivate", which would make a --bind an --rbind. */
	mnt_context_get_mflags(job->context, &job->flags);
	return 0;
}

static bool has_option(const char *options, const char *prefix)
{
	_cleanup_free_ char *copy = options ? strdup(options) : NULL;
	char *rest = copy, *name, *value;
	size_t name_size, value_size;

	while (rest && mnt_optstr_next_option(&rest, &name, &name_size, &value, &value_size) == 0)
		if (strncmp(name, prefix, strlen(prefix)) == 0)
			return true;
	return false;
}

/* What mount(8) does to a bind mount beyond its flags. */
static bool needs_libmount(const char *options)
{
	static const char *const prefixes[] = {"X-mount.owner", "X-mount.group", "X-mount.mode",
		"X-mount.subdir", "X-mount.idmap"};

	for (size_t i = 0; i < ELEMENTS(prefixes); i++)
		if (has_option(options, prefixes[i]))
			return true;
	return false;
}

/* Options that make sense for an image only. */
static bool is_told_to_be_image(const char *options)
{
	static const char *const prefixes[] = {"loop", "offset=", "sizelimit=", "verity."};

	for (size_t i = 0; i < ELEMENTS(prefixes); i++)
		if (has_option(options, prefixes[i]))
			return true;
	return false;
}

/* The file's type at @path in @namespace (-1: the caller's); 0: there is none. Only a child may go
 * there before the source has been taken. */
static mode_t file_type(const char *path, int namespace)
{
	struct stat st;
	int status;
	pid_t child;

	if (namespace < 0)
		return stat(path, &st) < 0 ? 0 : st.st_mode & S_IFMT;
	child = fork();
	if (child == 0)
		_exit(setns(namespace, CLONE_NEWNS) < 0 || stat(path, &st) < 0
				? 0
				: (int)((st.st_mode & S_IFMT) >> 12));
	while (child > 0 && waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return 0;
	return child > 0 && WIFEXITED(status) ? (mode_t)WEXITSTATUS(status) << 12 : 0;
}

static bool is_image(struct tuck_job *job)
{
	_cleanup_free_ char *type = NULL;

	if (is_told_to_be_image(mnt_context_get_options(job->context)))
		return true;
	if (S_ISDIR(file_type(job->target, job->namespace)))
		type = mnt_get_fstype(job->source, NULL, NULL);
	return type != NULL;
}

/* An untyped source decides for itself what becomes of it. A device or an image is the caller's, a
 * directory of the namespace in which mount(2) would look it up. */
static enum kind kind_of_untyped(struct tuck_job *job)
{
	mode_t type;

	if (!job->source || mnt_tag_is_valid(job->source))
		return KIND_STAGED;
	type = file_type(job->source, -1);
	if (S_ISBLK(type) || S_ISCHR(type) || (S_ISREG(type) && is_image(job)))
		return KIND_STAGED;
	/* What is nowhere is libmount's to complain of: it may be what a network filesystem takes.
	 */
	return type || (job->namespace >= 0 && file_type(job->source, job->namespace))
		       ? KIND_PATH
		       : KIND_STAGED;
}

static void choose_kind(struct tuck_job *job)
{
	const char *type = mnt_context_get_fstype(job->context);

	job->how = MNTTUCK_BIND;
	if (job->flags & MS_MOVE) {
		job->how = MNTTUCK_MOVE;
		job->kind = KIND_PATH;
	} else if (job->flags & MS_BIND) {
		job->how = job->flags & MS_REC ? MNTTUCK_RBIND : MNTTUCK_BIND;
		job->kind = KIND_PATH;
	} else if (type && strcmp(type, "auto") != 0) {
		job->kind = KIND_STAGED;
	} else {
		job->kind = kind_of_untyped(job);
		if (job->kind == KIND_PATH) {
			job->flags |= MS_BIND;
			mnt_context_set_mflags(job->context, job->flags);
		}
	}
	if (job->how != MNTTUCK_MOVE && job->flags & MS_BIND &&
		needs_libmount(mnt_context_get_options(job->context)))
		job->kind = KIND_STAGED;
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

static int say_stage_failure(const struct tuck_job *job)
{
	const struct stage *stage = &job->stage;

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
	if (job->stage.message && *job->stage.message)
		warnx("%s: %s.", job->target, job->stage.message);
	if (!mnt_context_is_verbose(job->context))
		return;
	report_checks(job->tuck);
	printf("%s: %s tucked beneath the top mount on %s.\n", program_invocation_short_name,
		job->source ?: "none", job->target);
}

/* ---- the source ---- */

static int set_attributes(struct tuck_job *job)
{
	struct attribute_change change =
		attributes_from_options(mnt_context_get_options(job->context), job->flags);

	return mnttuck_set_attributes(job->tuck, change.set, change.clear, change.recursive);
}

static int say_no_source(const struct tuck_job *job, int error)
{
	warnx("%s: special device %s %s.", job->target, job->source ?: "",
		error == -ENOENT ? "does not exist" : strerror(-error));
	return MNT_EX_FAIL;
}

static int set_path_source(struct tuck_job *job)
{
	int r = mnttuck_set_source(job->tuck, AT_FDCWD, job->source ?: "", job->how);

	if (r < 0)
		return say_no_source(job, r);
	if (job->how == MNTTUCK_MOVE)
		job->moved_from = mnt_resolve_path(job->source, NULL);
	return set_attributes(job);
}

/* A clone made here, to be attached in another namespace. */
static int set_path_clone(struct tuck_job *job)
{
	_cleanup_close_ int tree = -1;
	int r;

	if (job->how == MNTTUCK_MOVE) {
		warnx("%s: a mount can't be moved to another mount namespace; use --bind",
			job->target);
		return MNT_EX_USAGE;
	}
	tree = kernel_open_tree(AT_FDCWD, job->source ?: "",
		OPEN_TREE_CLONE | (job->how == MNTTUCK_RBIND ? (unsigned int)AT_RECURSIVE : 0));
	if (tree == -ENOENT || tree == -ENOTDIR || tree == -EACCES)
		return say_no_source(job, tree);
	if (tree < 0) {
		warnx("%s: can't clone %s: %s", job->target, job->source, strerror(-tree));
		return MNT_EX_FAIL;
	}
	r = mnttuck_set_source_tree(job->tuck, tree, job->source);
	job->has_source = r == 0;
	return r < 0 ? say_failure(job, r) : set_attributes(job);
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
	       (source && S_ISBLK(file_type(source, -1)));
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
		warnx("%s: can't find %s.", job->target, job->source);
		return MNT_EX_USAGE;
	}
	return mnt_tag_is_valid(job->source) || file_type(path, -1) ? 0
								    : say_no_source(job, -ENOENT);
}

/* What is the caller's is taken before its namespace is left. */
static int take_source_of_caller(struct tuck_job *job)
{
	size_t lines;
	int status;

	if (job->kind == KIND_PATH)
		return job->request->source_from_caller ? set_path_clone(job) : 0;
	if (mnt_context_is_fake(job->context))
		return check_staged_source(job);
	status = prepare_staged(job);
	if (status != 0 || !is_mounted_from_here(job))
		return status;
	lines = utab_count(job->target);
	status = mount_staged(job, NULL);
	/* A helper's note belongs to the other namespace; libmount makes it there. */
	utab_withdraw(job->target, lines);
	return status;
}

/* ---- the steps ---- */

static int enter_namespace(struct tuck_job *job)
{
	_cleanup_free_ char *given = NULL;

	if (job->namespace < 0)
		return 0;
	if (job->source && *job->source != '/' && job->kind == KIND_PATH) {
		/* mount(8) makes it absolute here, and looks it up there. */
		given = job->source;
		job->source = mnt_resolve_path(given, NULL);
		if (!job->source)
			return MNT_EX_SYSERR;
	}
	if (setns(job->namespace, CLONE_NEWNS) == 0)
		return 0;
	warn("failed to set target namespace to %s", job->request->namespace);
	return MNT_EX_SYSERR;
}

static int set_target(struct tuck_job *job)
{
	int r = mnttuck_set_target(job->tuck, AT_FDCWD, job->target);

	if (r < 0)
		return say_failure(job, r);
	job->place = mnt_resolve_path(job->target, NULL);
	return job->place ? 0 : MNT_EX_SYSERR;
}

/* With the target known: what can be refused is, before anything is mounted. */
static int check_and_stage(struct tuck_job *job)
{
	int r = mnttuck_check(job->tuck), status;

	if (r < 0)
		return say_failure(job, r);
	status = job->namespace < 0 ? prepare_staged(job) : 0;
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

static int attach(struct tuck_job *job)
{
	int r, status;

	stage_block_interrupts();
	if (stage_is_interrupted()) {
		job->stage.status = MNT_EX_USER;
		return say_stage_failure(job);
	}
	r = mnttuck_set_propagation(job->tuck, job->propagation, job->is_propagation_recursive);
	r = r < 0 ? r : mnttuck_attach(job->tuck);
	if (!mnttuck_is_attached(job->tuck))
		return say_failure(job, r);
	status = finish_utab(job);
	if (r < 0)
		return say_failure(job, r);
	say_success(job);
	return status;
}

static int run(struct tuck_job *job)
{
	int status = 0;

	if (job->namespace >= 0)
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

static int read_context(struct tuck_job *job)
{
	struct libmnt_context *context = job->context;
	int rc = apply_fstab(context, job->request->namespace);

	if (rc != 0)
		return fail_by_libmount(context, rc);
	if (!mnt_context_get_target(context)) {
		warnx("%s: no target to tuck beneath", mnt_context_get_source(context) ?: "none");
		return MNT_EX_USAGE;
	}
	job->target = full_target(context);
	job->source =
		mnt_context_get_source(context) ? strdup(mnt_context_get_source(context)) : NULL;
	if (!job->target || (mnt_context_get_source(context) && !job->source))
		return MNT_EX_SYSERR;
	return take_propagation(job);
}

static int open_namespace(struct tuck_job *job)
{
	const char *path = job->request->namespace;

	if (!path)
		return 0;
	job->namespace = open(path, O_RDONLY | O_CLOEXEC);
	if (job->namespace >= 0 && ioctl(job->namespace, NS_GET_NSTYPE) == CLONE_NEWNS)
		return 0;
	if (job->namespace >= 0)
		errno = EINVAL;
	warn("failed to set target namespace to %s", path);
	return MNT_EX_SYSERR;
}

static void clear_job(struct tuck_job *job)
{
	mnttuck_free(job->tuck);
	stage_clear(&job->stage);
	if (job->namespace >= 0)
		close(job->namespace);
	free(job->source);
	free(job->target);
	free(job->place);
	free(job->moved_from);
}

static int tuck(struct tuck_job *job)
{
	int status;

	stage_catch_interrupts();
	status = open_namespace(job);
	status = status ?: read_context(job);
	if (status != 0)
		return status;
	choose_kind(job);
	if (mnttuck_new(&job->tuck) < 0)
		return MNT_EX_SYSERR;
	mnttuck_set_rules(job->tuck, job->request->kernel_rules ? MNTTUCK_KERNEL : MNTTUCK_STRICT);
	return run(job);
}

int mount_tuck(struct libmnt_context *context, const struct tuck_request *request)
{
	struct tuck_job job = {
		.context = context,
		.request = request,
		.namespace = -1,
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kind of source it is, and what the options say: from the context alone, before anything is
 * done. */
#include "tuck/tuck-request.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/fstab.h"
#include "cli/option-string.h"
#include "cli/start.h"
#include "i18n.h"
#include "tuck/tuck-options.h"
#include "util.h"

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

/* fstab is that of the namespace in which the target is, as for mount(8) without --tuck. libmount
 * goes there and back, which would lose the working directory and a chroot. */
static int apply_fstab(struct libmnt_context *context, const char *mntns)
{
	_cleanup_close_ int root = -1, cwd = -1;
	int rc;

	if (!mntns)
		return mnt_context_apply_fstab(context);
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	rc = mnt_context_set_target_ns(context, mntns);
	if (rc == 0) {
		rc = mnt_context_apply_fstab(context);
		mnt_context_set_target_ns(context, NULL);
	}
	if (root < 0 || cwd < 0 || fchdir(root) < 0 || chroot(".") < 0 || fchdir(cwd) < 0)
		return rc ?: -errno;
	return rc;
}

/*
 * The options as they were written. libmount up to 2.38 hands out those; a later one what it made
 * of them: with a "rw" that nobody wrote, and without what "ro" is said to be about.
 * @was_complete: source and target were given.
 */
static void take_options(struct tuck_job *job, bool was_complete)
{
	const char *given = job->request->options, *first = NULL, *last = NULL;
	int mode = mnt_context_get_optsmode(job->context);
	struct libmnt_fs *entry = NULL;

	if (!was_complete || mode & MNT_OMODE_FORCE)
		entry = fstab_entry(job->context);
	if (entry && !(mode & (MNT_OMODE_NOTAB | MNT_OMODE_IGNORE)))
		first = mnt_fs_get_options(entry);
	if (!(mode & MNT_OMODE_REPLACE && entry))
		last = given;
	if (mode & MNT_OMODE_APPEND && first && last) {
		last = first;
		first = given;
	}
	if (asprintf(&job->options, "%s%s%s", first ?: "", first && last ? "," : "", last ?: "") <
		0)
		out_of_memory();
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
	_cleanup_free_ char *options = NULL;
	unsigned long flags = 0;

	errno = 0;
	options = mnt_fs_strdup_options(fs);
	if (!options && errno == ENOMEM)
		out_of_memory();
	mnt_context_get_mflags(job->context, &flags);
	job->propagation = flags & MS_PROPAGATION;
	job->flags = flags & ~(unsigned long)MS_PROPAGATION;
	if (job->propagation & (job->propagation - 1)) {
		warnx(_("only one propagation flag can be given with --tuck"));
		return MNT_EX_USAGE;
	}
	if (!job->propagation)
		return 0;
	for (size_t i = 0; options && i < ELEMENTS(propagation_options); i++)
		while (mnt_optstr_remove_option(&options, propagation_options[i]) == 0)
			if (propagation_options[i][0] == 'r')
				job->is_propagation_recursive = true;
	if (mnt_fs_set_options(fs, options) != 0)
		out_of_memory();
	/* Without the MS_REC of "rprivate", which would make a --bind an --rbind. */
	mnt_context_get_mflags(job->context, &job->flags);
	return 0;
}

static bool has_option(const char *options, const char *prefix)
{
	struct option_in_string option;

	while (next_option(&options, &option))
		if (strncmp(option.name, prefix, strlen(prefix)) == 0)
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

/* Only a child may go to another namespace before the source has been taken. */
mode_t job_file_type(const char *path, int mntns)
{
	struct stat st;
	int status;
	pid_t child;

	if (mntns < 0)
		return stat(path, &st) < 0 ? 0 : st.st_mode & S_IFMT;
	child = fork();
	if (child == 0)
		_exit(setns(mntns, CLONE_NEWNS) < 0 || stat(path, &st) < 0
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
	if (S_ISDIR(job_file_type(job->target, job->mntns)))
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
	type = job_file_type(job->source, -1);
	if (S_ISBLK(type) || S_ISCHR(type) || (S_ISREG(type) && is_image(job)))
		return KIND_STAGED;
	/* What is nowhere is libmount's to complain of: it may be what a network filesystem takes.
	 */
	return type || (job->mntns >= 0 && job_file_type(job->source, job->mntns)) ? KIND_PATH
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

int job_read(struct tuck_job *job)
{
	struct libmnt_context *context = job->context;
	bool was_complete = mnt_context_get_source(context) && mnt_context_get_target(context);
	int rc = apply_fstab(context, job->request->mntns);

	if (rc != 0)
		return fail_by_libmount(context, rc);
	if (!mnt_context_get_target(context)) {
		warnx(_("%s: no target to tuck beneath"),
			mnt_context_get_source(context) ?: "none");
		return MNT_EX_USAGE;
	}
	job->target = full_target(context);
	job->source =
		mnt_context_get_source(context) ? strdup(mnt_context_get_source(context)) : NULL;
	if (!job->target || (mnt_context_get_source(context) && !job->source))
		out_of_memory();
	take_options(job, was_complete);
	job->stage.needs_libmount = attributes_are_split(job->options);
	rc = take_propagation(job);
	if (rc == 0)
		choose_kind(job);
	return rc;
}

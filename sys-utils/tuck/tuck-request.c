/* SPDX-License-Identifier: GPL-2.0-or-later */
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
#include "cli/namespace-option.h"
#include "cli/start.h"
#include "i18n.h"
#include "kernel.h"
#include "tuck/act.h"
#include "tuck/base.h"
#include "util.h"

/* ---- fstab ---- */

/* Print libmount's message for @rc: fstab has nothing that completes the command line. libmount has
 * that message only for a mount that it prepares. Preparing fails in the same way, and because it
 * is a fake, it changes nothing. */
static int fail_by_libmount(struct libmnt_context *context, int rc)
{
	char message[BUFSIZ] = "";
	const char *target;
	int prepared, status;

	mnt_context_enable_fake(context, true);
	prepared = mnt_context_prepare_mount(context);
	status = mnt_context_get_excode(context, prepared ?: rc, message, sizeof(message));
	target = mnt_context_get_target(context) ?: mnt_context_get_source(context);
	if (*message)
		warnx(target ? "%2$s: %1$s." : "%1$s.", message, target);
	return status ?: MNT_EX_USAGE;
}

/* As for mount(8) without --tuck, fstab is that of the target's namespace. libmount enters the
 * namespace and comes back. That changes the root and the working directory, so they are restored.
 */
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

/* ---- options ---- */

/*
 * The options of the command line and of fstab, as they were written, joined as libmount joins
 * them.
 * @was_complete: source and target were given, so that libmount does not ask fstab.
 */
static char *written_options(struct libmnt_context *context, const char *given, bool was_complete)
{
	int mode = mnt_context_get_optsmode(context);
	const char *first = NULL, *last = NULL;
	struct libmnt_fs *entry = NULL;
	char *options;

	if (!was_complete || mode & MNT_OMODE_FORCE)
		entry = fstab_entry(context);
	if (entry && !(mode & (MNT_OMODE_NOTAB | MNT_OMODE_IGNORE)))
		first = mnt_fs_get_options(entry);
	if (!(mode & MNT_OMODE_REPLACE && entry))
		last = given;
	if (mode & MNT_OMODE_APPEND && first && last) {
		last = first;
		first = given;
	}
	if (asprintf(&options, "%s%s%s", first ?: "", first && last ? "," : "", last ?: "") < 0)
		out_of_memory();
	return options;
}

void clear_propagation(struct libmnt_context *context)
{
	struct libmnt_fs *fs = mnt_context_get_fs(context);
	_cleanup_free_ char *options = mnt_fs_strdup_options(fs);

	if (!options || tuck_options_remove_propagation(&options) < 0 ||
		mnt_fs_set_options(fs, options) != 0)
		out_of_memory();
}

static int read_options(struct tuck_request *request, struct libmnt_context *context,
	const char *given, bool was_complete)
{
	unsigned long propagation;

	request->written = written_options(context, given, was_complete);
	if (tuck_options_read(&request->options, request->written) < 0)
		out_of_memory();
	propagation = request->options.propagation;
	if (propagation & (propagation - 1)) {
		warnx(_("only one propagation flag can be given with --tuck"));
		return MNT_EX_USAGE;
	}
	return 0;
}

/* ---- source and target ---- */

/* libmount puts the prefix before the target only when it prepares the mount. */
static char *full_target(struct libmnt_context *context)
{
	const char *prefix = mnt_context_get_target_prefix(context);
	const char *target = mnt_context_get_target(context);
	char *path = NULL;

	if (!prefix)
		return strdup(target);
	return asprintf(&path, "%s/%s", prefix, target + strspn(target, "/")) < 0 ? NULL : path;
}

static int read_paths(struct tuck_request *request, struct libmnt_context *context)
{
	const char *source = mnt_context_get_source(context);

	if (!mnt_context_get_target(context)) {
		warnx(_("%s: no target to tuck beneath"), source ?: "none");
		return MNT_EX_USAGE;
	}
	request->target = full_target(context);
	request->source = source ? strdup(source) : NULL;
	if (!request->target || (source && !request->source))
		out_of_memory();
	return 0;
}

/* The file may be a mount's root. Its type is asked for without asking the filesystem's server,
 * which may be dead. */
static mode_t type_here(const char *path)
{
	struct mount_identity identity;

	return kernel_identify_once(AT_FDCWD, path, 0, &identity) < 0 ? 0 : identity.mode & S_IFMT;
}

/* A child looks there, because setns(2) changes the root and the working directory of a process. */
mode_t file_type(const char *path, int mntns)
{
	int status;
	pid_t child;

	if (mntns < 0)
		return type_here(path);
	child = fork();
	if (child == 0)
		_exit(setns(mntns, CLONE_NEWNS) < 0 ? 0 : (int)(type_here(path) >> 12));
	while (child > 0 && waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return 0;
	return child > 0 && WIFEXITED(status) ? (mode_t)WEXITSTATUS(status) << 12 : 0;
}

/* ---- the kind of source ---- */

static bool is_image(const struct tuck_request *request)
{
	_cleanup_free_ char *type = NULL;

	if (request->options.kinds & OPTIONS_FOR_IMAGE)
		return true;
	if (S_ISDIR(file_type(request->target, request->mntns)))
		type = mnt_get_fstype(request->source, NULL, NULL);
	return type != NULL;
}

/* Without a type and without --bind the file decides. A device or an image is looked up in the
 * caller's namespace; a directory in the target's namespace, as mount(2) would do it there. */
static enum source_kind kind_of_untyped(const struct tuck_request *request)
{
	mode_t type;

	if (!request->source || mnt_tag_is_valid(request->source))
		return SOURCE_STAGED;
	type = file_type(request->source, -1);
	if (S_ISBLK(type) || S_ISCHR(type) || (S_ISREG(type) && is_image(request)))
		return SOURCE_STAGED;
	if (type || (request->mntns >= 0 && file_type(request->source, request->mntns)))
		return SOURCE_PATH;
	/* No such file: libmount prints the error message, or it is the name of a network
	 * filesystem. */
	return SOURCE_STAGED;
}

static void choose_kind(struct tuck_request *request, struct libmnt_context *context)
{
	unsigned long flags = 0;

	mnt_context_get_mflags(context, &flags);
	request->how = MNTTUCK_BIND;
	if (flags & MS_MOVE) {
		request->how = MNTTUCK_MOVE;
		request->kind = SOURCE_PATH;
		return;
	}
	if (flags & MS_BIND) {
		request->how = flags & MS_REC ? MNTTUCK_RBIND : MNTTUCK_BIND;
		request->kind = SOURCE_PATH;
	} else if (request->has_type) {
		request->kind = SOURCE_STAGED;
	} else {
		request->kind = kind_of_untyped(request);
		if (request->kind == SOURCE_PATH) {
			flags |= MS_BIND;
			mnt_context_set_mflags(context, flags);
		}
	}
	if (flags & MS_BIND && request->options.kinds & OPTIONS_FOR_BIND)
		request->kind = SOURCE_STAGED;
}

/* Whether the source is a file or a device that does not exist. What a filesystem without a device
 * calls its source need not exist. */
static bool lacks_source(const struct tuck_request *request, struct libmnt_context *context)
{
	const char *type = mnt_context_get_fstype(context);
	_cleanup_free_ char *device = NULL;

	if (!request->source)
		return false;
	if (request->kind == SOURCE_PATH)
		return !file_type(
			request->source, request->source_from_caller ? -1 : request->mntns);
	if (type && (mnt_fstype_is_pseudofs(type) || mnt_fstype_is_netfs(type)))
		return false;
	if (mnt_tag_is_valid(request->source)) {
		device = mnt_resolve_spec(request->source, mnt_context_get_cache(context));
		return !device || access(device, F_OK) < 0;
	}
	return *request->source == '/' && !file_type(request->source, -1);
}

/* mount(8) makes the source absolute in the caller's namespace, and looks it up in the target's. */
static void make_source_absolute(struct tuck_request *request)
{
	_cleanup_free_ char *given = request->source;

	request->source = canonical_path(given);
}

/* The kind of source is decided by the files that are there, with --from-base by those of the base.
 */
static int look_at_source(struct tuck_request *request, struct libmnt_context *context)
{
	struct base base;
	int status = request->from_base ? base_enter(&base, request->target) : 0;

	if (status != 0)
		return status;
	choose_kind(request, context);
	request->is_excused =
		request->options.kinds & OPTIONS_NO_FAIL && lacks_source(request, context);
	if (request->from_base)
		base_leave(&base);
	return 0;
}

/* What --from-base can't be combined with. */
static int check_from_base(const struct tuck_request *request)
{
	if (request->from_base && request->mntns >= 0)
		warnx(_("--from-base does not go with --namespace"));
	else if (request->from_base && request->kind == SOURCE_PATH && request->how == MNTTUCK_MOVE)
		warnx(_("--from-base does not go with --move: the mount would be moved out of a "
			"copy of the mount namespace"));
	else
		return 0;
	return MNT_EX_USAGE;
}

/* ---- all of it ---- */

static int fill_in(struct tuck_request *request, struct libmnt_context *context,
	const struct tuck_command *command)
{
	bool was_complete = mnt_context_get_source(context) && mnt_context_get_target(context);
	const char *type;
	int rc, status;

	if (command->mntns && (request->mntns = namespace_open(command->mntns)) < 0)
		return MNT_EX_SYSERR;
	rc = apply_fstab(context, command->mntns);
	if (rc != 0)
		return fail_by_libmount(context, rc);
	status = read_paths(request, context);
	status = status ?: read_options(request, context, command->options, was_complete);
	if (status != 0)
		return status;
	type = mnt_context_get_fstype(context);
	request->has_type = type && strcmp(type, "auto") != 0;
	status = look_at_source(request, context);
	status = status ?: check_from_base(request);
	if (status != 0)
		return status;
	if (request->kind == SOURCE_PATH && !request->source) {
		warnx(_("%s: no source to tuck beneath it"), request->target);
		return MNT_EX_USAGE;
	}
	if (request->mntns >= 0 && request->kind == SOURCE_PATH && *request->source != '/')
		make_source_absolute(request);
	request->is_fake = mnt_context_is_fake(context);
	request->is_verbose = mnt_context_is_verbose(context);
	request->keeps_utab = !mnt_context_is_nomtab(context);
	return 0;
}

int tuck_request_read(struct tuck_request *request, struct libmnt_context *context,
	const struct tuck_command *command)
{
	*request = (struct tuck_request){
		.operations = MNTTUCK_TUCK | (command->reveal ? (unsigned int)MNTTUCK_REVEAL : 0) |
			      command->reveal_how |
			      (command->everywhere ? (unsigned int)MNTTUCK_EVERYWHERE : 0) |
			      (command->carry ? (unsigned int)MNTTUCK_CARRY : 0),
		.rules = command->kernel_rules ? MNTTUCK_KERNEL : MNTTUCK_STRICT,
		.source_from_caller = command->source_from_caller,
		.wait = command->wait,
		.try = command->try,
		.is_json = command->json,
		.from_base = command->from_base,
		.mntns_path = command->mntns,
		.mntns = -1,
	};
	return fill_in(request, context, command);
}

void tuck_request_clear(struct tuck_request *request)
{
	if (request->mntns >= 0)
		close(steal_fd(&request->mntns));
	free(steal_pointer(&request->source));
	free(steal_pointer(&request->target));
	free(steal_pointer(&request->written));
	tuck_options_clear(&request->options);
}

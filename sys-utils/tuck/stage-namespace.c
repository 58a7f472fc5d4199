/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tuck/stage-namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "i18n.h"
#include "kernel.h"
#include "own-namespace.h"
#include "tuck/stage-child.h"
#include "tuck/stage-direct.h"
#include "util.h"

/*
 * A helper may leave a server behind, as FUSE does. The server stays in the staging namespace, and
 * so the mounts there stay, too. Therefore they are slaves: what is mounted or unmounted outside is
 * mounted or unmounted there as well. The new mount arrives there, too; stage_leave_copy() unmounts
 * it.
 *
 * Without a helper all mounts are private, because then mountinfo is read faster: for each slave
 * the kernel searches the whole peer group.
 */
static int enter_staging_namespace(bool has_helper)
{
	if (unshare(CLONE_NEWNS) < 0)
		return -errno;
	return has_helper ? own_namespace_make_slave() : own_namespace_make_private();
}

/* Make an empty file on @tmpfs, which is not attached, and clone it. Before Linux 6.15 nothing is
 * cloned from a mount that is not attached, so it is for a moment. */
static int clone_empty_file(int tmpfs)
{
	_cleanup_close_ int root = kernel_open_path(AT_FDCWD, "/");
	_cleanup_close_ int directory = kernel_open_path(AT_FDCWD, ".");
	int clone, r;

	if (root < 0 || directory < 0)
		return root < 0 ? root : directory;
	if (mknodat(tmpfs, "cover", S_IFREG | 0644, 0) < 0)
		return -errno;
	r = kernel_move_mount(tmpfs, root, 0);
	if (r < 0)
		return r;
	clone = kernel_open_tree(tmpfs, "cover", OPEN_TREE_CLONE);
	if (fchdir(tmpfs) == 0)
		(void)!umount2(".", MNT_DETACH);
	(void)!fchdir(directory);
	return clone;
}

/* Cover @target by an empty directory, or by an empty file: libfuse 2 mounts on nothing else, and a
 * helper would ask the filesystem that is mounted there, which may be dead. Returns 0 or -errno. */
static int cover_target(const char *target)
{
	_cleanup_close_ int place = kernel_open_path(AT_FDCWD, target);
	_cleanup_close_ int tmpfs = -1, file = -1;
	_cleanup_free_ char *log = NULL;
	struct statx st;

	if (place < 0)
		return place;
	tmpfs = direct_mount("tmpfs", 0, "none", "mode=0755", &log);
	if (tmpfs < 0)
		return tmpfs;
	if (statx(place, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &st) < 0 ||
		!S_ISREG(st.stx_mode))
		return kernel_move_mount(tmpfs, place, 0);
	file = clone_empty_file(tmpfs);
	return file < 0 ? file : kernel_move_mount(file, place, 0);
}

/* Unmount all mounts at the target. Old ones are of no use to a daemon, either. */
static void clear_target(const char *target)
{
	/* Until nothing is mounted there. One more try after a failure, because a mount that
	 * remains would keep a daemon alive. */
	for (int failures = 0; failures < 2;)
		failures += umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW) < 0;
}

/*
 * The file @subdirectory of the filesystem that is mounted at @place. Its path does not leave the
 * filesystem: others may have put a link there that leads to a directory of this machine, which the
 * options of the new mount are not meant for.
 */
static int open_subdirectory(int place, const char *subdirectory)
{
	const struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	enum { MOST_TRIES = 100 };
	int r = -EAGAIN;

	subdirectory += strspn(subdirectory, "/");
	/* EAGAIN: somebody has renamed something meanwhile. */
	for (int i = 0; i < MOST_TRIES && r == -EAGAIN; i++)
		r = kernel_open_how(place, *subdirectory ? subdirectory : ".", &how);
	return r;
}

/* Clone the new mount at @target, or that directory of it. */
static int clone_target(const char *target, const char *subdirectory, struct staged *answer)
{
	_cleanup_close_ int place = kernel_open_path(AT_FDCWD, target);
	_cleanup_close_ int part = -1;

	if (place < 0)
		return place;
	if (subdirectory) {
		part = open_subdirectory(place, subdirectory);
		answer->lacks_subdirectory = part < 0;
		if (part < 0)
			return part;
	}
	return kernel_open_tree(
		part >= 0 ? part : place, "", OPEN_TREE_CLONE | AT_RECURSIVE | AT_EMPTY_PATH);
}

/* The parameters of stage_in_namespace(). */
struct errand {
	struct libmnt_context *context;
	const char *target;
	bool has_helper;
	const char *subdirectory;
};

static int mount_in_namespace(const void *data, int socket)
{
	const struct errand *errand = data;
	struct libmnt_context *context = errand->context;
	const char *target = errand->target;
	struct staged answer = STAGED_NOTHING;
	struct mount_identity before = {0}, after = {0};
	_cleanup_close_ int tree = -1, copy = -1, place = -1;
	int rc;

	if (!target)
		return stage_answer_failure(socket, &answer, MNT_EX_SYSERR,
			_("can't find a directory to mount on first"), -ENOENT);
	rc = enter_staging_namespace(errand->has_helper);
	if (rc == 0 && errand->has_helper)
		rc = cover_target(target);
	if (rc < 0)
		return stage_answer_failure(
			socket, &answer, MNT_EX_SYSERR, _("can't make a staging namespace"), rc);
	kernel_identify(AT_FDCWD, target, 0, &before);
	/* The program writes utab, after it has attached the mount. */
	mnt_context_disable_mtab(context, 1);
	rc = mnt_context_mount(context);
	answer.status = mnt_context_get_excode(context, rc, answer.message, sizeof(answer.message));
	if (mnt_context_syscall_called(context))
		answer.error = -abs(mnt_context_get_syscall_errno(context));
	if (answer.status == MNT_EX_SUCCESS) {
		kernel_identify(AT_FDCWD, target, 0, &after);
		if (before.short_id == after.short_id)
			return stage_answer_failure(socket, &answer, MNT_EX_FAIL,
				_("the helper or libmount said it was done, but nothing is "
				  "mounted"),
				0);
		tree = clone_target(target, errand->subdirectory, &answer);
		clear_target(target);
		if (answer.lacks_subdirectory)
			return stage_answer_failure(socket, &answer, MNT_EX_FAIL, "", 0);
		if (tree < 0)
			return stage_answer_failure(socket, &answer, MNT_EX_SYSERR,
				_("can't take the new mount out of its staging namespace"), tree);
		if (errand->has_helper) {
			copy = kernel_open_own_namespace();
			place = kernel_open_path(AT_FDCWD, target);
		}
	}
	answer.tree = tree;
	answer.copy = copy;
	answer.place = place;
	stage_answer(socket, &answer);
	return answer.status;
}

void stage_in_namespace(struct libmnt_context *context, const char *target, bool has_helper,
	const char *subdirectory, struct staged *staged)
{
	const struct errand errand = {
		.context = context,
		.target = target,
		.has_helper = has_helper,
		.subdirectory = subdirectory,
	};

	stage_in_child(mount_in_namespace, &errand, staged);
}

/* The parameters of stage_cut_in_namespace(). */
struct cut {
	int tree;
	const char *target, *subdirectory;
};

static int cut_in_namespace(const void *data, int socket)
{
	const struct cut *cut = data;
	struct staged answer = STAGED_NOTHING;
	_cleanup_close_ int place = -1, tree = -1;
	int r = enter_staging_namespace(/* has_helper= */ false);

	if (r == 0)
		r = place = kernel_open_path(AT_FDCWD, cut->target);
	if (r >= 0)
		r = kernel_move_mount(cut->tree, place, 0);
	if (r >= 0)
		r = tree = clone_target(cut->target, cut->subdirectory, &answer);
	if (answer.lacks_subdirectory)
		return stage_answer_failure(socket, &answer, MNT_EX_FAIL, "", 0);
	if (r < 0)
		return stage_answer_failure(socket, &answer, MNT_EX_SYSERR,
			_("can't take the new mount out of its staging namespace"), r);
	answer.tree = tree;
	stage_answer(socket, &answer);
	return MNT_EX_SUCCESS;
}

void stage_cut_in_namespace(
	int tree, const char *target, const char *subdirectory, struct staged *staged)
{
	const struct cut cut = {.tree = tree, .target = target, .subdirectory = subdirectory};

	stage_in_child(cut_in_namespace, &cut, staged);
}

void stage_leave_copy(int copy, int place)
{
	pid_t process = fork();

	if (process == 0) {
		if (setns(copy, CLONE_NEWNS) == 0 && fchdir(place) == 0)
			(void)!umount2(".", MNT_DETACH);
		_exit(0);
	}
	while (process > 0 && waitpid(process, NULL, 0) < 0 && errno == EINTR)
		;
}

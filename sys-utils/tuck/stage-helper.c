/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tuck/stage-helper.h"

#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "i18n.h"
#include "kernel.h"
#include "own-namespace.h"
#include "tuck/stage-child.h"
#include "tuck/stage-direct.h"
#include "tuck/stage-subdirectory.h"
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
	/* umount2() fails when nothing is mounted there. It is tried once more, because a mount
	 * that remains would keep a daemon alive. */
	for (int failures = 0; failures < 2;)
		failures += umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW) < 0;
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
		tree = clone_subdirectory(target, errand->subdirectory, &answer);
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

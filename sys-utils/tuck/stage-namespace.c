/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tuck/stage-namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/interrupt.h"
#include "i18n.h"
#include "kernel.h"
#include "own-namespace.h"
#include "util.h"

#define RUNTIME_DIRECTORY "/run/mount"

/* ---- the worker: sends one answer, with the tree's descriptor after a success ---- */

union descriptor_message {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

static void send_answer(int socket, struct staged *answer, int tree)
{
	struct iovec part = {.iov_base = answer, .iov_len = sizeof(*answer)};
	union descriptor_message control = {0};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (tree >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		control.header = (struct cmsghdr){
			.cmsg_len = CMSG_LEN(sizeof(int)),
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
		};
		memcpy(CMSG_DATA(&control.header), &tree, sizeof(tree));
	}
	while (sendmsg(socket, &message, MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

/* Make the mount private in which the last component of @target is looked up. */
static void make_parent_private(const char *target)
{
	_cleanup_free_ char *path = strdup(target);
	char *slash;

	while (path && (slash = strrchr(path, '/'))) {
		slash[slash == path] = '\0';
		if (mount(NULL, path, NULL, MS_PRIVATE, NULL) == 0 || slash == path)
			return;
	}
}

/*
 * A helper may leave a daemon behind, as FUSE does. The daemon stays in the staging namespace, and
 * so the mounts there stay, too. Therefore they are slaves: what is unmounted outside is unmounted
 * there as well. Only the target's parent is private: otherwise the new mount, once it is attached,
 * would also appear in the staging namespace. There it would keep its own daemon alive, and no
 * unmount would reach it.
 *
 * Without a helper all mounts are private, because then mountinfo is read faster: for each slave
 * the kernel searches the whole peer group.
 */
static int enter_staging_namespace(const char *target, bool has_helper)
{
	int r;

	if (unshare(CLONE_NEWNS) < 0)
		return -errno;
	r = has_helper ? own_namespace_make_slave() : own_namespace_make_private();
	if (r == 0 && has_helper)
		make_parent_private(target);
	return r;
}

/* Unmount all mounts at the target. Old ones are of no use to a daemon, either. */
static void clear_target(const char *target)
{
	/* Until nothing is mounted there. One more try after a failure, because a mount that
	 * remains would keep a daemon alive. */
	for (int failures = 0; failures < 2;)
		failures += umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW) < 0;
}

/* For X-mount.subdir libmount mounts in one more namespace, and binds the subdirectory to the
 * target there. That bind has to propagate to this namespace. libmount also makes a directory
 * beside utab and does not remove it, so it gets a tmpfs for that. */
static void prepare_for_subdir(const char *target)
{
	(void)!mkdir(RUNTIME_DIRECTORY, 0755); /* the guard removes it if it did not exist */
	(void)!mount("none", RUNTIME_DIRECTORY, "tmpfs", 0, "mode=0755");
	if (mount(NULL, target, NULL, MS_SHARED, NULL) < 0 &&
		mount("none", target, "tmpfs", 0, NULL) == 0)
		(void)!mount(NULL, target, NULL, MS_SHARED, NULL);
}

static int answer_failure(
	int socket, struct staged *answer, int status, const char *what, int error)
{
	answer->status = status;
	snprintf(answer->message, sizeof(answer->message), "%s%s%s", what, error ? ": " : "",
		error ? strerror(-error) : "");
	send_answer(socket, answer, -1);
	return status;
}

/* The parameters of stage_in_namespace(), for the child processes. */
struct errand {
	struct libmnt_context *context;
	const char *target;
	bool has_helper, has_subdir;
	int socket; /* for the answer */
};

static int worker(const struct errand *errand)
{
	struct libmnt_context *context = errand->context;
	const char *target = errand->target;
	int socket = errand->socket;
	struct staged answer = {.status = MNT_EX_SYSERR};
	struct mount_identity before = {0}, after = {0};
	_cleanup_close_ int tree = -1;
	int rc;

	if (!target)
		return answer_failure(socket, &answer, MNT_EX_SYSERR,
			_("can't find a directory to mount on first"), -ENOENT);
	rc = enter_staging_namespace(target, errand->has_helper);
	if (rc < 0)
		return answer_failure(
			socket, &answer, MNT_EX_SYSERR, _("can't make a staging namespace"), rc);
	if (errand->has_subdir)
		prepare_for_subdir(target);
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
			return answer_failure(socket, &answer, MNT_EX_FAIL,
				_("the helper or libmount said it was done, but nothing is "
				  "mounted"),
				0);
		tree = kernel_open_tree(AT_FDCWD, target, OPEN_TREE_CLONE | AT_RECURSIVE);
		clear_target(target);
		if (tree < 0)
			return answer_failure(socket, &answer, MNT_EX_SYSERR,
				_("can't take the new mount out of its staging namespace"), tree);
	}
	send_answer(socket, &answer, tree);
	return answer.status;
}

/* ---- the guard: waits for the worker, and kills what the worker leaves after a failure ---- */

/* A child that is still running, or 0: none can be found. */
static pid_t first_child(void)
{
	for (;;) {
		_cleanup_fclose_ FILE *file = fopen("/proc/thread-self/children", "re");
		int pid = 0;
		pid_t ended;

		if (!file || fscanf(file, "%d", &pid) != 1)
			return 0;
		ended = waitpid(pid, NULL, WNOHANG);
		/* ended < 0: the number is not of a child, so /proc shows another pid namespace. */
		if (ended <= 0)
			return ended < 0 ? 0 : pid;
	}
}

/* Kill @process and its descendants. When a process ends, its children become the guard's, which is
 * the subreaper. */
static void kill_descendants(pid_t process)
{
	while (process > 0) {
		kill(process, SIGKILL);
		while (waitpid(process, NULL, 0) < 0 && errno == EINTR)
			;
		process = first_child();
	}
}

/* Wait until the worker ends, or until the program ends or is interrupted (both give SIGTERM). */
static void guard_wait(pid_t process, const sigset_t *awaited)
{
	for (;;) {
		int signal, status;
		pid_t ended;

		if (sigwait(awaited, &signal) != 0 || signal == SIGTERM) {
			kill_descendants(process);
			return;
		}
		while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
			if (ended != process)
				continue;
			/* After a success a daemon goes on running; init gets it when the guard
			 * ends. */
			if (!WIFEXITED(status) || WEXITSTATUS(status) != MNT_EX_SUCCESS)
				kill_descendants(first_child());
			return;
		}
	}
}

static _Noreturn void guard(const struct errand *errand, pid_t program, const sigset_t *mask)
{
	bool has_directory = access(RUNTIME_DIRECTORY, F_OK) == 0;
	pid_t process, group = getpgrp();
	sigset_t awaited;

	sigemptyset(&awaited);
	sigaddset(&awaited, SIGTERM);
	sigaddset(&awaited, SIGCHLD);
	sigprocmask(SIG_BLOCK, &awaited, NULL);
	/* A signal to the program's process group must not end the guard, which cleans up. The
	 * worker returns to that group, so that a helper can ask for a password on the terminal. */
	setpgid(0, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != program)
		_exit(MNT_EX_USER);
	process = fork();
	if (process == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setpgid(0, group);
		sigprocmask(SIG_SETMASK, mask, NULL);
		interrupts_reset();
		_exit(worker(errand));
	}
	close(errand->socket);
	if (process < 0)
		_exit(MNT_EX_SYSERR);
	guard_wait(process, &awaited);
	if (!has_directory)
		rmdir(RUNTIME_DIRECTORY);
	_exit(MNT_EX_SUCCESS);
}

/* ---- the program ---- */

static int received_descriptor(struct cmsghdr *header)
{
	int fd;

	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

static int receive_answer(int socket, struct staged *answer)
{
	struct iovec part = {.iov_base = answer, .iov_len = sizeof(*answer)};
	union descriptor_message control = {0};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);

	answer->tree = -1;
	if (n < 0)
		return -errno;
	if (message.msg_controllen >= CMSG_LEN(sizeof(int)) &&
		control.header.cmsg_type == SCM_RIGHTS)
		answer->tree = received_descriptor(&control.header);
	return n == (ssize_t)sizeof(*answer) ? 0 : -EPIPE;
}

/* Wait for the answer, and for the guard's end. A signal to this program stops the guard. */
static int await_answer(int socket, pid_t process, const sigset_t *mask, struct staged *answer)
{
	struct pollfd watched = {.fd = socket, .events = POLLIN};
	int r = 0;

	while (!interrupts_arrived() && r == 0) {
		r = ppoll(&watched, 1, NULL, mask) < 0 ? -errno : 1;
		if (r == -EINTR)
			r = 0;
	}
	if (interrupts_arrived())
		kill(process, SIGTERM);
	else if (r > 0)
		r = receive_answer(socket, answer);
	while (waitpid(process, NULL, 0) < 0 && errno == EINTR)
		;
	return interrupts_arrived() || interrupts_pending() ? -EINTR : r;
}

static void staged_fail(struct staged *staged, int status, const char *message)
{
	if (staged->tree >= 0)
		close(steal_fd(&staged->tree));
	staged->status = status;
	snprintf(staged->message, sizeof(staged->message), "%s", message);
}

void stage_in_namespace(struct libmnt_context *context, const char *target, bool has_helper,
	bool has_subdir, struct staged *staged)
{
	struct errand errand = {
		.context = context,
		.target = target,
		.has_helper = has_helper,
		.has_subdir = has_subdir,
	};
	_cleanup_close_ int receiver = -1;
	pid_t program = getpid(), process;
	sigset_t mask;
	int ends[2], r;

	*staged = (struct staged){.tree = -1};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
		staged_fail(staged, MNT_EX_SYSERR, strerror(errno));
		return;
	}
	receiver = ends[0];
	errand.socket = ends[1];
	sigprocmask(SIG_BLOCK, NULL, &mask);
	interrupts_block();
	fflush(NULL);
	process = fork();
	if (process == 0) {
		close(receiver);
		guard(&errand, program, &mask);
	}
	close(ends[1]);
	r = process < 0 ? -errno : await_answer(receiver, process, &mask, staged);
	if (r == -EINTR)
		staged_fail(staged, MNT_EX_USER, _("interrupted"));
	else if (r < 0)
		staged_fail(
			staged, MNT_EX_SYSERR, _("the staging process ended without an answer"));
	/* After a success the signals stay blocked until the tree is attached. After MNT_EX_USER
	 * the program ends anyway, and a pending signal would print a second message. */
	if (staged->status != MNT_EX_SUCCESS && staged->status != MNT_EX_USER)
		sigprocmask(SIG_SETMASK, &mask, NULL);
}

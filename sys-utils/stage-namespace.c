/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stage-namespace.h"

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
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel.h"
#include "stage.h"
#include "util.h"

static volatile sig_atomic_t is_interrupted;

void stage_namespace_interrupt(void)
{
	is_interrupted = 1;
}

/* ---- the worker: sends one answer, with the tree's descriptor if there is one ---- */

struct answer {
	int status;
	bool helper_spoke;
	char message[1024];
};

union descriptor_message {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

static void send_answer(int socket, struct answer *answer, int tree)
{
	struct iovec part = { .iov_base = answer, .iov_len = sizeof(*answer) };
	union descriptor_message control = { 0 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

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

/* What is mounted at the target in the staging namespace is of no use to a daemon that stays behind in it,
 * and would be held by it: the copy of the new mount would hold the daemon itself. */
static void clear_target(const char *target)
{
	while (umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		;
}

static int enter_staging_namespace(int namespace)
{
	if (namespace >= 0 && setns(namespace, CLONE_NEWNS) < 0)
		return -errno;
	if (unshare(CLONE_NEWNS) < 0)
		return -errno;
	return kernel_make_namespace_private();
}

static int worker(struct libmnt_context *context, int namespace, int socket)
{
	struct answer answer = { .status = MNT_EX_SYSERR };
	const char *target = mnt_context_get_target(context);
	_cleanup_close_ int tree = -1;
	int rc;

	rc = enter_staging_namespace(namespace);
	if (rc < 0) {
		snprintf(answer.message, sizeof(answer.message), "can't make a staging namespace: %s",
			strerror(-rc));
		send_answer(socket, &answer, -1);
		return answer.status;
	}
	rc = mnt_context_do_mount(context);
	answer.status = mnt_context_get_excode(context, rc, answer.message, sizeof(answer.message));
	answer.helper_spoke = mnt_context_helper_executed(context) && !*answer.message;
	if (answer.status == MNT_EX_SUCCESS) {
		tree = kernel_open_tree(AT_FDCWD, target, OPEN_TREE_CLONE | AT_RECURSIVE);
		clear_target(target);
	}
	if (answer.status == MNT_EX_SUCCESS && tree < 0) {
		answer.status = MNT_EX_SYSERR;
		snprintf(answer.message, sizeof(answer.message),
			"can't take the new mount out of its staging namespace: %s", strerror(-tree));
	}
	send_answer(socket, &answer, tree);
	return answer.status;
}

/* ---- the guard: outlives the worker, so that nothing outlives both ---- */

/* A process's children, from /proc; 0: there is none that can be seen. */
static pid_t first_child(void)
{
	char path[64];
	_cleanup_fclose_ FILE *file = NULL;
	int pid = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", getpid(), getpid());
	file = fopen(path, "re");
	return file && fscanf(file, "%d", &pid) == 1 ? pid : 0;
}

/* The worker's helpers and their daemons become the guard's children as their parents end. */
static void kill_descendants(pid_t process)
{
	while (process > 0) {
		kill(process, SIGKILL);
		while (waitpid(process, NULL, 0) < 0 && errno == EINTR)
			;
		process = first_child();
	}
}

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
			/* After a success the daemon lives on, and belongs to init when the guard goes. */
			if (!WIFEXITED(status) || WEXITSTATUS(status) != MNT_EX_SUCCESS)
				kill_descendants(first_child());
			return;
		}
	}
}

static void guard(struct libmnt_context *context, int namespace, int socket, pid_t program,
	const sigset_t *mask)
{
	pid_t process;
	sigset_t awaited;

	sigemptyset(&awaited);
	sigaddset(&awaited, SIGTERM);
	sigaddset(&awaited, SIGCHLD);
	sigprocmask(SIG_BLOCK, &awaited, NULL);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != program)
		_exit(MNT_EX_USER);
	/* What is sent to the program's process group must not reach the one who cleans up after it. The
	 * worker stays in it, so that a helper may ask for a password on the terminal. */
	process = fork();
	if (process == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (int signal = 1; signal < SIGSYS; signal++)
			if (signal == SIGINT || signal == SIGTERM || signal == SIGHUP)
				(void)!sigaction(signal, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
		sigprocmask(SIG_SETMASK, mask, NULL);
		_exit(worker(context, namespace, socket));
	}
	close(socket);
	setpgid(0, 0);
	if (process < 0)
		_exit(MNT_EX_SYSERR);
	guard_wait(process, &awaited);
	_exit(MNT_EX_SUCCESS);
}

/* ---- the program ---- */

static int receive_answer(int socket, struct answer *answer, int *tree)
{
	struct iovec part = { .iov_base = answer, .iov_len = sizeof(*answer) };
	union descriptor_message control = { 0 };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);

	if (n < 0)
		return -errno;
	if (message.msg_controllen >= CMSG_LEN(sizeof(int)) && control.header.cmsg_type == SCM_RIGHTS)
		memcpy(tree, CMSG_DATA(&control.header), sizeof(*tree));
	return n == (ssize_t)sizeof(*answer) ? 0 : -EPIPE;
}

/* Wait for the answer; a signal that arrives meanwhile ends the stage, and is waited for too. */
static int await_answer(int socket, pid_t process, const sigset_t *mask, struct answer *answer, int *tree)
{
	struct pollfd watched = { .fd = socket, .events = POLLIN };
	int r = 0;

	while (!is_interrupted && r == 0) {
		r = ppoll(&watched, 1, NULL, mask) < 0 ? -errno : 1;
		if (r == -EINTR)
			r = 0;
	}
	if (is_interrupted)
		kill(process, SIGTERM);
	else
		r = receive_answer(socket, answer, tree);
	while (waitpid(process, NULL, 0) < 0 && errno == EINTR)
		;
	return is_interrupted ? -EINTR : r;
}

static void stage_say(struct stage *stage, int status, const char *message)
{
	stage->status = status;
	stage->message = strdup(message);
}

void stage_in_namespace(struct libmnt_context *context, int namespace, struct stage *stage)
{
	struct answer answer = { 0 };
	pid_t program = getpid(), process;
	sigset_t mask;
	int ends[2], r;

	stage->tried = true;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
		stage_say(stage, MNT_EX_SYSERR, strerror(errno));
		return;
	}
	sigprocmask(SIG_BLOCK, NULL, &mask);
	stage_block_interrupts();
	fflush(NULL);
	process = fork();
	if (process == 0) {
		close(ends[0]);
		guard(context, namespace, ends[1], program, &mask);
	}
	close(ends[1]);
	r = process < 0 ? -errno : await_answer(ends[0], process, &mask, &answer, &stage->tree);
	close(ends[0]);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	if (r == -EINTR)
		stage_say(stage, MNT_EX_USER, "interrupted");
	else if (r < 0)
		stage_say(stage, MNT_EX_SYSERR, "the staging process ended without an answer");
	else
		stage_say(stage, answer.status, answer.message);
}

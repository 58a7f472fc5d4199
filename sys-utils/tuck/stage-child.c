/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tuck/stage-child.h"

#include <errno.h>
#include <libmount.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/interrupt.h"
#include "i18n.h"
#include "util.h"

/* ---- the worker: sends one answer, with the tree's descriptor after a success ---- */

enum { DESCRIPTORS = 3 };

union descriptor_message {
	struct cmsghdr header;
	char room[CMSG_SPACE(DESCRIPTORS * sizeof(int))];
};

void stage_answer(int socket, const struct staged *answer)
{
	const int all[DESCRIPTORS] = {answer->tree, answer->copy, answer->place};
	struct iovec part = {.iov_base = (void *)answer, .iov_len = sizeof(*answer)};
	union descriptor_message control = {0};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	size_t count = 0;

	/* A later one is only there if the earlier ones are. */
	while (count < DESCRIPTORS && all[count] >= 0)
		count++;
	if (count > 0) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
		control.header = (struct cmsghdr){
			.cmsg_len = CMSG_LEN(count * sizeof(int)),
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
		};
		memcpy(CMSG_DATA(&control.header), all, count * sizeof(int));
	}
	while (sendmsg(socket, &message, MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

int stage_answer_failure(int socket, struct staged *answer, int status, const char *what, int error)
{
	answer->status = status;
	snprintf(answer->message, sizeof(answer->message), "%s%s%s", what, error ? ": " : "",
		error ? strerror(-error) : "");
	stage_answer(socket, answer);
	return status;
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

/* The parameters of stage_in_child(), for the child processes. */
struct child {
	stage_job *job;
	const void *errand;
	int socket; /* for the answer */
};

static _Noreturn void guard(const struct child *child, pid_t program, const sigset_t *mask)
{
	const pid_t guard = getpid(), group = getpgrp();
	pid_t process;
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
		if (getppid() != guard)
			_exit(MNT_EX_SYSERR);
		setpgid(0, group);
		sigprocmask(SIG_SETMASK, mask, NULL);
		interrupts_reset();
		_exit(child->job(child->errand, child->socket));
	}
	close(child->socket);
	if (process < 0)
		_exit(MNT_EX_SYSERR);
	guard_wait(process, &awaited);
	_exit(MNT_EX_SUCCESS);
}

/* ---- the program ---- */

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
	int all[DESCRIPTORS] = {-1, -1, -1};
	ssize_t n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);

	if (n > 0 && message.msg_controllen > 0 && control.header.cmsg_type == SCM_RIGHTS)
		memcpy(all, CMSG_DATA(&control.header), control.header.cmsg_len - CMSG_LEN(0));
	answer->tree = all[0];
	answer->copy = all[1];
	answer->place = all[2];
	if (n < 0)
		return -errno;
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

static void stage_close(struct staged *staged)
{
	if (staged->tree >= 0)
		close(steal_fd(&staged->tree));
	if (staged->copy >= 0)
		close(steal_fd(&staged->copy));
	if (staged->place >= 0)
		close(steal_fd(&staged->place));
}

static void staged_fail(struct staged *staged, int status, const char *message)
{
	stage_close(staged);
	staged->status = status;
	snprintf(staged->message, sizeof(staged->message), "%s", message);
}

void stage_in_child(stage_job *job, const void *errand, struct staged *staged)
{
	struct child child = {.job = job, .errand = errand};
	_cleanup_close_ int receiver = -1;
	pid_t program = getpid(), process;
	sigset_t mask;
	int ends[2], r;

	*staged = STAGED_NOTHING;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
		staged_fail(staged, MNT_EX_SYSERR, strerror(errno));
		return;
	}
	receiver = ends[0];
	child.socket = ends[1];
	sigprocmask(SIG_BLOCK, NULL, &mask);
	interrupts_block();
	fflush(NULL);
	process = fork();
	if (process == 0) {
		close(receiver);
		guard(&child, program, &mask);
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

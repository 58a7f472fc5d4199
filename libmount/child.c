/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util.h"

#ifndef P_PIDFD
#define P_PIDFD 3 /* Linux 5.4 */
#endif
#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x00001000 /* Linux 5.2 */
#endif

/* What the child sends back, in one write. */
struct message {
	int result;
	char answer[PIPE_BUF - sizeof(int)];
};

/* clone3(2) without an exit signal. Returns twice, as fork(2) does. */
static long spawn(int *pidfd)
{
	struct {
		uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
	} arguments = {.flags = CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)pidfd};
	long child = syscall(SYS_clone3, &arguments, sizeof(arguments));

	return child < 0 ? -errno : child;
}

static void reap(int pidfd)
{
	siginfo_t info;

	/* ECHILD: the caller waits for children of every kind, and was faster. */
	while (waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | __WALL) < 0 &&
		errno == EINTR)
		;
}

static int receive(int from, struct message *message, size_t size)
{
	ssize_t n;

	do
		n = read(from, message, sizeof(*message));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)(sizeof(message->result) + size) ? 0 : -EIO;
}

static int run(int (*work)(void *argument, void *answer), void *argument, void *answer, size_t size)
{
	struct message message = {0};
	sigset_t every, before;
	int ends[2], pidfd = -1, r;
	long child;

	if (size > sizeof(message.answer))
		return -EINVAL;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	sigfillset(&every);
	pthread_sigmask(SIG_SETMASK, &every, &before);
	child = spawn(&pidfd);
	if (child == 0) {
		message.result = work(argument, message.answer);
		syscall(SYS_write, ends[1], &message, sizeof(message.result) + size);
		syscall(SYS_exit_group, 0);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	close(ends[1]);
	r = (int)child;
	if (child > 0) {
		r = receive(ends[0], &message, size);
		reap(pidfd);
		close(pidfd);
	}
	close(ends[0]);
	if (r < 0)
		return r;
	if (size)
		memcpy(answer, message.answer, size);
	return message.result;
}

int child_run(int (*work)(void *argument, void *answer), void *argument, void *answer, size_t size)
{
	int cancelable, error = errno, r;

	/* A thread that is cancelled while it waits would leave the child to nobody. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelable);
	r = run(work, argument, answer, size);
	pthread_setcancelstate(cancelable, NULL);
	errno = error;
	return r;
}

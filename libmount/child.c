/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "child.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef P_PIDFD
#define P_PIDFD 3 /* Linux 5.4 */
#endif
#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x00001000 /* Linux 5.2 */
#endif

/* The child's answer, in memory that it shares with the caller. A pipe could fail after the work is
 * done, and the caller would believe that nothing has changed. */
struct message {
	int result;
	bool is_there;
	char answer[CHILD_ANSWER_MAX];
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
	struct pollfd ended = {.fd = pidfd, .events = POLLIN};
	siginfo_t info;

	while (poll(&ended, 1, -1) < 0 && errno != EBADF)
		;
	/* ECHILD: another thread waits for children of every kind (__WALL) and was faster. */
	while (waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | __WALL) < 0 &&
		errno == EINTR)
		;
}

static int run_work(
	int (*work)(void *argument, void *answer), void *argument, struct message *message)
{
	sigset_t every, before;
	int pidfd = -1;
	long child;

	sigfillset(&every);
	pthread_sigmask(SIG_SETMASK, &every, &before);
	child = spawn(&pidfd);
	if (child == 0) {
		message->result = work(argument, message->answer);
		message->is_there = true;
		syscall(SYS_exit_group, 0);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (child < 0)
		return (int)child;
	reap(pidfd);
	close(pidfd);
	return message->is_there ? message->result : -EIO;
}

static int run_with_memory(
	int (*work)(void *argument, void *answer), void *argument, void *answer, size_t size)
{
	struct message *message;
	int r;

	if (size > sizeof(message->answer))
		return -EINVAL;
	message = mmap(
		NULL, sizeof(*message), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (message == MAP_FAILED)
		return -errno;
	*message = (struct message){0};
	r = run_work(work, argument, message);
	if (size)
		memcpy(answer, message->answer, size);
	munmap(message, sizeof(*message));
	return r;
}

int child_run(int (*work)(void *argument, void *answer), void *argument, void *answer, size_t size)
{
	int cancelable, error = errno, r;

	/* If this thread were cancelled while it waits, nobody would reap the child. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelable);
	r = run_with_memory(work, argument, answer, size);
	pthread_setcancelstate(cancelable, NULL);
	errno = error;
	return r;
}

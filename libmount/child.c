/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "child.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
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
	_Alignas(max_align_t) char answer[CHILD_ANSWER_MAX];
};

/* clone(2) with a stack of its own for neither side, so that both go on from here. */
static long clone_without_signal(unsigned long flags, int *pidfd)
{
#if defined __s390__ || defined __CRIS__
	return syscall(SYS_clone, 0, flags, pidfd, NULL, 0);
#elif defined __microblaze__
	return syscall(SYS_clone, flags, 0, 0, pidfd, NULL, 0);
#else
	return syscall(SYS_clone, flags, 0, pidfd, NULL, 0);
#endif
}

/* A process without an exit signal. Returns twice, as fork(2) does. Filters of system calls
 * (seccomp) often refuse clone3(2), since its arguments are in memory, where a filter can't read
 * them. */
static long spawn(unsigned long flags, int *pidfd)
{
	struct {
		uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
	} arguments = {.flags = flags | CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)pidfd};
	long child = syscall(SYS_clone3, &arguments, sizeof(arguments));

	if (child < 0 && (errno == ENOSYS || errno == EPERM))
		child = clone_without_signal(flags | CLONE_PIDFD, pidfd);
	return child < 0 ? -errno : child;
}

enum { FOREVER = -1, UNTIL_KILLED_MS = 500 };

static long long now_ms(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Returns whether the child has ended within @milliseconds. */
static bool reap(int pidfd, int milliseconds)
{
	struct pollfd ended = {.fd = pidfd, .events = POLLIN};
	long long end = now_ms() + milliseconds;
	int n, left = milliseconds;
	siginfo_t info;

	while ((n = poll(&ended, 1, left)) < 0 && errno != EBADF)
		if (milliseconds != FOREVER)
			left = end > now_ms() ? (int)(end - now_ms()) : 0;
	if (n == 0)
		return false;
	/* ECHILD: another thread waits for children of every kind (__WALL) and was faster. */
	while (waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | __WALL) < 0 &&
		errno == EINTR)
		;
	return true;
}

struct work {
	int (*function)(void *argument, void *answer);
	void *argument;
	int milliseconds;	     /* or FOREVER */
	unsigned long flags;	     /* of clone(2) */
	struct child_dialog *dialog; /* or NULL */
};

/* Answer the child's questions until it exits. The caller has the child's side of the socket open,
 * too, so only the pidfd tells that the child has exited. */
static void attend(const struct child_dialog *dialog, int pidfd)
{
	struct pollfd ready[] = {
		{.fd = dialog->ends[0], .events = POLLIN}, {.fd = pidfd, .events = POLLIN}};

	for (;;) {
		int question, answer;

		if (poll(ready, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			return;
		}
		if (!(ready[0].revents & POLLIN) ||
			recv(dialog->ends[0], &question, sizeof(question), 0) != sizeof(question))
			return;
		answer = dialog->answer(dialog->argument);
		if (send(dialog->ends[0], &answer, sizeof(answer), MSG_NOSIGNAL) != sizeof(answer))
			return;
	}
}

int child_ask(const struct child_dialog *dialog)
{
	int message = 0;

	if (send(dialog->ends[1], &message, sizeof(message), MSG_NOSIGNAL) != sizeof(message) ||
		recv(dialog->ends[1], &message, sizeof(message), 0) != sizeof(message))
		return -ECANCELED;
	return message;
}

/* In the child: be killed when the caller ends, also if it has ended by now. In another pid
 * namespace than the caller's the child has no parent (0). */
static void end_with(pid_t caller)
{
	pid_t parent;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	parent = getppid();
	if (parent && parent != caller)
		syscall(SYS_exit_group, 0);
}

static int run_work(const struct work *work, struct message *message)
{
	const pid_t caller = getpid();
	sigset_t every, before;
	int pidfd = -1;
	bool has_ended;
	long child;

	sigfillset(&every);
	pthread_sigmask(SIG_SETMASK, &every, &before);
	child = spawn(work->flags, &pidfd);
	if (child == 0) {
		if (work->milliseconds != FOREVER)
			end_with(caller);
		if (work->dialog)
			close(work->dialog->ends[0]);
		message->result = work->function(work->argument, message->answer);
		message->is_there = true;
		syscall(SYS_exit_group, 0);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (child < 0)
		return (int)child;
	if (work->dialog) {
		attend(work->dialog, pidfd);
		/* A child that still waits for an answer gets none. */
		shutdown(work->dialog->ends[0], SHUT_RDWR);
	}
	has_ended = reap(pidfd, work->milliseconds);
	if (!has_ended) {
		syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
		reap(pidfd, UNTIL_KILLED_MS);
	}
	close(pidfd);
	if (!has_ended)
		return -ETIMEDOUT;
	return message->is_there ? message->result : -EIO;
}

static int run_with_memory(const struct work *work, void *answer, size_t size)
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
	r = run_work(work, message);
	if (size)
		memcpy(answer, message->answer, size);
	munmap(message, sizeof(*message));
	return r;
}

static int run(const struct work *work, void *answer, size_t size)
{
	int cancelable, error = errno, r;

	/* If this thread were cancelled while it waits, nobody would reap the child. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelable);
	r = run_with_memory(work, answer, size);
	pthread_setcancelstate(cancelable, NULL);
	errno = error;
	return r;
}

int child_run_within(int milliseconds, int (*work)(void *argument, void *answer), void *argument,
	void *answer, size_t size)
{
	return run(&(struct work){work, argument, milliseconds, 0, NULL}, answer, size);
}

int child_run(int (*work)(void *argument, void *answer), void *argument, void *answer, size_t size)
{
	return run(&(struct work){work, argument, FOREVER, 0, NULL}, answer, size);
}

int child_run_asking(int (*work)(void *argument, void *answer), void *argument,
	struct child_dialog *dialog, void *answer, size_t size)
{
	int r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, dialog->ends) < 0)
		return -errno;
	r = run(&(struct work){work, argument, FOREVER, 0, dialog}, answer, size);
	close(dialog->ends[0]);
	close(dialog->ends[1]);
	return r;
}

int child_open(int (*work)(void *argument, void *answer), void *argument)
{
	return run(&(struct work){work, argument, FOREVER, CLONE_FILES, NULL}, NULL, 0);
}

int child_open_within(int milliseconds, int (*work)(void *argument, void *answer), void *argument)
{
	return run(&(struct work){work, argument, milliseconds, CLONE_FILES, NULL}, NULL, 0);
}

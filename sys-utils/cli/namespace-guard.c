/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whoever owns a container can make a reader of its files wait: by a FIFO or a FUSE filesystem that
 * is put there after namespace-files.c has looked, or by a lock on utab that is never released. In
 * some of these waits the program can't end by a signal: libmount blocks all signals while it waits
 * for the lock, and a tuck blocks them from the attach on, so that its second half is done.
 *
 * So the work is done in a child. The parent reads nothing in the namespace and waits for nothing
 * but the child and signals. The child gets the time to end by itself, or to finish what can't be
 * given up; then it is killed.
 */
#include "cli/namespace-guard.h"

#include <err.h>
#include <errno.h>
#include <libmount/libmount.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util.h"

static const struct timespec time_to_end = {.tv_sec = 3};

/* SIGCHLD, and each signal of the three that the caller neither ignores nor blocks. */
static void choose_signals(sigset_t *chosen)
{
	static const int ending[] = {SIGINT, SIGTERM, SIGHUP};
	sigset_t blocked;

	sigprocmask(SIG_BLOCK, NULL, &blocked);
	sigemptyset(chosen);
	sigaddset(chosen, SIGCHLD);
	for (size_t i = 0; i < ELEMENTS(ending); i++) {
		struct sigaction action;

		if (sigaction(ending[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN &&
			!sigismember(&blocked, ending[i]))
			sigaddset(chosen, ending[i]);
	}
}

static _Noreturn void end_by_signal(int number)
{
	sigset_t one;

	signal(number, SIG_DFL);
	sigemptyset(&one);
	sigaddset(&one, number);
	raise(number);
	sigprocmask(SIG_UNBLOCK, &one, NULL);
	_exit(MNT_EX_USER);
}

/* End as the child has ended. If the parent has killed it, end by the signal @passed_on. */
static void end_as_child(pid_t child, bool is_killed, int passed_on)
{
	int status;

	if (waitpid(child, &status, WNOHANG) != child)
		return;
	if (WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	end_by_signal(is_killed ? passed_on : WTERMSIG(status));
}

static _Noreturn void watch(pid_t child, const sigset_t *watched)
{
	bool is_killed = false;
	int passed_on = 0;

	for (;;) {
		int number = sigtimedwait(watched, NULL, passed_on ? &time_to_end : NULL);

		if (number == SIGCHLD) {
			end_as_child(child, is_killed, passed_on);
		} else if (number > 0) {
			passed_on = number;
			kill(child, number);
		} else if (errno == EAGAIN && !is_killed) {
			is_killed = true;
			kill(child, SIGKILL);
		} else if (errno == EAGAIN) {
			/* The kernel does not let it end yet. */
			end_by_signal(passed_on);
		}
	}
}

void namespace_guard(void)
{
	static bool is_guarded;
	pid_t parent = getpid(), child;
	sigset_t watched, before;

	if (is_guarded)
		return;
	is_guarded = true;
	signal(SIGCHLD, SIG_DFL);
	choose_signals(&watched);
	sigprocmask(SIG_BLOCK, &watched, &before);
	fflush(NULL);
	child = fork();
	if (child > 0)
		watch(child, &watched);
	if (child < 0)
		err(MNT_EX_SYSERR, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(MNT_EX_SYSERR);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

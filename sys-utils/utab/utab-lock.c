/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "utab/utab-lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/file.h>
#include <sys/time.h>

#include "util.h"

#define UTAB_LOCK "/run/mount/utab.lock" /* flock(2), as libmount takes it */

enum { WAIT_SECONDS = 5 };

static volatile sig_atomic_t is_over;

static void end_wait(int signal)
{
	(void)signal;
	is_over = 1;
}

/* Take a lock that another process holds. SIGALRM ends the wait; it comes again and again, since
 * the first one may come before the wait. */
static int wait_for_lock(int lock)
{
	const struct itimerval off = {0}, limit = {.it_value.tv_sec = WAIT_SECONDS,
						  .it_interval.tv_usec = 100000};
	const struct sigaction act = {.sa_handler = end_wait};
	struct sigaction before;
	sigset_t alarm, mask;
	int r;

	is_over = 0;
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	if (sigaction(SIGALRM, &act, &before) < 0)
		return -errno;
	sigprocmask(SIG_UNBLOCK, &alarm, &mask);
	r = setitimer(ITIMER_REAL, &limit, NULL) < 0 ? -errno : -EINTR;
	while (r == -EINTR && !is_over)
		r = flock(lock, LOCK_EX) < 0 ? -errno : 0;
	setitimer(ITIMER_REAL, &off, NULL);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	sigaction(SIGALRM, &before, NULL);
	return r == -EINTR ? -EWOULDBLOCK : r;
}

int utab_lock(void)
{
	_cleanup_close_ int lock =
		open(UTAB_LOCK, O_RDONLY | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0644);
	int r;

	if (lock < 0)
		return -errno;
	r = flock(lock, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
	if (r == -EWOULDBLOCK || r == -EINTR)
		r = wait_for_lock(lock);
	/* -ENOLCK, so that no error of flock(2) is taken for an error of opening the file. */
	if (r < 0)
		return r == -EWOULDBLOCK ? r : -ENOLCK;
	return steal_fd(&lock);
}

int utab_await_lock(void)
{
	_cleanup_close_ int lock = utab_lock();

	return lock == -EWOULDBLOCK ? lock : 0;
}

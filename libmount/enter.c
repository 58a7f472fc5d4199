/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enter.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>

#include "kernel.h"
#include "util.h"
#include "words.h"

struct call {
	int namespace_fd;
	int (*work)(struct mnttuck *tuck, void *argument);
	struct mnttuck *tuck;
	void *argument;
	int proc;
	int result;
};

static void *run_in_thread(void *argument)
{
	struct call *call = argument;
	struct stat st;

	if (fstat(call->namespace_fd, &st) == 0)
		words_enter_for_call(st.st_ino);
	if (unshare(CLONE_FS) < 0 || setns(call->namespace_fd, CLONE_NEWNS) < 0) {
		call->result = -errno;
		return NULL;
	}
	kernel_use_proc(call->proc);
	call->result = call->work(call->tuck, call->argument);
	kernel_use_proc(-1);
	return NULL;
}

int enter_and_run(int namespace_fd, int (*work)(struct mnttuck *tuck, void *argument),
	struct mnttuck *tuck, void *argument)
{
	/* The namespace's /proc can be anything, so the caller's is kept. */
	_cleanup_close_ int proc =
		namespace_fd < 0 ? -1 : kernel_open_proc(".", O_PATH | O_DIRECTORY);
	struct call call = {namespace_fd, work, tuck, argument, proc, 0};
	sigset_t every, before;
	pthread_t thread;
	int cancelable, r;

	if (namespace_fd < 0)
		return work(tuck, argument);
	/* The caller's handlers run in the caller's threads. */
	sigfillset(&every);
	pthread_sigmask(SIG_SETMASK, &every, &before);
	r = pthread_create(&thread, NULL, run_in_thread, &call);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r != 0)
		return -r;
	/* If this thread were cancelled, the other one would go on with its data. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelable);
	pthread_join(thread, NULL);
	pthread_setcancelstate(cancelable, NULL);
	return call.result;
}

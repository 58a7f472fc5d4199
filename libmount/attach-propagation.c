/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * attach-propagation: how kernels without the flag (5.12 to 6.4) attach a mount beneath another.
 *
 * The kernel has always put a mount that arrives by propagation beneath the mount that is already
 * there. So a child mounts S on a clone of the parent, from which the parent receives (passage.h).
 */
#include "attach-propagation.h"

#include <errno.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "kernel.h"
#include "passage.h"
#include "util.h"

struct arrival {
	struct passage passage;
	int tree;
};

static int let_arrive(struct arrival *arrival)
{
	int at, r = passage_make(&arrival->passage);

	if (r < 0)
		return r;
	at = passage_open_point(&arrival->passage);
	r = at < 0 ? at : passage_connect(&arrival->passage);
	return r < 0 ? r : kernel_move_mount(arrival->tree, at, 0);
}

static int work_attach(void *argument, void *answer)
{
	struct arrival *arrival = argument;
	int r = passage_survey(&arrival->passage);

	(void)answer;
	if (r != PASSAGE_NO_OBSTACLE)
		return r < 0 ? r : -EOPNOTSUPP;
	r = let_arrive(arrival);
	floor_dissolve(&arrival->passage.floor);
	return r;
}

int attach_by_propagation(const struct passage_target *target, int tree)
{
	struct arrival arrival = {.tree = tree};
	int r = passage_begin(&arrival.passage, target);

	r = r < 0 ? r : child_run(work_attach, &arrival, NULL, 0);
	passage_end(&arrival.passage);
	return r == -EXDEV ? -EOPNOTSUPP : r;
}

int attach_lock(void)
{
	/* The lock is on the file of the mount namespace, which no other program locks. But every
	 * process in the namespace could take it for ever, so waiting has a limit. */
	enum { TRIES = 2000 };
	const struct timespec millisecond = {.tv_nsec = 1000000};
	_cleanup_close_ int lock = kernel_open_own_namespace();

	if (lock < 0)
		return lock;
	for (int i = 0; i < TRIES; i++) {
		if (flock(lock, LOCK_EX | LOCK_NB) == 0)
			return steal_fd(&lock);
		nanosleep(&millisecond, NULL);
	}
	return -EAGAIN;
}

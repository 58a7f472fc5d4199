/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wait-gone: the functions of the public API that wait until a revealed filesystem is gone. */
#include <errno.h>
#include <unistd.h>

#include "enter.h"
#include "gone.h"
#include "libmnttuck.h"
#include "operation.h"
#include "util.h"

static int prepare_to_wait(struct mnttuck *tuck, void *unused)
{
	const struct operand *target = &tuck->wish.target;

	(void)unused;
	return gone_prepare(&tuck->gone, target->fd, operand_short_id(target));
}

int mnttuck_prepare_wait(struct mnttuck *tuck)
{
	KEEP_ERRNO;
	const struct operand *target = &tuck->wish.target;

	if (!target->path || tuck->progress.is_revealed)
		return -EINVAL;
	if (target->fd < 0)
		return target->error;
	return enter_and_run(tuck->wish.namespace_fd, prepare_to_wait, tuck, NULL);
}

static int await_gone(struct mnttuck *tuck, void *milliseconds)
{
	return gone_await(&tuck->gone, *(int *)milliseconds, &tuck->places);
}

int mnttuck_wait(struct mnttuck *tuck, int milliseconds)
{
	KEEP_ERRNO;
	struct operand *target = &tuck->wish.target;

	if (!tuck->progress.is_revealed || !tuck->gone.root)
		return -EINVAL;
	/* It holds the mount. */
	if (target->fd >= 0)
		close(steal_fd(&target->fd));
	await_clear(&tuck->watch);
	places_clear(&tuck->places);
	return enter_and_run(tuck->wish.namespace_fd, await_gone, tuck, &milliseconds);
}

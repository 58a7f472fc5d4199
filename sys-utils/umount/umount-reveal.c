/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "umount/umount-reveal.h"

#include <stdlib.h>

#include "cli/namespace-option.h"
#include "cli/start.h"
#include "kernel.h"
#include "libmnttuck.h"
#include "tuck/act.h"
#include "umount/umount-carry.h"
#include "util.h"
#include "words.h"

/* All targets of a command are in the same namespace. The program need not come back from it. */
static int enter_namespace(const char *path)
{
	static bool has_entered;
	_cleanup_close_ int fd = -1;

	if (!path || has_entered)
		return 0;
	fd = namespace_open(path);
	kernel_keep_proc();
	if (words_enter_namespace(path) < 0)
		out_of_memory();
	if (fd < 0 || namespace_enter(fd, path) < 0)
		return MNT_EX_SYSERR;
	has_entered = true;
	return 0;
}

static int reveal_steps(struct act *act, bool is_fake)
{
	int error, status = act_set_target(act);

	if (status != 0)
		return status;
	if (is_fake)
		return act_fake(act);
	/* With --everywhere other places come first. */
	status = act_begin(act, /* at_once= */ act->operations & MNTTUCK_EVERYWHERE);
	if (status != 0)
		return status;
	status = act->operations & MNTTUCK_REVEAL ? act_reveal(act, &error)
						  : act_remove(act, &error);
	return error ? act_fail(act, error) : status;
}

int umount_reveal(struct libmnt_context *context, const struct reveal_request *request)
{
	struct act act = {
		.operations = request->operations,
		.target = request->target,
		.is_verbose = request->verbose,
		.is_quiet = request->quiet,
		.keeps_utab = !mnt_context_is_nomtab(context),
		.frees_loop = mnt_context_is_loopdel(context),
		.wait = request->wait,
	};
	struct act_json json;
	int status;

	status = enter_namespace(request->mntns);
	if (status != 0)
		return status;
	if (request->carry)
		return umount_carry(&act, request->fake);
	act.tuck = act_new(act.operations);
	if (request->json) {
		act_json_begin(&json, request->target);
		act.json = &json;
	}
	status = reveal_steps(&act, request->fake);
	if (request->json)
		act_json_end(&json, act.tuck, status);
	mnttuck_free(act.tuck);
	free(act.place);
	return status;
}

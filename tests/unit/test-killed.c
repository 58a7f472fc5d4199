/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The public API when the kernel, or an administrator, kills a child of the library.
 *
 * Each operation is done again and again. Each time its child is killed one step later: before, or
 * right after, a system call by which it enters a namespace or changes mounts. An operation that
 * says that nothing has changed must have changed nothing, and one that has changed something must
 * not say so. No child asks for memory.
 */
#include "child-steps.h"

static void at_step(void)
{
	raise(SIGKILL);
}

/* Do it once, and kill the child at that step. Returns whether it was killed. */
static bool try_step(const struct operation *operation, int step, bool is_before)
{
	_cleanup_free_ char *before = NULL, *after = NULL;
	_cleanup_(cleanup_tuck) struct mnttuck *tuck = NULL;
	int r;

	operation->prepare();
	if (!check(mnttuck_new(&tuck) == 0))
		return false;
	before = read_mounts(false);
	life->left = step;
	life->is_before = is_before;
	life->reached = 0;
	r = operation->run(tuck);
	life->left = 0;
	after = read_mounts(false);
	if (r < 0)
		check_string(after, before);
	else
		check(operation->is_done());
	if (!life->reached)
		check(r == 0);
	/* A partial success says what is not as it was meant. */
	check(r <= 0 || mnttuck_get_outcome(tuck));
	if (tap_failures)
		printf("# killed %s step %d\n", is_before ? "before" : "after", step);
	operation->clean();
	return life->reached;
}

static void at_each_step(const struct operation *operation)
{
	enum { MOST = 400 };

	share_life();
	for (int is_before = 0; is_before <= 1; is_before++) {
		int step = 1, misses = 0;

		/* If the library has looked twice, the operation has had more steps than it mostly
		 * has. */
		for (; step < MOST && !tap_failures && misses < 2; step++)
			misses = try_step(operation, step, is_before) ? 0 : misses + 1;
		/* There was a child. */
		check(step > 3 && step < MOST);
		check(!life->has_allocated);
	}
	end_life();
}

static const struct tap_test tests[] = {
	{"a tuck by propagation under a shared parent whose child is killed has been done, or "
	 "nothing",
		tucks_under_shared},
	{"under a private parent, too", tucks_under_private},
	{"so has a tuck whose child puts the mounts on the top mount onto the source", carries},
	{"so has a removal of what lies beneath", removals},
	{"so has a reveal in another namespace", reveals_in_namespace},
	{"so has a reveal that takes no other mount", exact_reveals},
	{"so has a mount that joins a group", groups},
	{"a plan has the namespace that a killed child was to read", plans},
};

TAP_MAIN(tests)

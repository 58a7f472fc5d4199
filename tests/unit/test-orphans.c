/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The public API when its caller is killed while it has a child: no child goes on for long, because
 * that would keep mounts busy and namespaces alive.
 *
 * Each operation is done again and again. Each time its caller is killed one step of the child
 * later. A child that is in the middle of its work then ends it; one that asks its caller whether
 * it may go on gets no answer, and one whose work may hang is killed with its caller.
 */
#include "child-steps.h"

#include <poll.h>
#include <stdarg.h>
#include <sys/prctl.h>

#include "child.h"

/* How often something is waited for, a millisecond each time. */
enum { TRIES = 5000 };

/* In the child: kill the caller, and go on when it is gone. */
static void at_step(void)
{
	pid_t caller = getppid();

	kill(caller, SIGKILL);
	while (getppid() == caller)
		poll(NULL, 0, 1);
}

/* Become the parent of each orphan, so that its end is known. */
static void adopt_orphans(void)
{
	check(syscall(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0);
}

static bool has_ended(pid_t orphan)
{
	for (int i = 0; i < TRIES; i++) {
		if (waitpid(orphan, NULL, WNOHANG | __WALL) == orphan)
			return true;
		poll(NULL, 0, 1);
	}
	kill(orphan, SIGKILL);
	waitpid(orphan, NULL, __WALL);
	return false;
}

static void run_and_exit(const struct operation *operation)
{
	struct mnttuck *tuck = NULL;

	life->caller = getpid();
	if (mnttuck_new(&tuck) == 0)
		operation->run(tuck);
	_exit(0);
}

/* Do it once, and kill the caller at that step. Returns whether there was such a step. */
static bool try_step(const struct operation *operation, int step)
{
	_cleanup_free_ char *before = NULL, *after = NULL;
	pid_t caller;

	operation->prepare();
	before = read_mounts(false);
	life->left = step;
	life->is_before = true;
	life->reached = 0;
	fflush(stdout);
	caller = fork();
	if (caller == 0)
		run_and_exit(operation);
	check(waitpid(caller, NULL, 0) == caller);
	life->caller = getpid();
	life->left = 0;
	if (life->reached)
		check(has_ended(life->reached));
	after = read_mounts(false);
	if (!operation->is_done())
		check_string(after, before);
	if (tap_failures)
		printf("# killed before step %d of its child\n", step);
	operation->clean();
	return life->reached;
}

static void at_each_step(const struct operation *operation)
{
	enum { MOST = 400 };
	int step = 1, misses = 0;

	adopt_orphans();
	share_life();
	for (; step < MOST && !tap_failures && misses < 2; step++)
		misses = try_step(operation, step) ? 0 : misses + 1;
	/* There was a child. */
	check(step > 3 && step < MOST);
	end_life();
}

/* ---- work that hangs ---- */

static bool kills_before_prctl;

int prctl(int option, ...)
{
	va_list list;
	unsigned long argument;

	va_start(list, option);
	argument = va_arg(list, unsigned long);
	va_end(list);
	if (kills_before_prctl) {
		life->reached = getpid();
		at_step();
	}
	return (int)syscall(SYS_prctl, option, argument, 0, 0, 0);
}

static int hang(void *argument, void *answer)
{
	(void)argument;
	(void)answer;
	life->reached = getpid();
	while (pause() < 0)
		;
	return 0;
}

static void hang_without_caller(void)
{
	enum { MILLISECONDS = 600000 };
	pid_t caller;

	if (under_qemu()) {
		skip("qemu-user 7.2 has no CLONE_PIDFD");
		return;
	}
	adopt_orphans();
	share_life();
	caller = fork();
	if (caller == 0)
		_exit(child_run_within(MILLISECONDS, hang, NULL, NULL, 0) != 0);
	for (int i = 0; !*(volatile pid_t *)&life->reached && i < TRIES; i++)
		poll(NULL, 0, 1);
	check(life->reached);
	kill(caller, SIGKILL);
	check(waitpid(caller, NULL, 0) == caller);
	check(!life->reached || has_ended(life->reached));
	end_life();
}

static void hang_from_the_start(void)
{
	kills_before_prctl = true;
	hang_without_caller();
	kills_before_prctl = false;
}

static const struct tap_test tests[] = {
	{"the caller of a tuck by propagation under a shared parent is killed, and leaves no child",
		tucks_under_shared},
	{"under a private parent, too", tucks_under_private},
	{"so is that of a tuck whose child puts the mounts on the top mount onto the source",
		carries},
	{"so is that of a removal of what lies beneath", removals},
	{"so is that of a reveal in another namespace", reveals_in_namespace},
	{"so is that of a reveal that takes no other mount", exact_reveals},
	{"so is that of a mount that joins a group", groups},
	{"so is that of a plan whose child enters a namespace", plans},
	{"a child whose work hangs ends with its caller", hang_without_caller},
	{"also if the caller has ended before the child asked for that", hang_from_the_start},
};

TAP_MAIN(tests)

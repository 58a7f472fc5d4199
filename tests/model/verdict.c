/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verdict: the rules against the kernel.
 *
 * An operation that the rules allow must succeed. If a rule that the kernel enforces refuses a
 * tuck, the kernel, asked without the rules, must refuse it, too. Not compared are rules that no
 * kernel enforces or that this kernel does not, and tucks by propagation, for which there is no one
 * system call to ask.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "child.h"
#include "inside.h"
#include "kernel.h"
#include "own-namespace.h"
#include "play.h"
#include "rules.h"
#include "util.h"

/* What the kernel alone says, without any rule. */
static struct outcome ask_kernel(struct world *world, const struct job *job, int tree)
{
	_cleanup_close_ int target = kernel_open_path(AT_FDCWD, job->target);
	_cleanup_close_ int source = -1;
	int r = 0;

	(void)world;
	if (job->is_new)
		source = dup(tree);
	else if (job->how == MNTTUCK_MOVE)
		source = kernel_open_path(AT_FDCWD, job->source);
	else
		source = kernel_open_tree(AT_FDCWD, job->source,
			OPEN_TREE_CLONE | (job->how == MNTTUCK_RBIND ? AT_RECURSIVE : 0));
	if (source < 0)
		return (struct outcome){.error = source};
	if (job->is_new || (job->how != MNTTUCK_MOVE && job->rules == MNTTUCK_STRICT))
		r = kernel_set_attributes(source, /* recursive= */ true, 0, 0, MS_PRIVATE);
	if (r == 0)
		r = kernel_move_mount(source, target, MOVE_MOUNT_BENEATH);
	return (struct outcome){.error = r};
}

static bool kernel_does(struct world *world, const struct job *job)
{
	_cleanup_close_ int tree = job->is_new ? world_filesystem(world) : -1;

	return inside_call(world, ask_kernel, job, tree).error == 0;
}

static const struct rule *find_rule(const char *id)
{
	for (size_t i = 0; i < rules_count; i++)
		if (strcmp(rules[i].id, id) == 0)
			return &rules[i];
	return NULL;
}

static int tuck_at_root(void *argument, void *answer)
{
	int tree, root, r;

	(void)argument, (void)answer;
	if (unshare(CLONE_NEWNS) < 0)
		return -errno;
	r = own_namespace_make_private();
	tree = r < 0 ? r : kernel_open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE);
	root = kernel_open_path(AT_FDCWD, "/");
	return tree < 0 ? tree : kernel_move_mount(tree, root, MOVE_MOUNT_BENEATH);
}

/* Linux 7.1 and later tuck at the root directory and at locked mounts. */
static bool is_lifted(const struct rule *rule)
{
	static int is_known, is_lifted;

	if (rule->scope == SCOPE_KERNEL_TRIED && !is_known) {
		is_lifted = child_run(tuck_at_root, NULL, NULL, 0) == 0;
		is_known = true;
	}
	return rule->scope == SCOPE_KERNEL_TRIED && is_lifted;
}

/* The attempt failed although the rules had let it pass. */
static void check_late_refusal(
	struct world *world, const struct job *job, const struct outcome *outcome)
{
	const struct rule *rule = find_rule(outcome->rule);

	if (!rule)
		complain(world, "no rule explains the error: %s", strerror(-outcome->error));
	else if (job->rules == MNTTUCK_KERNEL && rule->scope == SCOPE_KERNEL_TRIED)
		count(world, REFUSED_TRIED);
	else
		complain(world, "%s refuses (%s) what the rules let pass before", outcome->rule,
			outcome->message);
}

/* The rules refused it; so must the kernel, if it is its rule. */
static void check_refusal(
	struct world *world, const struct job *job, const struct outcome *explained)
{
	const struct rule *rule = find_rule(explained->rule);

	if (!rule) {
		complain(world, "refused without a rule: %s", strerror(-explained->error));
	} else if (rule->act == OF_REVEAL) {
		count(world, REFUSED_REVEAL);
	} else if (job->is_beneath) {
		count(world, REFUSED_BENEATH);
	} else if (rule->scope == SCOPE_STRICT || is_lifted(rule)) {
		count(world, REFUSED_STRICT);
	} else if (rule->act == OF_CARRY) {
		count(world, REFUSED_CARRY);
	} else if (job->by_propagation || !job->is_tuck) {
		count(world, REFUSED_KERNEL);
		count(world, VERDICTS_NOT_COMPARED);
	} else {
		count(world, REFUSED_KERNEL);
		count(world, VERDICTS_COMPARED);
		if (kernel_does(world, job))
			complain(world, "%s refuses (%s) what the kernel does", explained->rule,
				explained->message);
	}
}

void verdict_compare(struct world *world, const struct job *job, const struct outcome *explained,
	const struct outcome *outcome)
{
	if (explained->error < 0 && outcome->error == 0)
		complain(world, "%s refuses (%s) what was done", explained->rule,
			explained->message);
	else if (explained->error < 0)
		check_refusal(world, job, explained);
	else if (outcome->error < 0)
		check_late_refusal(world, job, outcome);
	else if (job->is_tuck && !job->by_propagation)
		count(world, VERDICTS_COMPARED);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "play.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel.h"
#include "layout.h"
#include "namespaces.h"
#include "plan.h"
#include "rules.h"
#include "snapshot.h"
#include "table.h"
#include "util.h"

#define REMEDIES_MOST 5

/* What a step is compared by. */
struct tables {
	struct table before, wanted, is;
};

static void tables_clear(struct tables *tables)
{
	table_clear(&tables->before);
	table_clear(&tables->wanted);
	table_clear(&tables->is);
}

static void read_table(struct world *world, struct table *table)
{
	_cleanup_(cleanup_namespaces) struct namespaces *namespaces = world_read(world);

	table_make(world, namespaces, table);
}

/* The mounts now are those of @wanted. */
static bool is_as(struct world *world, const struct tables *tables, const struct table *wanted,
	const char *what)
{
	_cleanup_free_ char *told = NULL;
	size_t size, differences;
	FILE *text = open_memstream(&told, &size);

	differences = table_compare(wanted, &tables->is, text);
	fclose(text);
	world->tally->counts[MOUNTS] += wanted->count;
	if (!differences)
		return true;
	complain(world, "%zu differences: %s", differences, what);
	printf("%s# before:\n", told);
	table_print(&tables->before, stdout);
	if (wanted != &tables->before) {
		printf("# wanted:\n");
		table_print(wanted, stdout);
	}
	printf("# is:\n");
	table_print(&tables->is, stdout);
	return false;
}

/* ---- planning ---- */

/* @path on the filesystem of @mount. The caller frees it. */
static char *path_on_filesystem(struct mount *mount, const char *path)
{
	const char *target = mount_target(mount), *root = mount_root(mount);
	const char *rest = path + (strcmp(target, "/") == 0 ? 0 : strlen(target));
	char *joined;

	if (asprintf(&joined, "%s%s", strcmp(root, "/") == 0 ? "" : root, rest) < 0)
		return NULL;
	if (!*joined || (strcmp(root, "/") != 0 && strcmp(rest, "/") == 0)) {
		free(joined);
		return strdup(root);
	}
	return joined;
}

/* By propagation a moved tree is attached as a copy, with new ids. */
static void forget_ids(struct mount *top)
{
	for (struct mount *mount = top; mount; mount = mount_next_below(top, mount))
		mount->id = 0;
}

/* @tree: the filesystem, if the job has a new one. */
static int plan_job(struct plan *plan, const struct job *job, int tree)
{
	_cleanup_free_ char *root = NULL;
	struct plan_source source = {.root = "/", .tree_path = job->source};
	struct mount *top, *mount = NULL;
	bool is_root;
	struct stat st;
	int r;

	top = world_lookup(plan->namespaces, job->target, &is_root);
	if (!top || !is_root)
		return -EINVAL;
	if (job->is_new) {
		fstat(tree, &st);
		source.device = st.st_dev;
	} else {
		mount = world_lookup(plan->namespaces, job->source, &is_root);
		if (!mount)
			return -ENOENT;
		root = path_on_filesystem(mount, job->source);
		source.root = root;
		source.device = mount_device(mount);
		if (job->how != MNTTUCK_BIND)
			source.tree = mount;
		source.is_move = job->how == MNTTUCK_MOVE;
		/* What the rules refuse has no plan. */
		if (source.is_move && (!is_root || mount == top || !mount->parent))
			return -EINVAL;
		for (struct mount *above = top; source.is_move && above; above = above->parent)
			if (above == mount)
				return -EINVAL;
		for (struct mount *above = mount; source.is_move && above; above = above->parent)
			if (above == top)
				return -EINVAL;
	}
	if (source.is_move && job->by_propagation)
		forget_ids(mount);
	r = plan_tuck(plan, top, &source);
	if (r < 0)
		return r;
	if (job->propagation)
		plan_set_propagation(plan, plan->places[0].mount, job->propagation);
	return 0;
}

/* What the plan's places have, for the coverage. */
static void observe_places(struct world *world, const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		count(world, PLACES);
		if (plan->places[i].stays)
			count(world, PLACES_STAY);
		if (i > 0 && (plan->places[i].other || plan->places[i].stays))
			world->has[CASES_OWN_MOUNT] = true;
	}
}

static void observe_top(struct world *world, struct mount *top)
{
	const char *under = top->parent ? mount_target(top->parent) : NULL;

	if (under && strcmp(under, mount_target(top)) == 0)
		world->has[CASES_STACK] = true;
	if (top->first_child)
		world->has[CASES_SUBMOUNT] = true;
}

/* ---- doing ---- */

static const char *const how_words[] = {
	[MNTTUCK_BIND] = "--bind",
	[MNTTUCK_RBIND] = "--rbind",
	[MNTTUCK_MOVE] = "--move",
};

static void note_job(struct world *world, const struct job *job, const char *outcome)
{
	char propagation[32] = "";

	if (job->propagation)
		snprintf(propagation, sizeof(propagation), "--make-%s ",
			job->propagation == MS_SHARED	 ? "shared"
			: job->propagation == MS_SLAVE	 ? "slave"
			: job->propagation == MS_PRIVATE ? "private"
							 : "unbindable");
	note(world, 0, "%smount --tuck%s %s%s %s %s  # %s",
		job->by_propagation ? "LIBMNTTUCK_ATTACH=propagation " : "",
		job->rules == MNTTUCK_KERNEL ? "=kernel" : "", propagation,
		job->is_new ? "-t tmpfs" : how_words[job->how], job->is_new ? "new" : job->source,
		job->target, outcome);
}

static struct mnttuck *prepare(struct world *world, const struct job *job, int tree)
{
	struct mnttuck *tuck;
	int r = mnttuck_new(&tuck);

	if (job->by_propagation)
		setenv("LIBMNTTUCK_ATTACH", "propagation", 1);
	else
		unsetenv("LIBMNTTUCK_ATTACH");
	if (r == 0)
		r = mnttuck_set_rules(tuck, job->rules);
	if (r == 0)
		r = mnttuck_set_target(tuck, AT_FDCWD, job->target);
	if (r == 0)
		r = job->is_new ? mnttuck_set_source_tree(tuck, tree, "new")
				: mnttuck_set_source(tuck, AT_FDCWD, job->source, job->how);
	if (r == 0)
		r = mnttuck_set_propagation(tuck, job->propagation, 0);
	if (r < 0)
		give_up(world, "the library");
	return tuck;
}

static void take_refusal(const struct mnttuck *tuck, int error, struct refused *refused)
{
	const struct mnttuck_refusal *refusal = mnttuck_get_refusal(tuck);

	*refused = (struct refused){.error = error};
	if (error >= 0 || !refusal)
		return;
	snprintf(refused->rule, sizeof(refused->rule), "%s", refusal->rule);
	snprintf(refused->message, sizeof(refused->message), "%s", refusal->message);
	snprintf(refused->remedy, sizeof(refused->remedy), "%s", refusal->remedy ?: "");
}

/* What the kernel alone says, without any rule: 0 or -errno. */
static int ask_kernel(struct world *world, const struct job *job)
{
	_cleanup_close_ int target = kernel_open_path(AT_FDCWD, job->target);
	_cleanup_close_ int source = -1;
	int r = 0;

	if (job->is_new)
		source = world_filesystem(world);
	else if (job->how == MNTTUCK_MOVE)
		source = kernel_open_path(AT_FDCWD, job->source);
	else
		source = kernel_open_tree(AT_FDCWD, job->source,
			OPEN_TREE_CLONE | (job->how == MNTTUCK_RBIND ? AT_RECURSIVE : 0));
	if (source < 0)
		return source;
	if (job->how != MNTTUCK_MOVE || job->is_new)
		r = kernel_set_attributes(source, /* recursive= */ true, 0, 0, MS_PRIVATE);
	return r < 0 ? r : kernel_move_mount(source, target, MOVE_MOUNT_BENEATH);
}

static const struct rule *find_rule(const char *id)
{
	for (size_t i = 0; i < rules_count; i++)
		if (strcmp(rules[i].id, id) == 0)
			return &rules[i];
	return NULL;
}

/* ---- verdicts ---- */

/* @explained: what the rules said before; @refused: what came of the attempt. */
static void compare_verdicts(struct world *world, const struct job *job,
	const struct refused *explained, const struct refused *refused)
{
	const struct rule *rule;
	int r;

	if (explained->error < 0 && refused->error == 0) {
		complain(world, "%s refuses (%s) what was attached", explained->rule,
			explained->message);
		return;
	}
	if (refused->error < 0 && !*refused->rule) {
		complain(world, "no rule explains the kernel's error: %s",
			strerror(-refused->error));
		return;
	}
	if (explained->error == 0 && refused->error < 0) {
		rule = find_rule(refused->rule);
		if (job->rules == MNTTUCK_KERNEL && rule && rule->scope == SCOPE_KERNEL_TRIED)
			count(world, REFUSED_TRIED);
		else
			complain(world, "%s refuses (%s) what the rules let pass before",
				refused->rule, refused->message);
	}
	if (explained->error < 0) {
		rule = find_rule(explained->rule);
		count(world, rule->scope == SCOPE_STRICT ? REFUSED_STRICT : REFUSED_KERNEL);
		if (rule->scope == SCOPE_STRICT)
			return;
	}
	if (job->by_propagation) {
		count(world, VERDICTS_NOT_COMPARED);
		return;
	}
	count(world, VERDICTS_COMPARED);
	r = explained->error < 0 ? ask_kernel(world, job) : -1;
	if (r == 0)
		complain(world, "%s refuses (%s) what the kernel does", explained->rule,
			explained->message);
}

/* ---- one attempt ---- */

/* The rules alone, by mnttuck_explain(). */
static struct refused explain(struct world *world, const struct job *job, int tree)
{
	struct mnttuck *tuck = prepare(world, job, tree);
	struct refused refused;

	take_refusal(tuck, mnttuck_explain(tuck), &refused);
	mnttuck_free(tuck);
	return refused;
}

static struct refused attach(struct world *world, const struct job *job, int tree)
{
	struct mnttuck *tuck = prepare(world, job, tree);
	struct refused refused;
	int r = mnttuck_attach(tuck);

	take_refusal(tuck, r, &refused);
	if (r < 0 && mnttuck_is_attached(tuck)) {
		complain(world, "it was attached, and then: %s",
			mnttuck_get_outcome(tuck) ?: strerror(-r));
		refused.error = 0;
	}
	mnttuck_free(tuck);
	return refused;
}

static int plan_reveal(struct plan *plan, const struct job *job, struct mount *top)
{
	if (!job->then_reveal)
		return 0;
	return plan_unmount(plan, plan_visible(top), NULL, NULL);
}

static void tell_of(struct world *world, const struct job *job)
{
	count(world, job->then_reveal ? TUCKS_AND_REVEALS : TUCKS);
	if (job->by_propagation)
		count(world, TUCKS_BY_PROPAGATION);
}

/* Whatever lies on top of @fd. A copy of what was tucked may have come to lie over its path. */
static int unmount_through(struct world *world, int fd)
{
	char path[64];
	int r;

	snprintf(path, sizeof(path), "self/fd/%d", fd);
	if (fchdir(world->proc) < 0)
		give_up(world, "/proc");
	r = umount2(path, MNT_DETACH) < 0 ? -errno : 0;
	if (chdir("/") < 0)
		give_up(world, "/");
	return r;
}

/* Returns whether it was attached. */
static bool attempt(struct world *world, const struct job *job, struct refused *refused)
{
	_cleanup_(cleanup_namespaces) struct namespaces *namespaces = world_read(world);
	_cleanup_(tables_clear) struct tables tables = {0};
	_cleanup_close_ int tree = job->is_new ? world_filesystem(world) : -1;
	struct plan plan = {.namespaces = namespaces};
	struct refused explained;
	_cleanup_close_ int target = kernel_open_path(AT_FDCWD, job->target);
	struct mount *top;
	bool is_root;
	int planned;

	table_make(world, namespaces, &tables.before);
	explained = explain(world, job, tree);
	top = world_lookup(namespaces, job->target, &is_root);
	if (explained.error == 0)
		observe_top(world, top);
	planned = plan_job(&plan, job, tree);
	if (planned == 0 && explained.error == 0)
		observe_places(world, &plan);
	if (planned == 0)
		planned = plan_reveal(&plan, job, top);
	if (planned == 0 && explained.error == 0 && job->then_reveal)
		observe_places(world, &plan);
	table_make(world, namespaces, &tables.wanted);
	plan_clear(&plan);

	*refused = attach(world, job, tree);
	note_job(world, job, refused->error == 0 ? "done" : refused->rule);
	if (refused->error == 0 && job->then_reveal) {
		int r = unmount_through(world, target);

		note(world, r, "umount --lazy %s  # as it was", job->target);
		if (r < 0)
			complain(world, "what was tucked can't be revealed");
	}
	if (refused->error < 0 || explained.error < 0)
		compare_verdicts(world, job, &explained, refused);
	else
		count(world, VERDICTS_COMPARED);
	read_table(world, &tables.is);
	if (refused->error < 0) {
		is_as(world, &tables, &tables.before, "a refusal changed something");
		return false;
	}
	tell_of(world, job);
	if (planned < 0)
		complain(world, "there is no plan for it: %s", strerror(-planned));
	else
		is_as(world, &tables, &tables.wanted, "the plan is wrong");
	return true;
}

/* ---- the steps ---- */

static unsigned long any_propagation(struct world *world, const struct job *job)
{
	static const unsigned long kinds[] = {MS_SHARED, MS_SLAVE, MS_PRIVATE, MS_UNBINDABLE};

	(void)job;
	return now_and_then(world, 25) ? kinds[any(world, ELEMENTS(kinds))] : 0;
}

static bool make_job(struct world *world, struct job *job)
{
	static const enum mnttuck_source hows[] = {MNTTUCK_BIND, MNTTUCK_RBIND, MNTTUCK_MOVE};
	enum pick what = now_and_then(world, 96) ? PICK_TOP : PICK_ANY;

	*job = (struct job){
		.is_new = now_and_then(world, 35),
		.rules = now_and_then(world, 50) ? MNTTUCK_KERNEL : MNTTUCK_STRICT,
		.by_propagation = now_and_then(world, 12),
		.then_reveal = now_and_then(world, 30),
	};
	if (!job->is_new)
		job->how = hows[any(world, ELEMENTS(hows))];
	job->propagation = any_propagation(world, job);
	if (now_and_then(world, 1))
		strcpy(job->target, "/");
	else if (!layout_pick(world, what, job->target))
		return false;
	return job->is_new ||
	       layout_pick(world, job->how == MNTTUCK_MOVE ? PICK_MOUNT : PICK_ANY, job->source);
}

static void play_tuck(struct world *world)
{
	struct refused refused = {0}, before;
	struct job job;
	bool follows = now_and_then(world, 60);

	if (!make_job(world, &job) || attempt(world, &job, &refused) || !follows)
		return;
	for (unsigned int remedies = 1; !world->has[CASES_FAILED]; remedies++) {
		if (remedies > REMEDIES_MOST) {
			complain(world, "%s still refuses after %d remedies", refused.rule,
				REMEDIES_MOST);
			return;
		}
		switch (remedy_follow(world, &refused, &job)) {
		case REMEDY_NO_COMMAND:
			count(world, REMEDIES_WITHOUT_COMMAND);
			return;
		case REMEDY_OUT_OF_SIGHT:
			count(world, REMEDIES_OUT_OF_SIGHT);
			return;
		case REMEDY_FOLLOWED:
			break;
		}
		/* What was mounted may lie over the source. */
		if (!job.is_new && access(job.source, F_OK) < 0) {
			count(world, REMEDIES_OUT_OF_SIGHT);
			return;
		}
		before = refused;
		if (attempt(world, &job, &refused)) {
			world->tally->counts[REMEDIES_PROVED] += remedies;
			return;
		}
		if (strcmp(refused.rule, before.rule) == 0 &&
			strcmp(refused.remedy, before.remedy) == 0)
			complain(world, "the remedy of %s is of no help: %s", refused.rule,
				refused.remedy);
	}
}

static void play_unmount(struct world *world)
{
	_cleanup_(cleanup_namespaces) struct namespaces *namespaces = NULL;
	_cleanup_(tables_clear) struct tables tables = {0};
	char target[WORLD_PATH];
	struct plan plan = {0};
	struct mount *top;
	bool is_root;

	if (!layout_pick(world, PICK_TOP, target))
		return;
	plan.namespaces = namespaces = world_read(world);
	table_make(world, namespaces, &tables.before);
	top = world_lookup(namespaces, target, &is_root);
	observe_top(world, top);
	if (plan_unmount(&plan, top, NULL, NULL) < 0)
		give_up(world, "plan_unmount");
	observe_places(world, &plan);
	table_make(world, namespaces, &tables.wanted);
	plan_clear(&plan);
	layout_unmount(world, target);
	read_table(world, &tables.is);
	count(world, REVEALS);
	is_as(world, &tables, &tables.wanted, "the plan is wrong");
}

void play(struct world *world)
{
	world_enter(world, any(world, (unsigned int)world->count));
	if (now_and_then(world, 65))
		play_tuck(world);
	else
		play_unmount(world);
}

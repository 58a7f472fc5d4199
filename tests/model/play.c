/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "play.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "effects.h"
#include "inside.h"
#include "layout.h"
#include "namespaces.h"
#include "plan-groups.h"
#include "plan-mount.h"
#include "plan-unmount.h"
#include "plan.h"
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
	printf("%s# wanted:\n", told);
	table_print(wanted, stdout);
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
	for (struct mount *mount = top; mount; mount = mount_next_below(top, mount)) {
		mount->id = 0;
		mount->user = NULL;
	}
}

static bool is_above(const struct mount *above, const struct mount *mount)
{
	while (mount && mount != above)
		mount = mount->parent;
	return mount;
}

/* What is at the job's path. What the rules refuse has no plan: -EINVAL. */
static int find_source(const struct plan *plan, const struct job *job, const struct mount *top,
	struct plan_source *source)
{
	bool is_root;
	struct mount *mount = world_lookup(plan->namespaces, job->source, &is_root);

	if (!mount)
		return -ENOENT;
	if (job->how == MNTTUCK_MOVE &&
		(!is_root || !mount->parent || is_above(mount, top) || is_above(top, mount)))
		return -EINVAL;
	*source = (struct plan_source){
		.device = mount_device(mount),
		.root = path_on_filesystem(mount, job->source),
		.tree = job->how == MNTTUCK_BIND ? NULL : mount,
		.tree_path = job->source,
		.is_move = job->how == MNTTUCK_MOVE,
		.peer = job->how != MNTTUCK_MOVE && job->rules == MNTTUCK_KERNEL ? mount : NULL,
	};
	return source->root ? 0 : -ENOMEM;
}

static int plan_of_tuck(struct plan *plan, const struct job *job, struct mount *top, int tree,
	struct effects *effects)
{
	struct plan_source source = {.root = "/"};
	_cleanup_free_ char *root = NULL;
	struct stat st;
	int r = 0;

	if (job->is_new) {
		r = fstat(tree, &st);
		source.device = st.st_dev;
	} else {
		r = find_source(plan, job, top, &source);
		root = r < 0 ? NULL : (char *)source.root;
	}
	if (r < 0)
		return r;
	if (source.is_move && job->by_propagation)
		forget_ids(source.tree);
	if (job->is_carried) {
		source.carried = top;
		source.carried_are_slaves =
			job->by_propagation && top->parent && !top->parent->group;
		source.peer = NULL;
	}
	return effects_tuck(effects, plan, top, &source, job->propagation);
}

/* ---- coverage ---- */

static void observe_places(struct world *world, const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		count(world, PLACES);
		if (plan->changes[i].stays)
			count(world, PLACES_STAY);
		if (i > 0 && (plan->changes[i].other || plan->changes[i].stays))
			world->has[CASES_OWN_MOUNT] = true;
	}
}

static void observe_top(struct world *world, struct mount *top)
{
	if (top->parent && strcmp(mount_target(top->parent), mount_target(top)) == 0)
		world->has[CASES_STACK] = true;
	if (top->first_child)
		world->has[CASES_SUBMOUNT] = true;
}

static void observe_job(struct world *world, const struct job *job)
{
	if (job->is_beneath)
		count(world, job->takes_all ? BENEATH_ALL : BENEATH);
	else if (job->is_tuck && job->is_reveal)
		count(world, TUCKS_AND_REVEALS);
	else
		count(world, job->is_tuck ? TUCKS : REVEALS);
	if (job->is_tuck && job->by_propagation)
		count(world, TUCKS_BY_PROPAGATION);
	if (job->is_tuck && job->is_carried && world->has[CASES_SUBMOUNT])
		count(world, TUCKS_CARRYING);
	if (job->is_reveal && job->by_library)
		count(world, REVEALS_BY_LIBRARY);
}

/* ---- one attempt ---- */

/* A copy may have come to lie on the top itself. The library plans that only if it is to do it. */
static int plan_of_unmount(
	struct plan *plan, const struct job *job, struct mount *top, struct effects *effects)
{
	if (plan_visible(top) == top && job->by_library)
		return effects_reveal(
			effects, plan, top, &(struct effects_view){.old_flags = top->flags});
	effects_clear(effects);
	return plan_unmount(plan, plan_visible(top));
}

/* What lies beneath, the lowest first. */
static int plan_of_beneath(
	struct plan *plan, const struct job *job, struct mount *top, struct effects *effects)
{
	struct mount *list[64], *mount = top;
	size_t count = 0;

	while (mount_is_cover(mount) && count < ELEMENTS(list) && (job->takes_all || count == 0)) {
		mount = mount->parent;
		memmove(list + 1, list, count++ * sizeof(*list));
		list[0] = mount;
	}
	return count ? effects_beneath(effects, plan, list, count) : -EINVAL;
}

/* Play all of the job on what was read. @places: how many the library's plan should have; 0: that
 * is not compared. */
static int make_plan(struct world *world, struct plan *plan, const struct job *job, int tree,
	bool is_observed, size_t *places)
{
	bool is_root = false;
	struct mount *top = world_lookup(plan->namespaces, job->target, &is_root);
	struct effects effects = {0};
	int r = 0;

	*places = 0;
	if (!top || !is_root)
		return -EINVAL;
	if (is_observed)
		observe_top(world, top);
	if (job->is_tuck)
		r = plan_of_tuck(plan, job, top, tree, &effects);
	if (r == 0 && is_observed)
		observe_places(world, plan);
	if (r == 0 && job->is_reveal) {
		r = plan_of_unmount(plan, job, top, &effects);
		if (r == 0 && is_observed)
			observe_places(world, plan);
	}
	if (r == 0 && job->is_beneath) {
		r = plan_of_beneath(plan, job, top, &effects);
		if (r == 0 && is_observed)
			observe_places(world, plan);
	}
	if (r == 0)
		*places = effects.count + effects.apart_count;
	effects_clear(&effects);
	return r;
}

/* In a chroot, too, the library knows all places. In a pid namespace it can't, and says so. */
static void compare_places(struct world *world, const struct job *job, int tree, size_t planned)
{
	bool is_unchecked;
	size_t places;

	if (!planned || !inside_has_proc())
		return;
	places = library_places(world, job, tree, &is_unchecked);
	count(world, is_unchecked ? PLANS_UNCHECKED : PLANS);
	if (is_unchecked && world->inside != INSIDE_PID)
		complain(world, "the library says that it can't see everything");
	if (is_unchecked ? places > planned : places != planned)
		complain(world, "the library plans %zu places, and there are %zu", places, planned);
}

static void judge_beneath(struct world *world, const struct tables *tables)
{
	count(world, SIGHTS);
	if (sight_differs(&tables->before, &tables->is))
		complain(world, "somebody sees something else than before");
}

/* Compare what came of it with what was there, or with what was planned. */
static bool judge(struct world *world, const struct job *job, const struct tables *tables,
	const struct outcome *explained, const struct outcome *outcome, int planned)
{
	if (outcome->error < 0) {
		is_as(world, tables, &tables->before, "a refusal changed something");
		return false;
	}
	observe_job(world, job);
	if (planned < 0)
		complain(world, "there is no plan for it: %s", strerror(-planned));
	else if (!is_as(world, tables, &tables->wanted, "the plan is wrong"))
		return true;
	else if (job->is_beneath && explained->is_unchecked && world->inside == INSIDE_PID)
		count(world, SIGHTS_UNCHECKED);
	else if (job->is_beneath && !job->is_skipped)
		judge_beneath(world, tables);
	else if (!job->by_library || !job->is_reveal || outcome->left == LEFT_UNKNOWN)
		return true;
	else if (explained->is_unchecked && world->inside == INSIDE_PID)
		count(world, SIGHTS_UNCHECKED);
	else
		sight_compare(world, job, &tables->before, &tables->is, outcome->left);
	sight_compare_earlier(world, job, &tables->before, &tables->is, outcome);
	return true;
}

/* Do what beneath-shown has refused. */
static void prove_beneath(struct world *world, const struct job *job, const struct table *before,
	const struct outcome *refused)
{
	bool is_about_base = strstr(refused->message, "lower in the stack");
	struct job plain = *job;
	struct table is = {0};
	struct outcome outcome;

	plain.is_skipped = true;
	outcome = library_do(world, &plain, -1);
	library_note(world, &plain, &outcome);
	if (outcome.error < 0)
		return;
	read_table(world, &is);
	count(world, SIGHTS_REFUSED);
	if (is_about_base ? !sight_has_lost_base(before, &is, world->current, job->target)
			  : !sight_has_lost(before, &is)) {
		complain(world, "%s refuses (%s), and it is not so", refused->rule,
			refused->message);
		printf("# before:\n");
		table_print(before, stdout);
		printf("# is:\n");
		table_print(&is, stdout);
	}
	table_clear(&is);
}

/* A refusal of the rules about who sees what. The others about the unmount are about the target's
 * own stack and its children. */
static bool is_about_sight(const struct outcome *refused)
{
	return strcmp(refused->rule, "reveal-incomplete") == 0 ||
	       (strcmp(refused->rule, "reveal-propagates") == 0 &&
		       strstr(refused->message, "instead of the old version"));
}

/* Do the refused job without the rules about the unmount. The refusal was right if somebody then
 * sees a wrong version. */
static void prove_refusal(struct world *world, const struct job *job, const struct table *before,
	const struct outcome *refused)
{
	struct job plain = *job;
	_cleanup_close_ int tree = job->is_new ? world_filesystem(world) : -1;
	struct table is = {0};
	struct outcome outcome;

	plain.by_library = false;
	outcome = library_do(world, &plain, tree);
	library_note(world, &plain, &outcome);
	if (outcome.error < 0)
		return;
	read_table(world, &is);
	count(world, SIGHTS_REFUSED);
	if (!sight_has_changed(world, job, before, &is)) {
		complain(world, "%s refuses (%s), and nobody would have seen anything wrong",
			refused->rule, refused->message);
		printf("# before:\n");
		table_print(before, stdout);
		printf("# is:\n");
		table_print(&is, stdout);
	}
	table_clear(&is);
}

static bool has_submounts(const struct namespaces *namespaces, const struct job *job)
{
	bool is_root;
	const struct mount *top = world_lookup(namespaces, job->target, &is_root);

	return top && top->first_child;
}

/* The namespaces whose first mounts are locked to each other. The kernel keeps such a mount where
 * the unmount of a mount on the top reaches it alone. Nothing tells which mounts are locked, so
 * the plan does not know that. */
static uint32_t less_privileged(const struct world *world)
{
	uint32_t spaces = 0;

	for (size_t i = 0; i < world->count; i++)
		if (world->spaces[i].is_less_privileged)
			spaces |= 1U << i;
	return spaces;
}

/* Returns whether it was done. */
static bool attempt(struct world *world, const struct job *job, struct outcome *outcome)
{
	_cleanup_(cleanup_namespaces) struct namespaces *namespaces = world_read(world);
	_cleanup_(tables_clear) struct tables tables = {0};
	_cleanup_close_ int tree = job->is_new ? world_filesystem(world) : -1;
	struct plan plan = {.namespaces = namespaces};
	struct outcome explained = library_explain(world, job, tree);
	size_t places;
	uint32_t ignored = 0;
	int planned;
	bool is_done;

	table_make(world, namespaces, &tables.before);
	if (job->is_reveal && has_submounts(namespaces, job))
		ignored = less_privileged(world);
	planned = make_plan(world, &plan, job, tree, explained.error == 0, &places);
	if (explained.error == 0)
		compare_places(world, job, tree, places);
	table_make(world, namespaces, &tables.wanted);
	tables.wanted.ignored = ignored;
	tables.wanted.may_gain = job->is_reveal && job->by_library;
	plan_clear(&plan);

	*outcome = library_do(world, job, tree);
	library_note(world, job, outcome);
	verdict_compare(world, job, &explained, outcome);
	read_table(world, &tables.is);
	is_done = judge(world, job, &tables, &explained, outcome, planned);
	if (world->has[CASES_FAILED]) {
		printf("# before:\n");
		table_print(&tables.before, stdout);
		printf("# is:\n");
		table_print(&tables.is, stdout);
	} else if (!is_done && strcmp(outcome->rule, "beneath-shown") == 0 && !job->takes_all) {
		prove_beneath(world, job, &tables.before, outcome);
		return true;
	} else if (!is_done && job->is_reveal && job->by_library && is_about_sight(outcome) &&
		   (world->has[CASES_LESS_PRIVILEGED] || now_and_then(world, 30))) {
		prove_refusal(world, job, &tables.before, outcome);
		return true;
	}
	return is_done;
}

/* ---- the steps ---- */

/* A remedy has been followed, and the job is still refused: for another reason, or was it of no
 * help? Returns whether to go on. */
static bool is_progress(struct world *world, enum remedy remedy, const struct outcome *before,
	const struct outcome *refused)
{
	if (strcmp(refused->rule, before->rule) != 0 ||
		strcmp(refused->message, before->message) != 0)
		return true;
	if (remedy == REMEDY_FOLLOWED_BLINDLY)
		count(world, REMEDIES_OUT_OF_SIGHT);
	else
		complain(world, "the remedy of %s is of no help: %s", refused->rule,
			refused->remedy);
	return false;
}

/* What was refused is tried again after its remedy has been followed. */
static void follow_remedies(struct world *world, struct job *job, struct outcome *refused)
{
	for (unsigned int remedies = 1; !world->has[CASES_FAILED]; remedies++) {
		struct outcome before = *refused;
		enum remedy remedy;

		if (remedies > REMEDIES_MOST) {
			count(world, REMEDIES_TOO_MANY);
			return;
		}
		remedy = remedy_follow(world, refused, job);
		if (remedy == REMEDY_NO_COMMAND) {
			count(world, REMEDIES_WITHOUT_COMMAND);
			return;
		}
		/* What was mounted may lie over the source. */
		if (remedy == REMEDY_FAILED || layout_is_too_large(world) ||
			!inside_is_there(world) ||
			(job->is_tuck && !job->is_new && access(job->source, F_OK) < 0)) {
			count(world, REMEDIES_FAILED);
			return;
		}
		if (attempt(world, job, refused)) {
			world->tally->counts[REMEDIES_PROVED] += remedies;
			return;
		}
		if (!is_progress(world, remedy, &before, refused))
			return;
	}
}

void play(struct world *world)
{
	bool follows = now_and_then(world, 60);
	struct outcome outcome;
	struct job job;

	world_enter(world, any(world, (unsigned int)world->count));
	/* What is locked there can't be unmounted, and so is no place for most jobs. */
	if (world->spaces[world->current].is_less_privileged)
		world_enter(world, 0);
	if (!inside_is_there(world))
		return;
	/* The remedies about what lies beneath are commands of other programs. */
	if (job_make(world, &job) && !attempt(world, &job, &outcome) && follows && !job.is_beneath)
		follow_remedies(world, &job, &outcome);
}

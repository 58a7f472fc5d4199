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
	for (struct mount *mount = top; mount; mount = mount_next_below(top, mount))
		mount->id = 0;
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
	if (job->is_tuck && job->is_reveal)
		count(world, TUCKS_AND_REVEALS);
	else
		count(world, job->is_tuck ? TUCKS : REVEALS);
	if (job->is_tuck && job->by_propagation)
		count(world, TUCKS_BY_PROPAGATION);
	if (job->is_reveal && job->by_library)
		count(world, REVEALS_BY_LIBRARY);
}

/* ---- one attempt ---- */

/* A copy may have come to lie on the top itself. The library plans that only if it is to do it. */
static int plan_of_unmount(
	struct plan *plan, const struct job *job, struct mount *top, struct effects *effects)
{
	if (plan_visible(top) == top && job->by_library)
		return effects_reveal(effects, plan, top);
	effects_clear(effects);
	return plan_unmount(plan, plan_visible(top));
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
	else if (!is_as(world, tables, &tables->wanted, "the plan is wrong") || !job->by_library ||
		 !job->is_reveal || outcome->left == LEFT_UNKNOWN)
		return true;
	else if (explained->is_unchecked && world->inside == INSIDE_PID)
		count(world, SIGHTS_UNCHECKED);
	else
		sight_compare(world, job, &tables->before, &tables->is, outcome->left);
	return true;
}

/* A refusal of the rules about who sees what. The others about the unmount are about the target's
 * own stack and its children. */
static bool is_about_sight(const struct outcome *refused)
{
	return strcmp(refused->rule, "reveal-incomplete") == 0 ||
	       (strcmp(refused->rule, "reveal-propagates") == 0 &&
		       strstr(refused->message, "instead of the old version"));
}

/* Do what was refused without the rules about the unmount: was the refusal right? */
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

/* Returns whether it was done. */
static bool attempt(struct world *world, const struct job *job, struct outcome *outcome)
{
	_cleanup_(cleanup_namespaces) struct namespaces *namespaces = world_read(world);
	_cleanup_(tables_clear) struct tables tables = {0};
	_cleanup_close_ int tree = job->is_new ? world_filesystem(world) : -1;
	struct plan plan = {.namespaces = namespaces};
	struct outcome explained = library_explain(world, job, tree);
	size_t places;
	int planned;
	bool is_done;

	table_make(world, namespaces, &tables.before);
	planned = make_plan(world, &plan, job, tree, explained.error == 0, &places);
	if (explained.error == 0)
		compare_places(world, job, tree, places);
	table_make(world, namespaces, &tables.wanted);
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
	} else if (!is_done && job->is_reveal && job->by_library && is_about_sight(outcome) &&
		   now_and_then(world, 30)) {
		prove_refusal(world, job, &tables.before, outcome);
		return true;
	}
	return is_done;
}

/* ---- the steps ---- */

/* A path that the library can be asked about. */
static bool pick_inside(struct world *world, enum pick what, char path[WORLD_PATH])
{
	for (int tries = 0; tries < 6; tries++)
		if (!layout_pick(world, what, path))
			return false;
		else if (inside_has(world, path))
			return true;
	return false;
}

/* A tree that can be moved: its parent is private. */
static bool make_movable(struct world *world, char path[WORLD_PATH])
{
	char inside[WORLD_PATH + 2];
	size_t length;

	if (!pick_inside(world, PICK_ANY, path) || layout_new(world, path) < 0)
		return false;
	layout_mount(world, NULL, path, MS_PRIVATE);
	length = strlen(path);
	snprintf(path + length, WORLD_PATH - length, "/%c", WORLD_NAMES[any(world, 2)]);
	if (now_and_then(world, 50) && layout_pick(world, PICK_ANY, inside) &&
		layout_mount(
			world, inside, path, MS_BIND | (now_and_then(world, 50) ? MS_REC : 0)) == 0)
		return true;
	if (layout_new(world, path) < 0)
		return false;
	snprintf(inside, sizeof(inside), "%s/%c", path, WORLD_NAMES[any(world, 3)]);
	if (now_and_then(world, 60) && layout_new(world, inside) == 0 && now_and_then(world, 30))
		layout_mount(world, NULL, inside, MS_UNBINDABLE);
	return true;
}

static bool make_source(struct world *world, struct job *job)
{
	static const enum mnttuck_source hows[] = {MNTTUCK_BIND, MNTTUCK_RBIND, MNTTUCK_MOVE};

	job->is_new = now_and_then(world, 35);
	if (job->is_new)
		return true;
	job->how = hows[any(world, ELEMENTS(hows))];
	if (job->how == MNTTUCK_MOVE)
		return now_and_then(world, 60) ? make_movable(world, job->source)
					       : pick_inside(world, PICK_MOUNT, job->source);
	return pick_inside(world, PICK_ANY, job->source);
}

/* One of two paths leads to the other. */
static bool is_on_the_way(const char *one, const char *other)
{
	size_t length = strlen(one) < strlen(other) ? strlen(one) : strlen(other);

	return strncmp(one, other, length) == 0;
}

/* Most often a moved mount is to go elsewhere than where it is. */
static bool make_target(struct world *world, struct job *job, enum pick what)
{
	bool is_moved = job->is_tuck && !job->is_new && job->how == MNTTUCK_MOVE;

	for (int tries = 0; tries < 6; tries++) {
		if (!pick_inside(world, what, job->target))
			return false;
		if (!is_moved || !is_on_the_way(job->source, job->target))
			break;
	}
	return true;
}

static bool make_job(struct world *world, struct job *job)
{
	static const unsigned long propagations[] = {
		MS_SHARED, MS_SLAVE, MS_PRIVATE, MS_UNBINDABLE};
	enum pick what = now_and_then(world, 96) ? PICK_TOP : PICK_ANY;

	/* Where a mount has come to lie over the root, the library is as in a chroot without /proc,
	 * and can't know what is elsewhere. */
	*job = (struct job){
		.is_tuck = now_and_then(world, 65),
		.rules = now_and_then(world, 50) ? MNTTUCK_KERNEL : MNTTUCK_STRICT,
		.by_library = now_and_then(world, 50) && inside_has_proc(),
		.is_forced = now_and_then(world, 40),
	};
	job->is_reveal = !job->is_tuck || now_and_then(world, 35);
	if (!job->is_tuck && !job->by_library)
		what = PICK_TOP; /* what is to be unmounted without being asked */
	if (job->is_tuck) {
		if (!make_source(world, job))
			return false;
		job->by_propagation = now_and_then(world, 12) && inside_has_proc();
		if (now_and_then(world, 25))
			job->propagation = propagations[any(world, ELEMENTS(propagations))];
	}
	if (job->is_tuck && now_and_then(world, 1)) {
		inside_to_outside(world, "/", job->target);
		return true;
	}
	return make_target(world, job, what);
}

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
	if (!inside_is_there(world))
		return;
	if (make_job(world, &job) && !attempt(world, &job, &outcome) && follows)
		follow_remedies(world, &job, &outcome);
}

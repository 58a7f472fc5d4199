/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "carry.h"
#include "enter.h"
#include "i18n.h"
#include "libmnttuck.h"
#include "path.h"
#include "rules.h"
#include "util.h"

int mnttuck_new(struct mnttuck **ret)
{
	KEEP_ERRNO;
	struct mnttuck *tuck = calloc(1, sizeof(*tuck));

	if (!tuck)
		return -ENOMEM;
	i18n_start();
	wish_init(&tuck->wish);
	tuck->source.fd = -1;
	tuck->progress.origin = -1;
	tuck->watch.poll = -1;
	tuck->gone = GONE_NOTHING;
	tuck->facts.wish = &tuck->wish;
	tuck->facts.progress = &tuck->progress;
	tuck->facts.world = &tuck->world;
	*ret = tuck;
	return 0;
}

void mnttuck_free(struct mnttuck *tuck)
{
	KEEP_ERRNO;
	if (!tuck)
		return;
	facts_free(&tuck->facts);
	known_world_forget(&tuck->world);
	if (tuck->source.fd >= 0)
		close(tuck->source.fd);
	if (tuck->progress.origin >= 0)
		close(tuck->progress.origin);
	wish_clear(&tuck->wish);
	report_clear(&tuck->report);
	places_clear(&tuck->places);
	await_clear(&tuck->watch);
	gone_clear(&tuck->gone);
	free(tuck->progress.old_root);
	free(tuck);
}

int mnttuck_world_new(struct mnttuck_world **ret)
{
	KEEP_ERRNO;
	struct mnttuck_world *world = calloc(1, sizeof(*world));

	if (!world)
		return -ENOMEM;
	*ret = world;
	return 0;
}

void mnttuck_world_free(struct mnttuck_world *world)
{
	KEEP_ERRNO;

	if (world)
		known_world_forget(world);
	free(world);
}

int mnttuck_set_world(struct mnttuck *tuck, struct mnttuck_world *world)
{
	tuck->facts.world = world ?: &tuck->world;
	return 0;
}

int mnttuck_set_rules(struct mnttuck *tuck, enum mnttuck_rules which)
{
	if (which != MNTTUCK_STRICT && which != MNTTUCK_KERNEL)
		return -EINVAL;
	tuck->wish.rules = which;
	return 0;
}

int mnttuck_refuse_unchecked(struct mnttuck *tuck, int refuses)
{
	tuck->wish.refuses_unchecked = refuses;
	return 0;
}

int mnttuck_set_operations(struct mnttuck *tuck, unsigned int operations)
{
	const unsigned int both = MNTTUCK_TUCK | MNTTUCK_REVEAL;
	const bool is_beneath =
		operations == MNTTUCK_REMOVE_BENEATH || operations == MNTTUCK_REMOVE_ALL;

	if (!is_beneath &&
		(!(operations & both) ||
			operations & ~(both | MNTTUCK_FORCE | MNTTUCK_EXACT | MNTTUCK_EVERYWHERE |
					     MNTTUCK_CARRY) ||
			(operations & MNTTUCK_EXACT && !(operations & MNTTUCK_REVEAL)) ||
			(operations & MNTTUCK_CARRY && !(operations & MNTTUCK_TUCK)) ||
			(operations & MNTTUCK_EVERYWHERE && (operations & both) != both)))
		return -EINVAL;
	tuck->wish.operations = operations;
	return 0;
}

int mnttuck_skip_rule(struct mnttuck *tuck, const char *rule)
{
	int row = rules_find_ours(rule);

	if (row < 0)
		return row;
	tuck->wish.skipped |= UINT64_C(1) << row;
	return 0;
}

int mnttuck_keep_groups(struct mnttuck *tuck, int keeps)
{
	tuck->wish.groups = keeps ? GROUPS_KEPT : GROUPS_LEFT;
	return 0;
}

int mnttuck_set_log(struct mnttuck *tuck, mnttuck_log log, void *data)
{
	tuck->wish.log = log;
	tuck->wish.log_data = data;
	return 0;
}

int mnttuck_set_confirm(struct mnttuck *tuck, mnttuck_confirm confirm, void *data)
{
	tuck->wish.confirm = confirm;
	tuck->wish.confirm_data = data;
	return 0;
}

/* Put a duplicate of @fd in @to, in place of an earlier one. */
static int keep_duplicate(int fd, int *to)
{
	int duplicate = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (duplicate < 0)
		return -errno;
	if (*to >= 0)
		close(*to);
	*to = duplicate;
	return 0;
}

int mnttuck_set_namespace(struct mnttuck *tuck, int fd)
{
	KEEP_ERRNO;
	struct wish *wish = &tuck->wish;

	if (wish->namespace_fd >= 0 || wish->target.path || wish->kind != SOURCE_NONE)
		return -EBUSY;
	if (kernel_is_mount_namespace(fd) != 1)
		return -EINVAL;
	return keep_duplicate(fd, &wish->namespace_fd);
}

/* ---- target and source ---- */

/* What a target or a source is named by. */
struct name {
	int dirfd;
	const char *path;
};

/* Whether the descriptor alone is meant. An empty path without one is no file. */
static bool is_descriptor(const struct name *name)
{
	return !*name->path && name->dirfd != AT_FDCWD;
}

/* Open the file that @operand names, and identify its mount. */
static int open_operand(struct operand *operand, const struct name *name)
{
	operand->fd = is_descriptor(name) ? kernel_open_tree(name->dirfd, "", AT_EMPTY_PATH)
					  : kernel_open_path(name->dirfd, name->path);
	return operand->fd < 0
		       ? operand->fd
		       : kernel_identify_once(operand->fd, "", AT_EMPTY_PATH, &operand->identity);
}

/* A descriptor is named in messages by the path that leads to it. */
static int name_operand(struct operand *operand, const struct name *name)
{
	_cleanup_free_ char *path = NULL;

	if (is_descriptor(name) && operand->fd >= 0)
		path_of_fd(operand->fd, &path);
	return operand_name(operand, path ?: name->path);
}

static int set_target(struct mnttuck *tuck, void *name)
{
	struct operand *target = &tuck->wish.target;
	int r;

	target->error = open_operand(target, name);
	r = name_operand(target, name);
	if (r < 0)
		operand_clear(target);
	return r;
}

int mnttuck_set_target(struct mnttuck *tuck, int dirfd, const char *path)
{
	KEEP_ERRNO;
	struct name name = {dirfd, path};

	if (tuck->wish.target.path)
		return -EBUSY;
	return enter_and_run(tuck->wish.namespace_fd, set_target, tuck, &name);
}

/* A source in the caller's namespace, for another one: a clone that is made now. */
static int clone_source(struct mnttuck *tuck, const struct name *name, enum mnttuck_source how)
{
	_cleanup_close_ int tree = -1;

	if (how == MNTTUCK_MOVE)
		return -EINVAL;
	tree = kernel_open_tree(name->dirfd, name->path,
		OPEN_TREE_CLONE | (is_descriptor(name) ? (unsigned int)AT_EMPTY_PATH : 0U) |
			(how == MNTTUCK_RBIND ? (unsigned int)AT_RECURSIVE : 0));
	return tree < 0 ? tree : mnttuck_set_source_tree(tuck, tree, name->path);
}

int mnttuck_set_source(struct mnttuck *tuck, int dirfd, const char *path, enum mnttuck_source how)
{
	KEEP_ERRNO;
	static const enum source_kind kinds[] = {
		[MNTTUCK_BIND] = SOURCE_BIND,
		[MNTTUCK_RBIND] = SOURCE_RBIND,
		[MNTTUCK_MOVE] = SOURCE_MOVE,
	};
	const struct name name = {dirfd, path};
	struct operand *source = &tuck->wish.source;
	int r;

	if ((size_t)how >= ELEMENTS(kinds))
		return -EINVAL;
	if (tuck->wish.kind != SOURCE_NONE)
		return -EBUSY;
	if (tuck->wish.namespace_fd >= 0)
		return clone_source(tuck, &name, how);
	r = open_operand(source, &name);
	r = r < 0 ? r : name_operand(source, &name);
	if (r < 0) {
		operand_clear(source);
		return r;
	}
	tuck->wish.kind = kinds[how];
	return 0;
}

int mnttuck_set_source_tree(struct mnttuck *tuck, int fd, const char *name)
{
	KEEP_ERRNO;
	struct operand *source = &tuck->wish.source;
	_cleanup_close_ int tree = -1;
	struct located located = {0};
	int r;

	if (tuck->wish.kind != SOURCE_NONE)
		return -EBUSY;
	tree = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (tree < 0)
		return -errno;
	r = operand_name(source, name ?: _("the source"));
	if (r == 0)
		r = kernel_identify_once(tree, "", AT_EMPTY_PATH, &source->identity);
	/* A mount of another namespace is refused by the kernel when it is to be made private. */
	if (r == 0 && located_read(&located, &source->identity) == 0)
		r = -EINVAL;
	located_free(&located);
	if (r < 0) {
		operand_clear(source);
		return r;
	}
	source->fd = fcntl(tree, F_DUPFD_CLOEXEC, 0);
	if (source->fd < 0) {
		r = -errno;
		operand_clear(source);
		return r;
	}
	tuck->source.fd = steal_fd(&tree);
	tuck->wish.kind = SOURCE_TREE;
	return 0;
}

int mnttuck_set_attributes(struct mnttuck *tuck, uint64_t set, uint64_t clear, int recursive)
{
	struct wish *wish = &tuck->wish;

	if (tuck->progress.is_attached)
		return -EALREADY;
	/* An idmapping needs a descriptor of a user namespace. */
	if ((set | clear) & MOUNT_ATTR_IDMAP)
		return -EINVAL;
	*(recursive ? &wish->tree_attributes : &wish->attributes) = (struct attributes){set, clear};
	return 0;
}

int mnttuck_set_idmapping(struct mnttuck *tuck, int fd, int recursive)
{
	KEEP_ERRNO;

	if (tuck->progress.is_attached)
		return -EALREADY;
	tuck->wish.idmapping_is_recursive = recursive;
	return keep_duplicate(fd, &tuck->wish.idmapping_fd);
}

int mnttuck_set_propagation(struct mnttuck *tuck, unsigned long propagation, int recursive)
{
	if (tuck->progress.is_attached)
		return -EALREADY;
	switch (propagation) {
	case 0:
	case MS_SHARED:
	case MS_SLAVE:
	case MS_PRIVATE:
	case MS_UNBINDABLE:
		tuck->wish.propagation = propagation;
		tuck->wish.propagation_is_recursive = recursive;
		return 0;
	default:
		return -EINVAL;
	}
}

/* ---- questions ---- */

static int check_rules(struct mnttuck *tuck, void *depth)
{
	int r;

	tuck->progress.kernel_error = 0;
	r = rules_check(&tuck->facts, &tuck->report, *(enum rules_depth *)depth);
	facts_free(&tuck->facts);
	return r;
}

int mnttuck_check(struct mnttuck *tuck)
{
	KEEP_ERRNO;
	enum rules_depth depth = RULES_FIRST;

	return enter_and_run(tuck->wish.namespace_fd, check_rules, tuck, &depth);
}

int mnttuck_explain(struct mnttuck *tuck)
{
	KEEP_ERRNO;
	enum rules_depth depth = RULES_ALL;

	return enter_and_run(tuck->wish.namespace_fd, check_rules, tuck, &depth);
}

static int plan_operation(struct mnttuck *tuck, void *unused)
{
	struct facts *facts = &tuck->facts;
	int r;

	(void)unused;
	facts_free(facts);
	places_clear(&tuck->places);
	facts->wants_names = true;
	r = facts_read_target(facts);
	r = r < 0 ? r : places_make(&tuck->places, facts);
	if (r < 0)
		places_clear(&tuck->places);
	facts_free(facts);
	return r;
}

int mnttuck_plan(struct mnttuck *tuck)
{
	KEEP_ERRNO;

	return tuck->wish.target.path
		       ? enter_and_run(tuck->wish.namespace_fd, plan_operation, tuck, NULL)
		       : -EINVAL;
}

int operation_carry_over(struct mnttuck *tuck)
{
	_cleanup_close_ int with_mounts = -1;
	const struct carry *carry;
	int origin, r;

	if (!(tuck->wish.operations & MNTTUCK_CARRY))
		return 0;
	r = facts_carry(&tuck->facts, &carry);
	if (r < 0 || !carry->count)
		return r;
	r = carry_make(carry, tuck->wish.target.fd, tuck->source.fd, &with_mounts, &origin);
	if (r < 0)
		return r;
	wish_tell(&tuck->wish, "%zu mounts on the top mount are carried%s", carry->count,
		origin >= 0 ? ", by a staging namespace" : "");
	close(tuck->source.fd);
	tuck->source.fd = steal_fd(&with_mounts);
	if (origin >= 0 && tuck->progress.origin >= 0)
		close(tuck->progress.origin);
	if (origin >= 0)
		tuck->progress.origin = origin;
	return 1;
}

int operation_explain(struct mnttuck *tuck, int error)
{
	int r;

	tuck->progress.kernel_error = error;
	facts_forget(&tuck->facts);
	r = rules_check(&tuck->facts, &tuck->report, RULES_ALL);
	return r < 0 ? r : error;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tuck: the operation, and the public API.
 *
 * In this order: target, rules about it, source, rules about that, attach, verify. A refusal ends
 * it with nothing changed.
 */
#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attach.h"
#include "facts.h"
#include "i18n.h"
#include "libmnttuck.h"
#include "namespaces.h"
#include "rules.h"
#include "snapshot.h"
#include "source.h"
#include "util.h"

int mnttuck_new(struct mnttuck **ret)
{
	struct mnttuck *tuck = calloc(1, sizeof(*tuck));

	if (!tuck)
		return -ENOMEM;
	i18n_start();
	located_init(&tuck->target);
	located_init(&tuck->source);
	tuck->tree = -1;
	tuck->operations = MNTTUCK_TUCK;
	*ret = tuck;
	return 0;
}

void mnttuck_free(struct mnttuck *tuck)
{
	if (!tuck)
		return;
	operation_forget(tuck);
	located_clear(&tuck->target);
	located_clear(&tuck->source);
	if (tuck->tree >= 0)
		close(tuck->tree);
	for (size_t i = 0; tuck->details && i < rules_count; i++)
		free(tuck->details[i]);
	free(tuck->details);
	free(tuck->checks);
	free(tuck->message);
	free(tuck->remedy);
	free(tuck->outcome);
	report_places_clear(&tuck->places);
	free(tuck);
}

int mnttuck_set_rules(struct mnttuck *tuck, enum mnttuck_rules which)
{
	if (which != MNTTUCK_STRICT && which != MNTTUCK_KERNEL)
		return -EINVAL;
	tuck->rules = which;
	return 0;
}

int mnttuck_set_operations(struct mnttuck *tuck, unsigned int operations)
{
	const unsigned int both = MNTTUCK_TUCK | MNTTUCK_REVEAL;

	if (!(operations & both) || operations & ~(both | MNTTUCK_FORCE))
		return -EINVAL;
	tuck->operations = operations;
	return 0;
}

int mnttuck_set_target(struct mnttuck *tuck, int dirfd, const char *path)
{
	struct located *target = &tuck->target;
	int r;

	if (target->path)
		return -EBUSY;
	r = located_name(target, path);
	if (r < 0)
		return r;
	target->fd = kernel_open_path(dirfd, path);
	target->open_error =
		target->fd < 0 ? target->fd
			       : kernel_identify(target->fd, "", AT_EMPTY_PATH, &target->identity);
	return 0;
}

int mnttuck_set_source(struct mnttuck *tuck, int dirfd, const char *path, enum mnttuck_source how)
{
	static const enum source_kind kinds[] = {
		[MNTTUCK_BIND] = SOURCE_BIND,
		[MNTTUCK_RBIND] = SOURCE_RBIND,
		[MNTTUCK_MOVE] = SOURCE_MOVE,
	};
	int r;

	if ((size_t)how >= ELEMENTS(kinds))
		return -EINVAL;
	if (tuck->kind != SOURCE_NONE)
		return -EBUSY;
	r = source_open(tuck, dirfd, path);
	if (r < 0) {
		located_clear(&tuck->source);
		return r;
	}
	tuck->kind = kinds[how];
	return 0;
}

int mnttuck_set_source_tree(struct mnttuck *tuck, int fd, const char *name)
{
	_cleanup_close_ int tree = -1;
	int r;

	if (tuck->kind != SOURCE_NONE)
		return -EBUSY;
	tree = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (tree < 0)
		return -errno;
	r = located_name(&tuck->source, name ?: _("the source"));
	if (r == 0)
		r = kernel_identify(tree, "", AT_EMPTY_PATH, &tuck->source.identity);
	if (r < 0) {
		located_clear(&tuck->source);
		return r;
	}
	tuck->source.is_read = true;
	tuck->source.read_error = -ENOENT; /* a detached tree is in nobody's namespace */
	tuck->tree = steal_fd(&tree);
	tuck->kind = SOURCE_TREE;
	return 0;
}

int mnttuck_set_attributes(struct mnttuck *tuck, uint64_t set, uint64_t clear, int recursive)
{
	*(recursive ? &tuck->tree_attributes : &tuck->attributes) = (struct attributes){set, clear};
	return 0;
}

int mnttuck_set_propagation(struct mnttuck *tuck, unsigned long propagation, int recursive)
{
	switch (propagation) {
	case 0:
	case MS_SHARED:
	case MS_SLAVE:
	case MS_PRIVATE:
	case MS_UNBINDABLE:
		tuck->propagation = propagation;
		tuck->propagation_recursive = recursive;
		return 0;
	default:
		return -EINVAL;
	}
}

int mnttuck_check(struct mnttuck *tuck)
{
	return rules_check(tuck, RULES_FIRST);
}

int mnttuck_explain(struct mnttuck *tuck)
{
	return rules_check(tuck, RULES_ALL);
}

/* By propagation the new mount is a copy that the kernel made, the first above the old parent. */
static int find_arrival(struct mnttuck *tuck)
{
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	struct mount *mount;
	int r = snapshot_read_one(
		tuck->target.identity.unique_id, tuck->target.identity.short_id, &snapshot, &mount);
	bool is_untucked = true;

	while (r == 0 && mount->short_parent_id != tuck->target.parent->short_id) {
		struct snapshot *below = NULL;

		is_untucked = false;
		r = snapshot_read_parent(mount, &below, &mount);
		if (r < 0 || mount->short_id == mount->short_parent_id) {
			snapshot_free(below);
			return -ENOENT;
		}
		snapshot_free(snapshot);
		snapshot = below;
	}
	if (r < 0 || is_untucked)
		return r < 0 ? r : -EAGAIN;
	tuck->attached.short_id = mount->short_id;
	tuck->attached.unique_id = mount->id;
	return 0;
}

static int fail_unverified(struct mnttuck *tuck, int error)
{
	operation_tell(
		tuck, _("attached, but what lies where there can't be read: %s"), strerror(-error));
	return error;
}

/* Check by ids that the top mount lies on the source, and the source on the old parent. */
static int verify(struct mnttuck *tuck)
{
	struct located now = {.fd = -1, .identity = tuck->target.identity};
	struct located source = {.fd = -1};
	_cleanup_free_ char *path = NULL, *stack = NULL;
	struct mount *parent = tuck->target.parent;
	bool as_meant;
	int r = tuck->attached.short_id ? 0 : find_arrival(tuck);

	source.identity = tuck->attached;
	r = r < 0 ? r : operation_read(&now);
	r = r < 0 ? r : operation_read(&source);
	as_meant = r == 0 && now.mount->short_parent_id == tuck->attached.short_id &&
		   (!parent || source.mount->short_parent_id == parent->short_id);
	located_clear(&now);
	if (as_meant || (r < 0 && r != -ENOENT)) {
		located_clear(&source);
		return r < 0 ? fail_unverified(tuck, r) : 0;
	}
	if (source.mount && mount_target(source.mount))
		path = strdup(mount_target(source.mount));
	located_clear(&source);
	stack = operation_describe_stack(path ?: tuck->target.path);
	operation_tell(tuck,
		_("attached as mount %d, but somebody else mounted or unmounted there "
		  "meanwhile; "
		  "at %s there now are, from the bottom: %s"),
		tuck->attached.short_id, path ?: tuck->target.path, stack ?: _("unknown"));
	return -EBUSY;
}

/* What was mounted on the source came along; the mount that covers it since did not. */
static bool is_submount(const struct mnttuck *tuck, const struct mount *mount)
{
	while (mount && mount->short_id != tuck->attached.short_id) {
		if (mount->short_id == tuck->target.identity.short_id)
			return false;
		mount = mount->parent;
	}
	return mount != NULL;
}

/* Submounts are reached by their paths from the new mount's root. */
static int set_propagation_of_submounts(struct mnttuck *tuck)
{
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	struct mount *top, *mount;
	int r = snapshot_read(SNAPSHOT_FULL, &snapshot);

	top = r < 0 ? NULL : snapshot_find(snapshot, tuck->attached.short_id);
	if (!top)
		return r < 0 ? r : -ENOENT;
	snapshot_for_each (mount, snapshot) {
		_cleanup_close_ int fd = -1;
		struct mount_identity identity;
		const char *path = mount_target(mount) + strlen(mount_target(top));

		if (mount == top || !is_submount(tuck, mount))
			continue;
		fd = kernel_open_path(tuck->tree, path + strspn(path, "/"));
		r = fd < 0 ? fd : kernel_identify(fd, "", AT_EMPTY_PATH, &identity);
		/* Covered by another submount at the same path: that one's turn comes too. */
		if (r == 0 && identity.is_root)
			r = kernel_set_attributes(fd, false, 0, 0, tuck->propagation);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The new mount is covered by now, and its descriptor still leads to it and to nothing above it. */
static int set_propagation(struct mnttuck *tuck)
{
	int r;

	/* By propagation it is out of reach, and what was asked for is what it is already. */
	if (!tuck->propagation || operation_way(tuck) == ATTACH_BY_PROPAGATION)
		return 0;
	r = kernel_set_attributes(tuck->tree, false, 0, 0, tuck->propagation);
	if (r == 0 && tuck->propagation_recursive)
		r = set_propagation_of_submounts(tuck);
	if (r < 0)
		operation_tell(tuck,
			_("attached as mount %d, but its propagation could not be set: %s"),
			tuck->attached.short_id, strerror(-r));
	return r;
}

/* The kernel refused what the rules let pass: read everything anew and say why. */
static int explain_refusal(struct mnttuck *tuck, int error)
{
	int r;

	tuck->kernel_error = error;
	operation_forget(tuck);
	r = rules_check(tuck, RULES_ALL);
	return r < 0 ? r : error;
}

static int attach_in_passing(struct mnttuck *tuck)
{
	_cleanup_close_ int lock = attach_lock();
	struct attach_place place;
	int r;

	(void)lock;
	/* What P is decides what is done to it, and may have been read long ago. */
	operation_forget(tuck);
	r = operation_read(&tuck->target);
	if (r == 0 && !operation_attach_place(tuck, &place))
		r = -ENOENT;
	r = r < 0 ? r : attach_by_propagation(&place, tuck->tree);
	if (r < 0)
		return r;
	r = find_arrival(tuck);
	if (r == -EAGAIN) /* the parent has left its peer group in this moment */
		return r;
	tuck->is_attached = true;
	if (r < 0)
		tuck->attached = (struct mount_identity){0};
	return 0;
}

/* Of a moved mount a copy has been attached; it leaves its place. */
static int take_original_away(struct mnttuck *tuck)
{
	int r;

	if (tuck->kind != SOURCE_MOVE || source_is_moved(tuck))
		return 0;
	r = attach_take_away(tuck->source.fd);
	if (r < 0)
		operation_tell(tuck, _("attached as mount %d, but %s could not be unmounted: %s"),
			tuck->attached.short_id, tuck->source.path, strerror(-r));
	return r;
}

/* Attach by the flag or by propagation, and leave the new mount's ids in the report. */
static int attach(struct mnttuck *tuck)
{
	int r;

	if (operation_way(tuck) != ATTACH_BY_PROPAGATION) {
		r = attach_by_flag(tuck->tree, tuck->target.fd);
		tuck->is_attached = r == 0;
		return r;
	}
	return attach_in_passing(tuck);
}

int mnttuck_attach(struct mnttuck *tuck)
{
	int r;

	if (tuck->is_attached)
		return -EALREADY;
	if (!(tuck->operations & MNTTUCK_TUCK) || !tuck->target.path || tuck->kind == SOURCE_NONE)
		return -EINVAL;
	r = rules_check(tuck, RULES_FIRST);
	if (r < 0)
		return r;
	r = source_realize(tuck);
	if (r == 0)
		r = kernel_identify(tuck->tree, "", AT_EMPTY_PATH, &tuck->attached);
	if (r == 0)
		r = attach(tuck);
	if (r < 0) {
		source_restore(tuck);
		return explain_refusal(tuck, r);
	}
	rules_accept(tuck);
	r = take_original_away(tuck);
	r = r < 0 ? r : set_propagation(tuck);
	return r < 0 ? r : verify(tuck);
}

const struct mnttuck_refusal *mnttuck_get_refusal(const struct mnttuck *tuck)
{
	return tuck->is_refused ? &tuck->refusal : NULL;
}

size_t mnttuck_get_checks(const struct mnttuck *tuck, const struct mnttuck_check **checks)
{
	*checks = tuck->checks;
	return tuck->checks ? tuck->checks_count : 0;
}

int mnttuck_is_attached(const struct mnttuck *tuck)
{
	return tuck->is_attached;
}

enum mnttuck_way mnttuck_get_way(const struct mnttuck *tuck)
{
	if (!tuck->is_attached)
		return MNTTUCK_NOT_ATTACHED;
	return tuck->way == ATTACH_BY_PROPAGATION ? MNTTUCK_BY_PROPAGATION : MNTTUCK_BY_FLAG;
}

const char *mnttuck_get_outcome(const struct mnttuck *tuck)
{
	return tuck->outcome;
}

int mnttuck_get_mount_id(const struct mnttuck *tuck, uint64_t *unique_id, int *mountinfo_id)
{
	if (!tuck->is_attached)
		return -ENOENT;
	if (unique_id)
		*unique_id = tuck->attached.unique_id;
	if (mountinfo_id)
		*mountinfo_id = tuck->attached.short_id;
	return 0;
}

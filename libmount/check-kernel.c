/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The check about what the running kernel can do at all. By the flag it can do everything that the
 * other rules accept, except set the propagation of a submount that another mount covers. By
 * propagation it can't reach every mount point, not every mount can be replaced by a clone, and a
 * mount can't be changed once it is beneath the top.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "checks.h"
#include "facts.h"
#include "findings.h"
#include "i18n.h"
#include "path.h"
#include "progress.h"
#include "snapshot-read.h"
#include "util.h"
#include "wish.h"
#include "words.h"

/* Refuse with the reason why propagation does not work here. */
static int __attribute__((format(printf, 2, 3)))
refuse_propagation(struct finding *finding, const char *format, ...)
{
	_cleanup_free_ char *why = NULL;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vasprintf(&why, format, arguments);
	va_end(arguments);
	if (length < 0) {
		why = NULL;
		return -ENOMEM;
	}
	finding_detail(finding,
		/* Translators: a clause that says why follows. */
		_("without MOVE_MOUNT_BENEATH (Linux 6.5) a mount goes beneath another by "
		  "propagation only, and %s"),
		why);
	return MNTTUCK_REFUSED;
}

/* Whether a mount of the stack with @top is unbindable. A clone of the stack would lack it and the
 * mounts on it. */
static bool stack_is_unbindable(struct mount *top)
{
	const char *path = mount_target(top);
	struct snapshot *before = NULL;
	struct mount *mount = top;
	bool is_found = false;

	while (path && mount && !is_found) {
		struct snapshot *snapshot;
		struct mount *parent;

		is_found = mount->unbindable;
		if (snapshot_read_parent(mount, &snapshot, &parent) < 0)
			break;
		snapshot_free(before);
		before = snapshot;
		mount = mount_target(parent) && strcmp(mount_target(parent), path) == 0 ? parent
											: NULL;
	}
	snapshot_free(before);
	return is_found;
}

static int check_mount_point(struct facts *facts, struct finding *finding)
{
	struct mount *top = facts->target.mount, *parent = facts->target.parent;
	const struct wish *wish = facts->wish;
	struct passage_target target;
	_cleanup_free_ char *clause = NULL;
	const char *path;
	int obstacle, r;

	if (facts_attach_target(facts, &target) < 0)
		return refuse_propagation(finding, _("the parent of the top mount can't be read"));
	path = mount_target(parent);
	r = parent->group ? facts_parent_passes_on_to(facts, top) : 0;
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return refuse_propagation(finding,
			_("whether the parent passes mounts on to the top can't be known"));
	if (path && strcmp(path, mount_target(top)) == 0 && stack_is_unbindable(top))
		return refuse_propagation(
			finding, _("a mount of the stack is unbindable and can't be cloned"));
	obstacle = passage_find_obstacle(&target);
	if (obstacle == PASSAGE_PARENT_COVERED) {
		finding_remedy(finding, _("Unmount the top first, if that is what is to go:"));
		finding_command(finding, "{umount here} %s", wish->target.shell);
	}
	r = check_passage(obstacle, parent, finding, &clause);
	return r == MNTTUCK_REFUSED ? refuse_propagation(finding, "%s", clause) : r;
}

/* The first mount that is not private, of those that a clone of @top from @path down consists of;
 * NULL: all are private. */
static struct mount *find_not_private(struct mount *top, const char *path, bool recursive)
{
	for (struct mount *mount = top; mount; mount = mount_next_below(top, mount)) {
		const char *target = mount_target(mount);

		if ((mount->group || mount->master || mount->unbindable) &&
			(mount == top || (recursive && target && path_below(target, path))))
			return mount;
	}
	return NULL;
}

/* Whether the source can keep its peer groups. A moved tree is replaced by a clone, which is the
 * same only if the tree is private. Under a parent that is not shared, every mount that arrives is
 * private. */
static int check_groups(struct facts *facts, struct finding *finding)
{
	const struct wish *wish = facts->wish;
	bool is_move = wish->kind == SOURCE_MOVE;
	struct mount *mount, *other;
	_cleanup_free_ char *path = NULL, *quoted = NULL;
	int r;

	if (!is_move && (!wish_keeps_groups(wish) || facts->target.parent->group))
		return MNTTUCK_OK;
	mount = facts_source_in_namespace(facts);
	if (!mount)
		return MNTTUCK_OK; /* the rules about the source refuse it */
	if (is_move) {
		path = strdup(mount_target(mount) ?: "");
		r = path ? 0 : -ENOMEM;
	} else {
		r = facts_source_path(facts, &path);
	}
	if (r < 0)
		return r == -ENOMEM ? r : MNTTUCK_UNCHECKED;
	other = find_not_private(mount, path, wish->kind != SOURCE_BIND);
	if (!other)
		return MNTTUCK_OK;
	quoted = shell_quote(mount_target(other) ?: "");
	if (!quoted)
		return -ENOMEM;
	finding_remedy(
		finding, is_move ? _("Make the tree private first:") : _("Tuck a private clone:"));
	if (is_move)
		finding_command(finding, "{mount here} --make-rprivate %s", wish->source.shell);
	else
		finding_command(finding, "{mount here} --tuck %s %s %s",
			wish->kind == SOURCE_BIND ? "--bind" : "--rbind", wish->source.shell,
			wish->target.shell);
	return refuse_propagation(finding,
		is_move ? _("%s is not private: a clone, which goes in the place of the moved "
			    "mount, would not be the same")
			: _("%s is not private: a clone would not stay in its group, as the parent "
			    "of the top mount is not shared"),
		quoted);
}

/* Whether the new mount arrives with the propagation that was asked for. Beneath the top it can't
 * be reached, and so not be changed. */
static int check_propagation(struct facts *facts, struct finding *finding)
{
	unsigned long propagation = facts->wish->propagation;
	bool is_shared = facts->target.parent->group;

	if (!propagation || (is_shared ? propagation == MS_SHARED
				       : propagation == MS_PRIVATE || propagation == MS_SLAVE))
		return MNTTUCK_OK;
	return refuse_propagation(finding,
		is_shared ? _("beneath the top the new mount can't be made anything but shared, "
			      "as its parent is")
			  : _("beneath the top the new mount can't be made anything but private, "
			      "as its parent is not shared"));
}

/* A mount of the source's tree that another one covers at the same path; NULL: none. */
static struct mount *find_covered(struct mount *top, const char *path)
{
	for (struct mount *mount = top; (mount = mount_next_below(top, mount));) {
		const char *target = mount_target(mount);

		if (target && path_below(target, path) && mount_cover(mount))
			return mount;
	}
	return NULL;
}

/* Whether every mount of the tree gets the propagation that was asked for. Beneath the top no path
 * leads to a mount that another covers. */
static int check_submounts(struct facts *facts, struct finding *finding)
{
	const struct wish *wish = facts->wish;
	bool is_shared = facts->target.parent && facts->target.parent->group;
	_cleanup_free_ char *path = NULL;
	struct mount *mount, *covered;
	int r;

	if (!wish->propagation || !wish->propagation_is_recursive ||
		(wish->kind != SOURCE_RBIND && wish->kind != SOURCE_MOVE) ||
		(is_shared ? wish->propagation == MS_SHARED : wish->kind == SOURCE_RBIND))
		return MNTTUCK_OK;
	mount = facts_source_in_namespace(facts);
	r = mount ? facts_source_path(facts, &path) : -ENODATA;
	if (r < 0)
		return r == -ENOMEM ? r : MNTTUCK_UNCHECKED;
	covered = find_covered(mount, path);
	if (!covered)
		return MNTTUCK_OK;
	free(steal_pointer(&path));
	path = words_of_path(facts->namespaces, covered);
	if (!path)
		return -ENOMEM;
	finding_detail(finding,
		_("another mount covers %s at the same path, so that its propagation can't be "
		  "changed beneath the top"),
		path);
	return MNTTUCK_REFUSED;
}

int check_kernel_support(struct facts *facts, struct finding *finding)
{
	const struct wish *wish = facts->wish;
	enum attach_way way = progress_way(facts->progress);
	int verdict;

	if (way == ATTACH_IN_NO_WAY && progress_acts(facts->progress, wish) & OF_TUCK) {
		finding_detail(
			finding, _("this kernel can't attach a mount beneath another "
				   "(MOVE_MOUNT_BENEATH, Linux 6.5; mount_setattr(2), 5.12)"));
		return MNTTUCK_REFUSED;
	}
	if (wish->target.path && wish->target.error == 0 && !facts_see_mounts(facts)) {
		finding_detail(
			finding, _("/proc is missing, and this kernel has no other way to read "
				   "mounts (statmount, Linux 6.8)"));
		finding_remedy(finding, _("Mount it:"));
		finding_command(finding, "{mount here} -t proc proc /proc");
		return MNTTUCK_REFUSED;
	}
	if (progress_acts(facts->progress, wish) & OF_BENEATH)
		return check_beneath_support(facts, finding);
	if (!(progress_acts(facts->progress, wish) & OF_TUCK))
		return MNTTUCK_OK;
	finding_detail(finding, "%s",
		way == ATTACH_BY_FLAG ? _("by the flag MOVE_MOUNT_BENEATH") : _("by propagation"));
	if (!facts->target.mount)
		return MNTTUCK_OK;
	if (way == ATTACH_BY_FLAG)
		return check_submounts(facts, finding);
	if (!facts->target.parent)
		return refuse_propagation(finding, _("the parent of the top mount can't be read"));
	/* In the order of cost: nothing, a child process, a read of every namespace. */
	verdict = check_propagation(facts, finding);
	verdict = verdict == MNTTUCK_OK ? check_mount_point(facts, finding) : verdict;
	return verdict == MNTTUCK_OK ? check_groups(facts, finding) : verdict;
}
